import { type ExitCode, exitCodes, Problem, UserError } from '../core/errors.js';
import type { LedgerStore, RecordedCall, RecordedRun } from '../core/ledger-store.js';
import { defaultLedgerFile, openLedgerStore } from '../ledger/store.js';
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
  const store = await openLedgerStore(settings.ledger ?? defaultLedgerFile(context), context);
  try {
    return await show(session, store, args);
  } finally {
    await store.close();
  }
};

async function show(session: Session, store: LedgerStore, args: readonly string[]): Promise<ExitCode> {
  if (args[0] === 'forget') return prune(session, store, args);
  if (session.settings.before !== undefined) {
    throw new UserError('--before belongs to "amocalls history forget"', {
      hint: 'amocalls history forget --before 2023-11-01',
    });
  }
  if (session.settings.unconfirmed) return showCalls(session, await store.history.unconfirmedCalls(), []);
  if (args.length > 0) return showCalls(session, await store.history.findCalls(args), args);
  return showRuns(session, store);
}

/** Tomorrow's date is a way to say all. */
const day = 86_400;

async function prune(session: Session, store: LedgerStore, args: readonly string[]): Promise<ExitCode> {
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
  const count = await store.history.forget(before);
  messages.note(`${count} calls with a verdict were forgotten; calls without one are kept`);
  if (settings.output !== 'table') await print(context.stdout, `${toJson({ forgotten: count })}\n`);
  return exitCodes.ok;
}

async function showRuns(session: Session, store: LedgerStore): Promise<ExitCode> {
  const { settings, context } = session;
  const limit = settings.rows === 'all' ? undefined : settings.rows;
  const runs = (await store.history.lastRuns(limit)).map(describeRun);
  const table = () =>
    runs.length === 0 ? `The ledger ${store.name} knows no run yet.\n` : runTable(runs, session.style);
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

function describeRun(run: RecordedRun) {
  const summary: unknown = run.summary === undefined ? undefined : JSON.parse(run.summary);
  return {
    run: run.id,
    started: run.started,
    finished: run.finished,
    seconds: run.finished === undefined ? undefined : run.finished - run.started,
    state: run.state,
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
