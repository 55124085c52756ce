import { UserError } from '../core/errors.js';
import type { Ledger } from '../core/ledger.js';
import type { RecordedCall } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, summarise } from '../core/summary.js';
import { type Account, type CallNote, noteOwners, type Period } from '../destinations/v4/account.js';
import { defaultLedgerFile, openLedgerStore } from '../ledger/store.js';
import { openV4Account, v4Code } from '../pipeline/destination.js';
import type { CommandRun } from './command.js';
import { openSession, type Session } from './session.js';

/**
 * Looks for the calls of the ledger that have no verdict among the notes of the account, and settles those that it
 * finds as accepted. Nothing is sent.
 */
export const resolve: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, resolved } = session;
  if (settings.api !== 'v4') {
    throw new UserError('"amocalls resolve" needs --api v4: calls/add cannot be asked', {
      hint: 'Look for one of the calls in amoCRM; if it is not there, run import with --on-lost-answer resend.',
    });
  }
  if (settings.ledger === false) {
    throw new UserError('resolve reads the ledger, which --no-ledger does without', {
      hint: 'Leave --no-ledger away, or name a ledger with --ledger.',
    });
  }
  const store = await openLedgerStore(settings.ledger ?? defaultLedgerFile(context), context);
  try {
    const recipient = { address: settings.baseUrl, code: v4Code };
    const run = await store.beginRun(
      { command: 'resolve', profile: resolved.profile?.name, files: [] },
      recipient,
    );
    const calls = (await store.history.unconfirmedCalls()).filter(
      ({ address, code, state }) =>
        address === recipient.address && code === recipient.code && state === 'unconfirmed',
    );
    const started = context.now();
    const { outcomes, requests } = await lookUp(session, calls, run.ledger);
    const seconds = (context.now() - started) / 1000;
    const summary = summarise(count(emptyTally, outcomes), { requests, retries: 0, seconds });
    const exit = exitOf(summary);
    await run.end(JSON.stringify(summary), exit);
    const report = session.report();
    await report.write(outcomes);
    await report.end(summary);
    advise(session, summary.unconfirmed, calls.length);
    return exit;
  } finally {
    await store.close();
  }
};

function advise({ messages }: Session, left: number, all: number): void {
  if (all === 0) messages.note('no call of this account is without a verdict');
  if (left === 0) return;
  messages.note(
    `not found: ${left} of ${all}; they stay without a verdict`,
    'If they are missing in amoCRM too, run import with --on-lost-answer resend.',
  );
}

/** Finds the notes of calls, and writes down at once what was found in each period. */
async function lookUp(session: Session, calls: readonly RecordedCall[], ledger: Ledger) {
  const { context, settings } = session;
  let requests = 0;
  const account = await openV4Account(session, async () => {
    requests += 1;
    const at = settings.rate === 0 ? 0 : await ledger.reserveSlot(settings.rate);
    const wait = Math.max(at, await ledger.pausedUntil()) - context.now();
    if (wait > 0) await context.sleep(Math.ceil(wait), context.interrupt);
  });
  const outcomes: Outcome[] = [];
  try {
    for (const group of byPeriod(calls)) {
      const notes = await notesOf(account, group);
      for (const { uuid, account: account_id } of group.calls) {
        const note = notes.get(uuid);
        if (note === undefined) {
          const reasons = ['no note of this call was found'];
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
  return { outcomes, requests };
}

/** The notes of a group of calls, by uuid; stops to ask when all are found. */
async function notesOf(account: Account, { calls, period }: CallGroup): Promise<Map<string, CallNote>> {
  const wanted = new Set(calls.map(({ uuid }) => uuid));
  const found = new Map<string, CallNote>();
  for (const owner of noteOwners) {
    for await (const page of account.callNotes(owner, period)) {
      for (const note of page) if (wanted.has(note.uuid) && !found.has(note.uuid)) found.set(note.uuid, note);
      if (found.size === wanted.size) return found;
    }
  }
  return found;
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
