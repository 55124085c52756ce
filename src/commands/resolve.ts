// Looks for unconfirmed calls among the notes of the account.

import { interruptedExit } from '../core/errors.js';
import type { Ledger, RecordedCall } from '../core/ledger.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, summarise } from '../core/summary.js';
import { type Account, type CallNote, noteOwners, type Period } from '../destinations/v4/account.js';
import { openV4Account, v4Code } from '../pipeline/destination.js';
import { noteNewLedger } from '../pipeline/run-ledger.js';
import type { CommandRun } from '../session/command.js';
import { openSession, requireLedger, requireV4, type Session } from '../session/session.js';

/**
 * Looks for the unconfirmed calls of the ledger among the notes of the account, and settles those that it finds as
 * accepted. Nothing is sent. A look-up that fails, or is interrupted, keeps and reports what was found before.
 */
export const resolve: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, resolved, messages } = session;
  requireV4(
    session,
    'resolve',
    'Look for one of the calls in amoCRM; if it is not there, run import with --on-lost-answer resend.',
  );
  const ledger = requireLedger(session, 'resolve');
  const { defaultLedgerFile, openLedgerStore } = await import('../ledger/store.js');
  const store = await openLedgerStore(ledger ?? defaultLedgerFile(context), context);
  try {
    if (ledger !== undefined) noteNewLedger(store, messages);
    const recipient = { address: settings.baseUrl, code: v4Code };
    const run = await store.beginRun(
      { command: 'resolve', profile: resolved.profile?.name, files: [], isEndless: false },
      recipient,
    );
    const calls = (await store.history.unconfirmedCalls()).filter(
      ({ address, code, state }) =>
        address === recipient.address && code === recipient.code && state === 'unconfirmed',
    );
    const started = context.now();
    const { outcomes, requests, failure } = await lookUp(session, calls, run.ledger);
    const seconds = (context.now() - started) / 1000;
    const summary = summarise(count(emptyTally, outcomes), { requests, retries: 0, seconds });
    const report = session.report();
    await report.write(outcomes);
    await report.end(summary);
    advise(session, { left: summary.unconfirmed, all: calls.length, isWhole: failure === undefined });
    const ended = failure === undefined ? exitOf(summary) : messages.fail(failure);
    const exit = interruptedExit(context.interrupt) ?? ended;
    await run.end(JSON.stringify(summary), exit);
    return exit;
  } finally {
    await store.close();
  }
};

/** How many calls were not found, and whether all were looked for. */
interface Found {
  readonly left: number;
  readonly all: number;
  readonly isWhole: boolean;
}

function advise({ messages }: Session, { left, all, isWhole }: Found): void {
  if (all === 0) messages.note('no call of this account is unconfirmed');
  if (left === 0) return;
  messages.note(
    `not found: ${left} of ${all}; they stay unconfirmed`,
    isWhole
      ? 'If they are missing in amoCRM too, run import with --on-lost-answer resend.'
      : 'Not all of them were looked for: run amocalls resolve again.',
  );
}

/** What a look-up found until it ended. */
interface LookUp {
  readonly outcomes: readonly Outcome[];
  readonly requests: number;
  /** Why it ended before all calls were looked for. */
  readonly failure?: unknown;
}

/** Finds the notes of calls, and writes down at once what was found in each period. */
async function lookUp(session: Session, calls: readonly RecordedCall[], ledger: Ledger): Promise<LookUp> {
  const { context, settings } = session;
  let requests = 0;
  const account = await openV4Account(session, {
    async acquire() {
      requests += 1;
      const at = settings.rate === 0 ? 0 : await ledger.reserveSlot(settings.rate);
      const wait = Math.max(at, await ledger.pausedUntil()) - context.now();
      if (wait > 0) await context.sleep(Math.ceil(wait), context.interrupt);
    },
    reportThrottled: ledger.reportThrottled,
  });
  const outcomes: Outcome[] = [];
  let failure: unknown;
  try {
    for (const group of byPeriod(calls)) {
      const notes = new Map<string, CallNote>();
      if (failure === undefined) {
        await findNotes(account, group, notes).catch((error: unknown) => {
          failure = error;
        });
      }
      for (const { uuid, account: account_id } of group.calls) {
        const note = notes.get(uuid);
        if (note === undefined) {
          const reasons = [failure === undefined ? 'no note of this call was found' : endedEarly];
          outcomes.push({ status: 'unconfirmed', uuid, reasons, account_id, origin: {} });
          continue;
        }
        const { uuid: _, ...receipt } = note;
        await ledger.settle(account_id, [{ uuid, state: 'accepted', receipt }]);
        outcomes.push({ status: 'accepted', uuid, account_id, receipt, origin: {} });
      }
    }
  } finally {
    await account.close();
  }
  return { outcomes, requests, failure };
}

const endedEarly = 'the look-up ended before this call was found';

/** Puts the notes of a group of calls into `found`, by uuid, as they come; stops to ask when all are found. */
async function findNotes(
  account: Account,
  { calls, period }: CallGroup,
  found: Map<string, CallNote>,
): Promise<void> {
  const wanted = new Set(calls.map(({ uuid }) => uuid));
  for (const owner of noteOwners) {
    for await (const page of account.callNotes(owner, period)) {
      for (const note of page) if (wanted.has(note.uuid) && !found.has(note.uuid)) found.set(note.uuid, note);
      if (found.size === wanted.size) return;
    }
  }
}

interface CallGroup {
  readonly calls: readonly RecordedCall[];
  readonly period: Period;
}

/** A note is written when the request arrives: about the time that the ledger has, by another clock. */
const before = 3600;
const after = 86_400;

/** Calls that were sent at about the same time, with the period in which their notes were written. */
function byPeriod(calls: readonly RecordedCall[]): readonly CallGroup[] {
  const groups: { calls: RecordedCall[]; period: { from: number; to: number } }[] = [];
  for (const call of calls.toSorted((one, other) => one.at - other.at)) {
    const [from, to] = [call.at - before, call.at + after];
    const last = groups.at(-1);
    if (last === undefined || from > last.period.to) groups.push({ calls: [call], period: { from, to } });
    else {
      last.calls.push(call);
      last.period.to = to;
    }
  }
  return groups;
}
