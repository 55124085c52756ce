import { seededRandom } from '../../src/sandbox/fault-plan.js';
import { type LogRow, logLine, ringGroup } from '../program/asterisk-log.js';

/** What kind of log it is: rows that a preset merges, or a table of calls whose header ends with a delimiter. */
export const logKinds = ['asterisk', 'table'] as const;
export type LogKind = (typeof logKinds)[number];

/** A call of a history. */
export interface HistoryCall {
  readonly number: number;
  /** Seconds. */
  readonly talk: number;
  /** `group`: legs that end before the root; `burst`: the root is first and ended long ago; `row`: a row is the call. */
  readonly shape: 'group' | 'burst' | 'row';
  /** When its rows are written, in seconds from the start. */
  readonly rows: readonly number[];
}

/** What happens to the log, to its readers and to the service, and when, in seconds from the start. */
export type Step =
  | { readonly at: number; readonly does: 'write'; readonly call: HistoryCall; readonly row: number }
  /** The same, but only a part of the line: the rest comes a little later, or with the next step that needs it. */
  | { readonly at: number; readonly does: 'begin'; readonly call: HistoryCall; readonly row: number }
  | { readonly at: number; readonly does: Other };

type Other = 'end' | Rotation | Mood | Reading;
/**
 * `end`: a line that was begun is ended. The log is renamed (the writer may end its line there), and an empty one may be created
 * in its place; copied and cut, compressed, or the oldest of its files is removed.
 */
type Rotation = 'rename' | 'create' | 'copytruncate' | 'compress' | 'remove';
/** The service goes away, comes back, takes a request and does not answer it. */
type Mood = 'away' | 'back' | 'lose';
/** `follow` is started, ended or killed; an unattended run. */
type Reading = 'start' | 'stop' | 'crash' | 'run';

export interface History {
  readonly kind: LogKind;
  readonly calls: readonly HistoryCall[];
  readonly steps: readonly Step[];
  /** The log is read through a link to another folder. */
  readonly isLinked: boolean;
  /** Whether the service is ever in a mood. */
  readonly isMoody: boolean;
  readonly seconds: number;
}

/** No row of a call comes later after the one before, in seconds, unless it is late. */
const usualGap = 60;
/** No line takes longer to be written, in seconds. */
const longestLine = 30;
/** A row that comes so much later may find its call sent. */
const lateGap = 240;

/** A history from a seed: some twenty minutes of a log that grows, is rotated and read. */
export function historyOf(seed: number): History {
  const draw = (purpose: string) => seededRandom(seed, purpose);
  const kind: LogKind = draw('kind') < 0.7 ? 'asterisk' : 'table';
  const seconds = 300 + Math.floor(draw('seconds') * 1200);
  const calls = Array.from({ length: 3 + Math.floor(draw('calls') * 12) }, (_, number) =>
    callOf(number, kind, (purpose) => draw(`${number} ${purpose}`) * (purpose === 'at' ? seconds : 1)),
  );
  const writes: Step[] = calls.flatMap((call) =>
    call.rows.flatMap((at, row): Step[] => {
      if (draw(`${call.number} ${row} begin`) >= 0.15) return [{ at, does: 'write', call, row }];
      const end = at + draw(`${call.number} ${row} end`) * longestLine;
      return [
        { at, does: 'begin', call, row },
        { at: end, does: 'end' },
      ];
    }),
  );
  const isMoody = draw('mood') < 0.4;
  const others: Step[] = [
    ...some(6, 'rotation', ['rename', 'create', 'copytruncate', 'compress', 'compress']),
    ...some(draw('is removed') < 0.4 ? 2 : 0, 'removal', ['remove']),
    ...some(8, 'reading', ['start', 'start', 'stop', 'crash', 'run', 'run']),
    ...some(isMoody ? 6 : 0, 'mood', ['away', 'back', 'lose', 'lose']),
  ];
  const steps = [...writes, ...others].sort((one, other) => one.at - other.at);
  return { kind, calls, steps, isMoody, isLinked: draw('link') < 0.2, seconds };

  /** Up to so many steps of these, at any times. */
  function some(most: number, what: string, list: readonly Other[]): readonly Step[] {
    const count = Math.floor(draw(`${what}s`) * (most + 1));
    return Array.from({ length: count }, (_, index) => ({
      at: draw(`${what} at ${index}`) * seconds,
      does: list[Math.floor(draw(`${what} ${index}`) * list.length)] ?? 'start',
    }));
  }
}

