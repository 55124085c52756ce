import { UserError } from '../core/errors.js';
import { formatOffset, openZone } from '../records/time-zones.js';
import { modeOf } from '../settings/files.js';
import { loadKey, requireCredentials, requireToken } from '../settings/key.js';
import { userConfigFolder } from '../settings/profile-file.js';
import { describeSource } from '../settings/resolve.js';
import { maskKey } from '../settings/show.js';
import type { Session } from './session.js';

/** What doctor found out about one thing. */
export interface Finding {
  readonly check: string;
  /** `problem`: a run would fail, or do what is not wanted. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** Without a full stop. */
  readonly says: string;
  /** What to do about it; absent where all is well. */
  readonly do?: string;
}

/** An error as a finding. */
export function problemOf(check: string, { message, hint }: UserError): Finding {
  const says = message.replace(/\.$/, '');
  return hint === undefined
    ? { check, status: 'problem', says }
    : { check, status: 'problem', says, do: hint };
}

/** What settings warned of while they were read. */
export interface Warning {
  readonly text: string;
  readonly hint: string | undefined;
}

/** As `engines` of package.json has it. */
const oldestNode = [20, 18, 1] as const;

/** The Node that runs this; nothing where another program does. */
export function checkNode(version: string | undefined): readonly Finding[] {
  if (version === undefined) return [];
  const parts = version.split('.').map(Number);
  const first = oldestNode.findIndex((part, at) => part !== parts[at]);
  const isOld = first >= 0 && (parts[first] ?? 0) < (oldestNode[first] ?? 0);
  if (!isOld) return [{ check: 'node', status: 'ok', says: version }];
  const says = `${version} is older than ${oldestNode.join('.')}`;
  return [{ check: 'node', status: 'problem', says, do: 'Install a newer Node.' }];
}

/** Which profile is in force, where it was found, and who may read it. */
export function checkProfile(
  { resolved, settings, context }: Session,
  { broken, warnings }: { readonly broken: UserError | undefined; readonly warnings: readonly Warning[] },
): Finding {
  const check = 'profile';
  if (broken !== undefined) return problemOf(check, broken);
  const { profile } = resolved;
  if (profile === undefined) {
    const secret =
      settings.api === 'v4' ? (settings.token ?? settings.tokenFile) : (settings.key ?? settings.keyFile);
    if (secret !== undefined) return { check, status: 'ok', says: 'none; the environment takes its place' };
    const says = `none was found from ${context.cwd} upwards, nor in ${userConfigFolder(context)}`;
    return { check, status: 'problem', says, do: 'Run: amocalls init' };
  }
  const mode = modeOf(profile.file);
  const readers = mode === undefined ? '' : `, mode ${mode}`;
  const says = `"${profile.name}" of ${profile.file}${readers}`;
  const [first] = warnings;
  return first === undefined ? { check, status: 'ok', says } : warned({ check, status: 'ok', says }, first);
}

/** Whether all is there that a run needs, with the token of v4 where it is. */
export function checkCredentials({ resolved, settings, context }: Session): {
  readonly finding: Finding;
  readonly token?: string;
} {
  const check = 'credentials';
  const warnings: Warning[] = [];
  const warn = (text: string, hint?: string) => void warnings.push({ text, hint });
  try {
    const token = settings.api === 'v4' ? requireToken(resolved, warn).token : undefined;
    const sender = token === undefined ? requireCredentials(resolved, warn) : undefined;
    const secret = token ?? sender?.key ?? '';
    context.hide(secret);
    const { sources } = loadKey(resolved, () => undefined);
    const from = describeSource(token === undefined ? sources.key : sources.token);
    const who =
      sender === undefined ? 'API v4, token' : `code ${sender.code}, account ${sender.accountId}, key`;
    const finding: Finding = { check, status: 'ok', says: `${who} ${maskKey(secret)} from ${from}` };
    const [first] = warnings;
    const told = first === undefined ? finding : warned(finding, first);
    return token === undefined ? { finding: told } : { finding: told, token };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { finding: problemOf(check, error) };
  }
}

function warned(finding: Finding, { text, hint }: Warning): Finding {
  const says = `${finding.says}; ${text.replace(/\.$/, '')}`;
  const { check } = finding;
  return hint === undefined
    ? { check, status: 'warning', says }
    : { check, status: 'warning', says, do: hint };
}

/** Kazakhstan moved to one zone on 2024-03-01: a zone database without that is older than 2024a. */
const witness = { zone: 'Asia/Almaty', unix: 1_719_792_000, offset: 5 * 3600, release: '2024a' } as const;

/** Whether the zone database is there and recent, and knows the zone of the profile. `now` is in milliseconds. */
export async function checkZones(timezone: string | undefined, now: number): Promise<Finding> {
  const check = 'time zones';
  const known = await openZone(witness.zone);
  const isRecent = 'offsetAt' in known && known.offsetAt(witness.unix) === witness.offset;
  if (!isRecent) {
    const says = `the zone database of Node is older than ${witness.release}, or incomplete`;
    return { check, status: 'warning', says, do: 'Install a newer Node, or one with full ICU data.' };
  }
  const own = timezone === undefined ? undefined : await openZone(timezone);
  if (own === undefined) return { check, status: 'ok', says: `database of ${witness.release} or newer` };
  if (!('offsetAt' in own))
    return { check, status: 'problem', says: own.text, do: 'Correct timezone in the profile.' };
  const offset = formatOffset(own.offsetAt(Math.floor(now / 1000)));
  return {
    check,
    status: 'ok',
    says: `${own.name} is at UTC${offset}; database of ${witness.release} or newer`,
  };
}
