// What the connections of one store share: where they lead, and what is done when the database is away.

import { setTimeout as delay } from 'node:timers/promises';
import type { UserError } from '../../core/errors.js';
import type { LedgerDeps } from '../../core/ledger-store.js';
import type { DatabaseAddress } from './address.js';
import { detailOf, lostError } from './errors.js';

/** What the connections of one store share, and what became of them. */
export interface Link {
  readonly address: DatabaseAddress;
  readonly deps: Pick<LedgerDeps, 'isPatient' | 'interrupt' | 'warn' | 'note'>;
  /** Milliseconds that a statement may take before its connection counts as lost. */
  readonly timeoutMs: number;
  /** The sessions that are open. */
  readonly sessions: Set<{ readonly destroy: () => void }>;
  /** How TLS is spoken; false where it is not, or was preferred and the server has none. */
  tls: DatabaseAddress['tls'] | false;
  /** The first loss of a run that does not wait, and when that was: it sends nothing more. */
  lost: { readonly error: UserError; readonly at: number } | undefined;
  isAway: boolean;
  /** How often it was away so far, and came back. */
  outages: number;
}

/** Times in milliseconds: for an answer; pauses while the database is away; how long after its loss verdicts are tried. */
const ordinaryTimeoutMs = 20_000;
const pauses = { first: 250, longest: 5000 };
const verdictMs = 8000;

/** A link that was not used yet. */
export function newLink(
  address: DatabaseAddress,
  deps: Link['deps'],
  timeoutMs: number = ordinaryTimeoutMs,
): Link {
  const tls = address.tls ?? false;
  return { address, deps, timeoutMs, tls, sessions: new Set(), lost: undefined, isAway: false, outages: 0 };
}

/** Takes a loss; resolves when the next try may be made, or with false where none is made. */
export async function afterLoss(
  link: Link,
  error: unknown,
  attempt: number,
  isVerdict = false,
): Promise<boolean> {
  const { address, deps } = link;
  if (deps.isPatient !== true) {
    link.lost ??= { error: lostError(error, address), at: performance.now() };
    // All verdicts of a run share this time: one after the other they would keep it for minutes.
    if (!isVerdict || performance.now() - link.lost.at > verdictMs) return false;
  } else {
    if (!link.isAway) {
      deps.warn?.(
        `ledger ${address.shown}: is not available: ${detailOf(error)}`,
        'Nothing is sent until it is back. amocalls tries again, at most every 5 seconds.',
      );
    }
    link.isAway = true;
    if (deps.interrupt?.aborted === true) return false;
  }
  const milliseconds = Math.min(pauses.first * 2 ** attempt, pauses.longest);
  const options = deps.interrupt === undefined ? {} : { signal: deps.interrupt };
  await delay(milliseconds, undefined, options).catch(() => undefined);
  return true;
}

/** A statement was answered. */
export function reportAnswer(link: Link): void {
  if (!link.isAway) return;
  link.isAway = false;
  link.outages += 1;
  link.deps.note?.(`ledger ${link.address.shown}: is available again`);
}
