// What the ledger knows, for people and programs.

import { zoneByIds } from '../../core/contradiction.js';
import { pauseText, plural, utcTime } from '../../core/display.js';
import { type ExitCode, exitCodes, Problem, UserError } from '../../core/errors.js';
import { maskPassword } from '../../core/ledger-address.js';
import { defaultLedgerFile, findLedgerStore } from '../../ledger/store.js';
import { recordsText, toJson } from '../../output/json.js';
import { print } from '../../output/stdout.js';
import type { CommandRun } from '../../session/command.js';
import { openSession, requireLedger, type Session } from '../../session/session.js';
import { type KnownLedger, showCalls, showProblems, showRuns } from './tables.js';
import { exportLedger, importLedger } from './transfer.js';

/** Shows what the ledger knows: the last runs, the fate of uuids, the unconfirmed calls; or prunes it. */
export const history: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  if (session.args[0] === 'import') return importLedger(session);
  const { context, messages } = session;
  const named = requireLedger(session, 'history');
  const where = named ?? defaultLedgerFile(context);
  // Where there is none, none is made: looking is no run, and the name may be mistyped.
  const store = await findLedgerStore(where, context);
  if (store === undefined && named !== undefined) {
    messages.note(
      `ledger ${maskPassword(where)}: does not exist yet`,
      'The first run creates it. If you have another ledger, name it with --ledger.',
    );
  }
  try {
    return await show(session, { name: maskPassword(where), ...store });
  } finally {
    await store?.close();
  }
};

async function show(session: Session, ledger: KnownLedger): Promise<ExitCode> {
  const { args } = session;
  if (args[0] === 'forget') return prune(session, ledger);
  if (args[0] === 'resume') return resume(session, ledger);
  if (args[0] === 'export') return exportLedger(session, ledger);
  if (session.settings.before !== undefined) {
    throw new UserError('--before: works only with "amocalls history forget"', {
      hint: 'For example: amocalls history forget --before 2023-11-01',
    });
  }
  const { unconfirmed, waiting, changed, problems } = session.settings;
  if ([unconfirmed, waiting, changed, problems, args.length > 0].filter(Boolean).length > 1) {
    throw new UserError(
      '--unconfirmed, --waiting, --changed, --problems, uuids: only one of them can be given',
      { hint: 'Leave the others out.' },
    );
  }
  const { history: known } = ledger;
  if (unconfirmed) await showCalls(session, await known?.unconfirmedCalls(), 'No unconfirmed calls.');
  else if (waiting) await showCalls(session, await known?.waitingCalls(), 'No waiting calls.');
  else if (changed) await showCalls(session, await known?.changedCalls(), 'No changed calls.');
  else if (problems) await showProblems(session, await known?.problems());
  else if (args.length > 0) await showCalls(session, await known?.findCalls(args), '', args);
  else await showRuns(session, ledger);
  return exitCodes.ok;
}

/** Tomorrow's date is a way to say all. */
const day = 86_400;

async function prune(
  { settings, context, messages, args }: Session,
  { history: known }: KnownLedger,
): Promise<ExitCode> {
  if (args.length > 1 || settings.before === undefined) {
    throw new UserError('history forget: needs --before <date> and no uuids', {
      hint: 'For example: amocalls history forget --before 2023-11-01',
    });
  }
  const { parseBound } = await import('../../records/dates.js');
  const now = Math.floor(context.now() / 1000);
  const timezone = settings.timezone === zoneByIds ? undefined : settings.timezone;
  const before = parseBound(settings.before, 'since', { timezone: timezone ?? 'UTC', now });
  if (before instanceof Problem) {
    throw new UserError(`--before: ${before.text}`, { hint: 'Give a date such as 2023-11-01.' });
  }
  if (before > now + day) {
    throw new UserError(`--before ${settings.before}: is in the future, so every call would be forgotten`, {
      hint: 'A forgotten call is sent again when it is read again. Give a date in the past.',
    });
  }
  const count = (await known?.forget(before)) ?? 0;
  messages.note(
    `${plural(count, 'call was', 'calls were')} forgotten, sent before ${utcTime(before * 1000)}`,
    'Unconfirmed and waiting calls are kept.',
  );
  if (settings.output !== 'table') await print(context.stdout, `${toJson({ forgotten: count })}\n`);
  return exitCodes.ok;
}

/** Lifts the pauses that services asked for: runs that wait go on within a minute. */
export async function resume(session: Session, { history: known }: KnownLedger): Promise<ExitCode> {
  const { settings, context, messages, args } = session;
  if (args.length > 1) {
    throw new UserError('history resume: takes no uuids', { hint: 'Run: amocalls history resume' });
  }
  const pauses = (await known?.liftPauses()) ?? [];
  if (pauses.length === 0) messages.note('there is no pause');
  for (const pause of pauses) messages.note(`pause ended: ${pauseText(pause)}`);
  if (settings.output !== 'table')
    await print(context.stdout, recordsText('resumed', pauses, settings.output) ?? '');
  return exitCodes.ok;
}
