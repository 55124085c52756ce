// Runs, calls and problems that the ledger knows, as tables and for programs.

import { isAbsolute, relative } from 'node:path';
import { pauseText, utcTime } from '../../core/display.js';
import type { RecordedCall, RecordedProblem, RecordedRun } from '../../core/history.js';
import type { LedgerStore } from '../../core/ledger-store.js';
import { receiptText } from '../../output/call-table.js';
import { printRecords, type Session } from '../../session/session.js';

/** What is shown of a ledger; where there is none, only its name. */
export type KnownLedger = Pick<LedgerStore, 'name'> & Partial<Pick<LedgerStore, 'history' | 'transfer'>>;

export async function showRuns(session: Session, { name, history }: KnownLedger): Promise<void> {
  const { settings, messages } = session;
  const runs = (await history?.lastRuns(settings.rows === 'all' ? undefined : settings.rows)) ?? [];
  await printRecords(session, 'runs', runs.map(describeRun), {
    none: `No runs yet in the ledger ${name}\n`,
    columns: [
      { title: 'run', of: ({ run }) => `${run}` },
      { title: 'started', of: ({ started }) => readable(started) },
      { title: 'command', of: ({ command }) => command },
      { title: 'exit', of: ({ exit, state }) => `${exit ?? state}` },
      { title: 'seconds', of: ({ seconds }) => `${seconds ?? ''}`, rank: 2 },
      { title: 'profile', of: ({ profile = '' }) => profile, rank: 3 },
      { title: 'files', of: ({ files }) => files.join(' '), least: 12, keeps: 'end', rank: 1 },
      { title: 'counts', of: ({ summary }) => countsOf(summary), wraps: true },
    ],
  });
  for (const pause of (await history?.pauses()) ?? []) {
    messages.note(pauseText(pause), 'Runs wait by themselves. To end the pause: amocalls history resume');
  }
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

/** @param none what is said where there are none */
export async function showCalls(
  session: Session,
  recorded: readonly RecordedCall[] | undefined = [],
  none = '',
  asked: readonly string[] = [],
): Promise<void> {
  const missing = asked.filter((uuid) => !recorded.some((call) => call.uuid === uuid));
  const unknown = missing.map((uuid): ShownCall => ({ uuid, status: 'unknown' }));
  await printRecords<ShownCall>(session, 'calls', [...recorded.map(shownCallOf), ...unknown], {
    none: `${none}\n`,
    columns: [
      { title: 'status', of: ({ status }) => status },
      { title: 'uuid', of: ({ uuid }) => uuid, least: 14, keeps: 'end' },
      { title: 'sent', of: ({ at }) => (at === undefined ? '' : readable(at)) },
      { title: 'run', of: ({ run }) => `${run ?? ''}`, rank: 1 },
      { title: 'account', of: ({ account_id }) => account_id ?? '', rank: 2 },
      { title: 'address', of: ({ address }) => address ?? '', rank: 4 },
      { title: 'stored as', of: receiptText, rank: 3 },
      { title: 'reasons', of: (call) => reasonsOf(call).join('; '), wraps: true },
    ],
  });
}

/** A call as programs get it; of one that is not known, nothing but its uuid. */
type ShownCall = Partial<Omit<ReturnType<typeof shownCallOf>, 'status'>> & {
  readonly uuid: string;
  readonly status: string;
};

function shownCallOf({ uuid, state, account, address, code, run, at, billsec, ...call }: RecordedCall) {
  const held = state === 'held' ? [`run ${run} sends it when the service accepts calls again`] : [];
  const reasons = call.reasons.length > 0 ? call.reasons : held;
  return {
    uuid,
    status: state === 'in flight' ? 'unconfirmed' : state === 'held' ? 'waiting' : state,
    reasons: reasons.length === 0 ? undefined : reasons,
    account_id: account,
    address,
    code,
    run,
    at,
    billsec,
    /** Other content that came after it was sent. */
    changed: call.changed,
    next_try: call.nextTry,
    ...call.receipt,
  };
}

function reasonsOf({ reasons = [], billsec, changed, next_try }: ShownCall) {
  const later =
    changed === undefined ? [] : [`${changeOf(billsec, changed.billsec)}, ${readable(changed.at)}`];
  return [...reasons, ...later, ...(next_try === undefined ? [] : [`next try ${readable(next_try)}`])];
}

function changeOf(sent: number | undefined, now: number): string {
  return sent === now ? 'other fields' : `talk time ${sent} s, now ${now} s`;
}

export async function showProblems(
  session: Session,
  recorded: readonly RecordedProblem[] = [],
): Promise<void> {
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
  await printRecords(session, 'problems', problems, {
    none: 'No problems.\n',
    columns: [
      { title: 'status', of: ({ status }) => status },
      { title: 'uuid', of: ({ uuid }) => uuid ?? '', least: 10, keeps: 'end' },
      { title: 'file:line', of: (problem) => placeOf(problem, session.context.cwd), least: 14, keeps: 'end' },
      { title: 'reported', of: ({ at }) => readable(at), rank: 1 },
      { title: 'reasons', of: ({ reasons }) => reasons.join('; '), wraps: true },
    ],
  });
}

/** Where a problem stands, the file as one would type its name here. */
function placeOf({ file, line }: Pick<RecordedProblem, 'file' | 'line'>, cwd: string): string {
  const name = relative(cwd, file);
  const typed = name.startsWith('..') || !isAbsolute(file) ? file : name;
  return line === undefined ? typed : `${typed}:${line}`;
}

function readable(seconds: number): string {
  return utcTime(seconds * 1000);
}
