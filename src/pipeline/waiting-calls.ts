import type { Context } from '../context.js';
import { pauseAfter } from '../core/ledger.js';
import type { CallEntry, Origin, Outcome } from '../core/outcome.js';
import type { EntryBatch } from '../delivery/options.js';

/** How many calls are kept; those beyond wait for the next start, as they do without. */
const mostKept = 10_000;

/** How often it is looked whose time has come, in milliseconds. */
const lookMs = 1000;

/** The ledger counts in seconds: a call is offered a second later than it must be, in milliseconds. */
const graceMs = 1000;

/** Calls that the service could not take yet, kept by a run without an end so that it can try them again. */
export interface WaitingCalls {
  /** Keeps the calls that wait; gives the other outcomes, which are the last ones of their records. */
  readonly record: (outcomes: readonly Outcome[]) => readonly Outcome[];
  /** The calls whose next try is due, until the signal aborts. */
  readonly due: (signal: AbortSignal) => AsyncGenerator<EntryBatch>;
}

interface Kept {
  readonly entry: CallEntry;
  readonly tries: number;
  /** Milliseconds since 1970; never, while it is being tried. */
  readonly dueAt: number;
}

/** Makes the waiting calls of a run; they are tried by the pauses that the ledger keeps too. */
export function createWaitingCalls({ now, sleep }: Pick<Context, 'now' | 'sleep'>): WaitingCalls {
  const kept = new Map<Origin, Kept>();

  function isKept({ status, call, origin }: Outcome): boolean {
    const known = kept.get(origin);
    const waits = status === 'waiting' && call !== undefined && (known !== undefined || kept.size < mostKept);
    if (!waits) {
      kept.delete(origin);
      return false;
    }
    const tries = (known?.tries ?? 0) + 1;
    kept.set(origin, { entry: { call, origin }, tries, dueAt: now() + pauseAfter(tries) * 1000 + graceMs });
    return true;
  }

  function takeDue(): readonly CallEntry[] {
    const due = [...kept].filter(([, { dueAt }]) => dueAt <= now());
    for (const [origin, one] of due) kept.set(origin, { ...one, dueAt: Number.POSITIVE_INFINITY });
    return due.map(([, { entry }]) => entry);
  }

  return {
    record: (outcomes) => outcomes.filter((outcome) => !isKept(outcome)),
    async *due(signal) {
      while (!signal.aborted) {
        await sleep(lookMs, signal);
        const entries = signal.aborted ? [] : takeDue();
        if (entries.length > 0) yield { entries, endless: true, flush: true };
      }
    },
  };
}
