// Runs, calls and problems that the ledger knows, as tables and for programs.

import { isAbsolute, relative } from 'node:path';
import { pauseText, utcTime } from '../../core/display.js';
import { type ExitCode, exitCodes } from '../../core/errors.js';
import type { RecordedCall, RecordedProblem, RecordedRun } from '../../core/history.js';
import type { LedgerStore } from '../../core/ledger-store.js';
import type { Receipt } from '../../core/send-result.js';
import { receiptText } from '../../output/call-table.js';
import { recordsText } from '../../output/json.js';
import { print } from '../../output/stdout.js';
import { layTable, moreLine } from '../../output/table.js';
import type { Session } from '../../session/session.js';

/** What is shown of a ledger. */
export type KnownLedger = Pick<LedgerStore, 'name' | 'history' | 'transfer' | 'close'>;

export async function showRuns(session: Session, ledger: KnownLedger): Promise<ExitCode> {
  const { settings, context, messages } = session;
  const limit = settings.rows === 'all' ? undefined : settings.rows;
  const runs = (await ledger.history.lastRuns(limit)).map(describeRun);
  const table = () =>
    runs.length === 0 ? `No runs yet in the ledger ${ledger.name}\n` : runTable(runs, session.page);
  await print(context.stdout, recordsText('runs', runs, settings.output) ?? table());
  for (const pause of await ledger.history.pauses()) {
    messages.note(pauseText(pause), 'Runs wait by themselves. To end the pause: amocalls history resume');
  }
  return exitCodes.ok;
}

function runTable(runs: readonly ReturnType<typeof describeRun>[], page: Session['page']): string {
  const titles = [
    'run',
    'started',
    'command',
    'exit',
    { title: 'seconds', rank: 2 },
    { title: 'profile', rank: 3 },
    { title: 'files', least: 12, keeps: 'end', rank: 1 } as const,
    { title: 'counts', wraps: true },
  ];
  const rows = runs.map((run) => [
    String(run.run),
    readable(run.started),
    run.command,
    run.exit === undefined ? run.state : String(run.exit),
    run.seconds === undefined ? '' : String(run.seconds),
    run.profile ?? '',
    run.files.join(' '),
    countsOf(run.summary),
  ]);
  return layTable(titles, rows, page);
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

export async function showCalls(
  { settings, context, page }: Session,
  recorded: readonly RecordedCall[],
  noneText: string,
  asked: readonly string[] = [],
): Promise<ExitCode> {
  const missing = asked.filter((uuid) => !recorded.some((call) => call.uuid === uuid));
  const calls = [...recorded.map(shownCallOf), ...missing.map((uuid) => ({ uuid, status: 'unknown' }))];
  const most = settings.rows === 'all' ? calls.length : settings.rows;
  const table = () =>
    calls.length === 0
      ? `${noneText}\n`
      : callTable(calls.slice(0, most), page) + moreLine(calls.length - most, page.style);
  await print(context.stdout, recordsText('calls', calls, settings.output) ?? table());
  return exitCodes.ok;
}

interface ShownCall extends Receipt {
  readonly uuid: string;
  readonly status: string;
  readonly reasons?: readonly string[];
  readonly account_id?: string;
  readonly address?: string;
  readonly code?: string;
  readonly run?: number;
  readonly at?: number;
  readonly billsec?: number;
  /** Other content that came after it was sent. */
  readonly changed?: { readonly billsec: number; readonly at: number };
  readonly next_try?: number;
}

function shownCallOf(call: RecordedCall): ShownCall {
  const { uuid, state, reasons, account, address, code, run, at, billsec, changed, nextTry, receipt } = call;
  return {
    uuid,
    status: state === 'in flight' ? 'unconfirmed' : state === 'held' ? 'waiting' : state,
    ...(state === 'held' && { reasons: [`run ${run} sends it when the service accepts calls again`] }),
    ...(reasons.length === 0 ? {} : { reasons }),
    account_id: account,
    address,
    code,
    run,
    at,
    ...(billsec === undefined ? {} : { billsec }),
    ...(changed === undefined ? {} : { changed }),
    ...(nextTry === undefined ? {} : { next_try: nextTry }),
    ...receipt,
  };
}

function callTable(calls: readonly ShownCall[], page: Session['page']): string {
  const titles = [
    'status',
    { title: 'uuid', least: 14, keeps: 'end' } as const,
    'sent',
    { title: 'run', rank: 1 },
    { title: 'account', rank: 2 },
    { title: 'address', rank: 4 },
    { title: 'in amoCRM', rank: 3 },
    { title: 'reasons', wraps: true },
  ];
  const rows = calls.map((call) => [
    call.status,
    call.uuid,
    call.at === undefined ? '' : readable(call.at),
    call.run === undefined ? '' : String(call.run),
    call.account_id ?? '',
    call.address ?? '',
    receiptText(call),
    reasonsOf(call).join('; '),
  ]);
  return layTable(titles, rows, page);
}

function reasonsOf({ reasons = [], billsec, changed, next_try }: ShownCall): readonly string[] {
  const later =
    changed === undefined ? [] : [`${changeOf(billsec, changed.billsec)}, ${readable(changed.at)}`];
  return [...reasons, ...later, ...(next_try === undefined ? [] : [`next try ${readable(next_try)}`])];
}

function changeOf(sent: number | undefined, now: number): string {
  return sent === now ? 'other fields' : `talk time ${sent} s, now ${now} s`;
}

export async function showProblems(
  session: Session,
  recorded: readonly RecordedProblem[],
): Promise<ExitCode> {
  const { settings, context, page } = session;
  const problems = recorded.map(({ file, line, status, uuid, account, address, code, reasons, at }) => ({
    file,
    line,
    status,
    uuid,
    reasons,
    account_id: account || undefined,
    address,
    code,
    at,
  }));
  const most = settings.rows === 'all' ? problems.length : settings.rows;
  const table = () =>
    problems.length === 0
      ? 'No problems.\n'
      : problemTable(problems.slice(0, most), session) + moreLine(problems.length - most, page.style);
  await print(context.stdout, recordsText('problems', problems, settings.output) ?? table());
  return exitCodes.ok;
}

function problemTable(
  problems: readonly (Omit<RecordedProblem, 'account' | 'line'> & { readonly line: number | undefined })[],
  { page, context: { cwd } }: Pick<Session, 'page' | 'context'>,
): string {
  const titles = [
    'status',
    { title: 'uuid', least: 10, keeps: 'end' } as const,
    { title: 'file:line', least: 14, keeps: 'end' } as const,
    { title: 'reported', rank: 1 },
    { title: 'reasons', wraps: true },
  ];
  const rows = problems.map(({ status, uuid, file, line, reasons, at }) => [
    status,
    uuid ?? '',
    line === undefined ? nameFrom(cwd, file) : `${nameFrom(cwd, file)}:${line}`,
    readable(at),
    reasons.join('; '),
  ]);
  return layTable(titles, rows, page);
}

/** A file as one would type its name here. */
function nameFrom(cwd: string, file: string): string {
  const name = relative(cwd, file);
  return name.startsWith('..') || !isAbsolute(file) ? file : name;
}

function readable(seconds: number): string {
  return utcTime(seconds * 1000);
}
