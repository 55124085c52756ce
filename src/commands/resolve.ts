// Looks for unconfirmed calls among the notes of the account.

import { interruptedExit } from '../core/errors.js';
import type { RecordedCall } from '../core/history.js';
import type { Ledger } from '../core/ledger.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, summarise } from '../core/summary.js';
import { askForCalls } from '../delivery/unconfirmed-calls.js';
import { openNamedLedger } from '../pipeline/run-ledger.js';
import { openFinder, v4Code } from '../pipeline/service.js';
import type { CommandRun } from '../session/command.js';
import { openSession, reporterOf, requireLedger, requireV4, type Session } from '../session/session.js';

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
    'Look for one of the calls in amoCRM. If it is not there, run import with --on-lost-answer resend.',
  );
  const ledger = requireLedger(session, 'resolve');
  const store = await openNamedLedger(session, ledger, false);
  try {
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
    session.progress.update({ doing: `looking for ${calls.length} calls` });
    const { outcomes, requests, failure } = await lookFor(session, calls, run.ledger);
    session.progress.stop();
    const seconds = (context.now() - started) / 1000;
    const summary = summarise(count(emptyTally, outcomes), { requests, retries: 0, seconds });
    const report = reporterOf(session);
    await report.write(outcomes);
    await report.end(summary);
    advise(session, { left: summary.unconfirmed, all: calls.length, isWhole: failure === undefined });
    const ended = failure === undefined ? exitOf(summary) : messages.fail(failure);
    const exit = interruptedExit(context.interrupt) ?? ended;
    await run.end(JSON.stringify(summary), exit);
    return exit;
  } finally {
    session.progress.stop();
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
  if (all === 0) messages.note('this account has no unconfirmed calls');
  if (left === 0) return;
  messages.note(
    `not found: ${left} of ${all}, which stay unconfirmed`,
    isWhole
      ? 'If they are missing in amoCRM too, run import with --on-lost-answer resend.'
      : 'The search did not finish: run amocalls resolve again.',
  );
}

/** Looks for calls, and tells what became of each. */
async function lookFor(session: Session, calls: readonly RecordedCall[], ledger: Ledger) {
  const { context, settings } = session;
  const { found, missing, requests, failure } = await askForCalls(calls, {
    ledger,
    find: openFinder(session),
    rate: settings.rate,
    now: context.now,
    sleep: context.sleep,
    signal: context.interrupt,
  });
  const outcomes = calls.map(({ uuid, account: account_id }): Outcome => {
    const receipt = found.get(uuid);
    if (receipt !== undefined) return { status: 'accepted', uuid, account_id, receipt, origin: {} };
    const reasons = [missing.has(uuid) ? 'no note of this call was found' : endedEarly];
    return { status: 'unconfirmed', uuid, reasons, account_id, origin: {} };
  });
  return { outcomes, requests, failure };
}

const endedEarly = 'the search ended before this call was found';