function callOf(number: number, kind: LogKind, draw: (purpose: string) => number): HistoryCall {
  const talk = 1 + Math.floor(draw('talk') * 600);
  const shape = kind === 'table' ? 'row' : draw('shape') < 0.5 ? 'group' : 'burst';
  const count = { group: 4, burst: 3, row: 1 }[shape];
  const isSpread = draw('spread') < 0.4;
  const rows: number[] = [draw('at')];
  for (let row = 1; row < count; row++) {
    const isLate = draw(`late ${row}`) < 0.03;
    const gap = isLate ? lateGap : isSpread ? draw(`gap ${row}`) * usualGap : 0;
    rows.push((rows.at(-1) ?? 0) + gap);
  }
  return { number, talk, shape, rows };
}

/** Whether a row of a call comes so late that the call may be sent without it. */
export function isLate({ rows }: HistoryCall): boolean {
  return rows.some((at, row) => row > 0 && at - (rows[row - 1] ?? 0) > usualGap);
}

/** What the service is to hold of a call. */
export interface ExpectedCall {
  readonly uuid: string;
  readonly to: string;
  readonly billsec: number;
  readonly date: number;
}

/** The lines of a call, and what it is to become, by the second at which its first row is written. */
export function linesOf(call: HistoryCall, writtenAt: number): { lines: readonly string[] } & ExpectedCall {
  const { number, talk, shape } = call;
  const caller = `7495${String(1_000_000 + number)}`;
  if (shape === 'row') {
    const date = writtenAt - talk;
    const uuid = `${date}.${number}`;
    return {
      lines: [`${uuid};${caller};103;${date};${talk};inbound;\n`],
      uuid,
      to: '103',
      billsec: talk,
      date,
    };
  }
  const rows = shape === 'group' ? groupRows(number, writtenAt) : burstRows(call, writtenAt);
  const [{ linkedid } = { linkedid: '' }] = rows;
  const date = Math.min(...rows.map(({ start }) => start));
  const billsec = Math.max(...rows.map((row) => row.billsec));
  return { lines: rows.map(logLine), uuid: linkedid, to: '103', billsec, date };
}

export const tableHeader = 'uuid;caller;to;date;billsec;type;\n';

function groupRows(number: number, end: number): readonly LogRow[] {
  return ringGroup(number, end);
}

/** A ring group that was answered after six seconds: all rows are written when the talk is over, the first ones as missed. */
function burstRows({ number, talk }: HistoryCall, writtenAt: number): readonly LogRow[] {
  const start = writtenAt - talk - 7;
  const linkedid = `${start}.${number}0`;
  const row = (to: string, more: Pick<LogRow, 'start' | 'end' | 'billsec' | 'uniqueid'>): LogRow => ({
    caller: `7495${String(1_000_000 + number)}`,
    to,
    channel: `PJSIP/trunk-${number}`,
    dstchannel: `PJSIP/${to}-${number}`,
    context: 'from-internal',
    linkedid,
    ...more,
  });
  return [
    row('101', { start, end: start + 6, billsec: 0, uniqueid: linkedid }),
    row('102', { start, end: start + 6, billsec: 0, uniqueid: linkedid }),
    row('103', { start: start + 6, end: start + 6 + talk, billsec: talk, uniqueid: linkedid }),
  ];
}
