import { type ExitCode, exitCodes, Problem, UserError } from '../core/errors.js';
import { findCalls, forget, type RecordedCall, unconfirmedCalls } from '../ledger/sqlite/call-history.js';
import {
  defaultLedgerFile,
  type LedgerFile,
  ledgerError,
  openLedgerFile,
} from '../ledger/sqlite/ledger-file.js';
import { lastRuns, type Run } from '../ledger/sqlite/runs.js';
import { recordsText, toJson } from '../output/json.js';
import { print } from '../output/stdout.js';
import { layTable, moreLine } from '../output/table.js';
import type { CommandRun } from './command.js';
import { openSession, type Session } from './session.js';

/** Shows what the ledger knows: the last runs, the fate of uuids, the calls without a verdict; or prunes it. */
export const history: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, args } = session;
  if (settings.ledger === false) {
    throw new UserError('history reads the ledger, which --no-ledger does without', {
      hint: 'Leave --no-ledger away, or name a ledger with --ledger.',
    });
  }
  const file = await openLedgerFile(settings.ledger ?? defaultLedgerFile(context.env, context.homedir));
  try {
    return await show(session, file, args);
  } catch (error) {
    throw ledgerError(error, file.name);
  } finally {
    file.close();
  }
};

async function show(session: Session, file: LedgerFile, args: readonly string[]): Promise<ExitCode> {
  if (args[0] === 'forget') return prune(session, file, args);
  if (session.settings.before !== undefined) {
    throw new UserError('--before belongs to "amocalls history forget"', {
      hint: 'amocalls history forget --before 2023-11-01',
    });
  }
  if (session.settings.unconfirmed) return showCalls(session, unconfirmedCalls(file.durable), []);
  if (args.length > 0) return showCalls(session, findCalls(file.durable, args), args);
  return showRuns(session, file);
}

/** Tomorrow's date is a way to say all. */
const day = 86_400;

async function prune(session: Session, file: LedgerFile, args: readonly string[]): Promise<ExitCode> {
  const { settings, context, messages } = session;
  if (args.length > 1 || settings.before === undefined) {
    throw new UserError('"history forget" needs --before <date>, and nothing else', {
      hint: 'amocalls history forget --before 2023-11-01',
    });
  }
  const { parseBound } = await import('../records/dates.js');
  const now = Math.floor(context.now() / 1000);
  const before = await parseBound(settings.before, 'since', { timezone: settings.timezone ?? 'UTC', now });
  if (before instanceof Problem) {
    throw new UserError(`--before: ${before.text}`, { hint: 'Give a date such as 2023-11-01.' });
  }
  if (before > now + day) {
    throw new UserError(`--before ${settings.before} lies in the future: every call would be forgotten`, {
      hint: 'A call that is forgotten is sent again when it is read again. Give a day that has passed.',
    });
  }
  const count = forget(file.durable, before);
  messages.note(`${count} calls with a verdict were forgotten; calls without one are kept`);
  if (settings.output !== 'table') await print(context.stdout, `${toJson({ forgotten: count })}\n`);
  return exitCodes.ok;
}

async function showRuns(session: Session, file: LedgerFile): Promise<ExitCode> {
  const { settings, context } = session;
  const most = settings.rows === 'all' ? -1 : settings.rows;
  const runs = lastRuns(file.durable, most).map((run) => describeRun(run, context.isAlive));
  const table = () =>
    runs.length === 0 ? `The ledger ${file.name} knows no run yet.\n` : runTable(runs, session.style);
  await print(context.stdout, recordsText('runs', runs, settings.output) ?? table());
  return exitCodes.ok;
}

function runTable(runs: readonly ReturnType<typeof describeRun>[], style: Session['style']): string {
  const titles = ['run', 'started', 'seconds', 'command', 'profile', 'counts', 'exit', 'files'];
  const rows = runs.map((run) => [
    String(run.run),
    readable(run.started),
    run.seconds === undefined ? '' : String(run.seconds),
    run.command,
    run.profile ?? '',
    countsOf(run.summary),
    run.exit === undefined ? run.state : String(run.exit),
    run.files.join(' '),
  ]);
  return layTable(
    titles.map((title) => ({ title })),
    rows,
    { style },
  );
}

function describeRun(run: Run, isAlive: (process: string) => boolean) {
  const summary: unknown = run.summary === undefined ? undefined : JSON.parse(run.summary);
  const state = run.finished !== undefined ? 'ended' : isAlive(run.process) ? 'running' : 'died';
  return {
    run: run.id,
    started: run.started,
    finished: run.finished,
    seconds: run.finished === undefined ? undefined : run.finished - run.started,
    state,
    command: run.command,
    profile: run.profile,
    files: run.files,
    exit: run.exit,
    summary,
  };
}

/** The counts of a summary that are not zero. */
function countsOf(summary: unknown): string {
  if (typeof summary !== 'object' || summary === null) return '';
  return Object.entries(summary)
    .filter(([name, count]) => count !== 0 && !['requests', 'retries', 'seconds', 'rows'].includes(name))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

async function showCalls(
  { settings, context, style }: Session,
  recorded: readonly RecordedCall[],
  asked: readonly string[],
): Promise<ExitCode> {
  const missing = asked.filter((uuid) => !recorded.some((call) => call.uuid === uuid));
  const calls = [
    ...recorded.map(({ uuid, state, reasons, account, address, code, run, at }) => ({
      uuid,
      status: state === 'in flight' ? 'unconfirmed' : state,
      ...(reasons.length === 0 ? {} : { reasons }),
      account_id: account,
      address,
      code,
      run,
      at,
    })),
    ...missing.map((uuid) => ({ uuid, status: 'unknown' })),
  ];
  const most = settings.rows === 'all' ? calls.length : settings.rows;
  const table = () =>
    calls.length === 0
      ? 'No call is without a verdict.\n'
      : callTable(calls.slice(0, most), style) + moreLine(calls.length - most, style);
  await print(context.stdout, recordsText('calls', calls, settings.output) ?? table());
  return exitCodes.ok;
}

type ShownCall = { readonly uuid: string; readonly status: string } & Partial<
  Pick<RecordedCall, 'reasons' | 'address' | 'run' | 'at'> & { readonly account_id: string }
>;

function callTable(calls: readonly ShownCall[], style: Session['style']): string {
  const titles = ['status', 'uuid', 'account', 'when', 'run', 'address', 'reasons'];
  const rows = calls.map(({ status, uuid, account_id, at, run, address, reasons }) => [
    status,
    uuid,
    account_id ?? '',
    at === undefined ? '' : readable(at),
    run === undefined ? '' : String(run),
    address ?? '',
    reasons?.join('; ') ?? '',
  ]);
  return layTable(
    titles.map((title) => ({ title })),
    rows,
    { style },
  );
}

function readable(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
