// Extensions that no user is set for, counted.

import type { Call } from '../../core/call.js';
import { endsOf, type V4Naming } from './request-body.js';

/** Calls by the extension that no user is set for. */
export type Unmapped = Map<string, number>;

/** What calls are held against. */
export type KnownUsers = Pick<V4Naming, 'users' | 'isInternal'>;

/** Counts a call whose extension has no user; false where it has one. */
export function countUnmapped(counts: Unmapped, call: Call, { users, isInternal }: KnownUsers): boolean {
  const { extension } = endsOf(call, { isInternal });
  if (users.has(extension)) return false;
  counts.set(extension, (counts.get(extension) ?? 0) + 1);
  return true;
}

/** How many calls were counted. */
export function callsOf(counts: Unmapped): number {
  let total = 0;
  for (const count of counts.values()) total += count;
  return total;
}

/** So many extensions are named. */
const named = 5;

/** The extensions with most calls: `101 (12), 102 (3) and 4 more`. */
export function describeUnmapped(counts: Unmapped): string {
  const all = [...counts].sort(([, one], [, other]) => other - one);
  const shown = all.slice(0, named).map(([extension, count]) => `${extension} (${count})`);
  return `${shown.join(', ')}${all.length > shown.length ? ` and ${all.length - shown.length} more` : ''}`;
}

/** What can be done about them. */
export const unmappedHint =
  'amoCRM shows these calls as made by a robot. List the users with "amocalls users" and write their extensions into users: in the profile.';
