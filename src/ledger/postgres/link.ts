// What the connections of one store share: where they lead, and what is done when the database is away.

import { setTimeout as delay } from 'node:timers/promises';
import type { UserError } from '../../core/errors.js';
import type { LedgerDeps } from '../../core/ledger-store.js';
import type { DatabaseAddress } from './address.js';
import { detailOf, lostError } from './errors.js';

/** What the connections of one store share. */
export interface Link {
  readonly address: DatabaseAddress;
  /** How TLS is spoken; false where it is not, or was preferred and the server has none. */
  tls: DatabaseAddress['tls'] | false;
  /** Whether a database that is away is waited for. */
  readonly isPatient: boolean;
  /** The first loss of a run that does not wait: it sends nothing more. */
  readonly lost: () => UserError | undefined;
  /** Takes a loss; resolves when the next try may be made, or with false where none is made. */
  readonly afterLoss: (error: unknown, attempt: number, isVerdict: boolean) => Promise<boolean>;
  /** A statement was answered. */
  readonly isBack: () => void;
  /** Milliseconds that a statement may take. */
  readonly timeoutMs: number;
}

/** Times in milliseconds: for an answer; pauses while the database is away; how long after its loss verdicts are tried. */
const ordinaryTimeoutMs = 20_000;
const pauses = { first: 250, longest: 5000 };
const verdictMs = 8000;

/** What a store decides about its connections. */
export interface LinkOptions {
  /** Milliseconds that a statement may take before its connection counts as lost. */
  readonly timeoutMs?: number | undefined;
  /** Called when a database that was away is back. */
  readonly returned: () => void;
}

/** Makes what the connections of one store share. */
export function createLink(
  address: DatabaseAddress,
  { isPatient = false, interrupt, warn, note }: Pick<LedgerDeps, 'isPatient' | 'interrupt' | 'warn' | 'note'>,
  { timeoutMs = ordinaryTimeoutMs, returned }: LinkOptions,
): Link {
  let lost: UserError | undefined;
  let lostAt = 0;
  let isAway = false;
  const pause = async (attempt: number) => {
    const milliseconds = Math.min(pauses.first * 2 ** attempt, pauses.longest);
    await delay(milliseconds, undefined, interrupt === undefined ? {} : { signal: interrupt }).catch(
      () => undefined,
    );
  };
  return {
    address,
    tls: address.tls ?? false,
    timeoutMs,
    isPatient,
    lost: () => lost,
    async afterLoss(error, attempt, isVerdict) {
      if (!isPatient) {
        if (lost === undefined) lostAt = performance.now();
        lost ??= lostError(error, address);
        // All verdicts of a run share this time: one after the other they would keep it for minutes.
        if (!isVerdict || performance.now() - lostAt > verdictMs) return false;
        await pause(attempt);
        return true;
      }
      if (!isAway) {
        isAway = true;
        warn?.(
          `ledger ${address.shown}: is not available: ${detailOf(error)}`,
          'Nothing is sent until it is back. amocalls tries again, at most every 5 seconds.',
        );
      }
      if (interrupt?.aborted === true) return false;
      await pause(attempt);
      return true;
    },
    isBack() {
      if (!isAway) return;
      isAway = false;
      returned();
      note?.(`ledger ${address.shown}: is available again`);
    },
  };
}
