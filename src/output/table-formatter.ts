import { type RecordResult, type Status, statuses } from '../core/outcome.js';
import type { Receipt } from '../core/send-result.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Formatter, FormatterOptions } from './reporter.js';
import { layTable, moreLine, type Page } from './table.js';
import type { Style } from './terminal.js';

/** What the user has to act on, most urgent first, then the rest. */
const problems = ['unconfirmed', 'rejected', 'invalid', 'unsent'] as const;
const others = [...problems, 'waiting', 'duplicate', 'filtered'] as const;

const droppedNote =
  'amoCRM drops a queued call, without a report, when no contact with that number appears within 18 hours.';

/** How the cells of the column `status` are coloured. */
function statusColours({ red, yellow, dim }: Style): ReadonlyMap<string, (text: string) => string> {
  const colours = {
    unconfirmed: yellow,
    rejected: red,
    invalid: red,
    unsent: yellow,
    waiting: dim,
    duplicate: dim,
    filtered: dim,
  } satisfies Record<(typeof others)[number], (text: string) => string>;
  return new Map(Object.entries(colours));
}

/**
 * Two tables, of what was queued (or would be sent) and of the rest, then the counts. All is printed at the end,
 * since columns are aligned; at most `rows` results a status are remembered.
 */
export function tableFormatter(options: FormatterOptions): Formatter {
  const rows = firstRows(options.rows);
  return {
    batch(results) {
      rows.add(results);
      return '';
    },
    end(summary) {
      if (!options.onlyProblems) return fullReport(rows, summary, options);
      const rest = restTable(rows, summary, { ...options, statuses: problems });
      return rest === '' ? '' : `${rest}\n${countsLine(summary, options.queues)}\n`;
    },
  };
}

function fullReport(rows: ResultRows, summary: Summary | CheckSummary, options: FormatterOptions): string {
  const sections = [
    firstTable(rows, summary, options),
    restTable(rows, summary, { ...options, statuses: others }),
    `${countsLine(summary, options.queues)}\n${sharesLine(summary)}`,
  ];
  const text = sections.filter((section) => section !== '').join('\n');
  return options.queues && numberOf(summary, 'accepted') > 0
    ? `${text}${options.style.dim(droppedNote)}\n`
    : text;
}

function firstTable(rows: ResultRows, summary: Summary | CheckSummary, options: FormatterOptions): string {
  const status = 'valid' in summary ? 'valid' : 'accepted';
  const shown = rows.of(status);
  const table =
    status === 'valid'
      ? callTable(shown, options)
      : options.queues
        ? layTable(
            ['uuid', 'account', 'file:line'],
            shown.map(({ uuid, account, place }) => [uuid, account, place]),
            options,
          )
        : layTable(
            ['uuid', 'in amoCRM', 'file:line'],
            shown.map(({ uuid, receipt, place }) => [uuid, receipt, place]),
            options,
          );
  const all = numberOf(summary, status);
  const title =
    status === 'valid' ? 'Would be sent' : options.queues ? 'Queued by amoCRM' : 'Added to amoCRM';
  return section({ title, table, all, shown: shown.length }, options.style);
}

function restTable(
  rows: ResultRows,
  summary: Summary | CheckSummary,
  options: FormatterOptions & { readonly statuses: readonly Status[] },
): string {
  const shown = options.statuses.flatMap(rows.of).slice(0, options.rows);
  const colours = statusColours(options.style);
  const table = layTable(
    [
      { title: 'status', paint: (cell) => colours.get(cell)?.(cell) ?? cell },
      { title: 'uuid' },
      { title: 'file:line' },
      { title: 'reasons', wraps: true },
    ],
    shown.map(({ status, uuid, place, reasons }) => [status, uuid, place, reasons]),
    options,
  );
  const all = options.statuses.reduce((sum, status) => sum + numberOf(summary, status), 0);
  const title = 'valid' in summary ? 'Would not be sent' : 'Not accepted';
  return section({ title, table, all, shown: shown.length }, options.style);
}

function numberOf(summary: Summary | CheckSummary, status: Status | 'valid'): number {
  return new Map(Object.entries(summary)).get(status) ?? 0;
}

interface Section {
  readonly title: string;
  readonly table: string;
  /** How many rows there are, and how many of them the table holds. */
  readonly all: number;
  readonly shown: number;
}

function section({ title, table, all, shown }: Section, style: Style): string {
  if (all === 0) return '';
  return `${style.bold(`${title} (${all})`)}\n${table}${moreLine(all - shown, style)}`;
}

/** The cells of a result that a table may print. */
interface ResultRow {
  readonly status: Status | 'valid';
  readonly uuid: string;
  readonly account: string;
  /** `file:line`; '' for `add`. */
  readonly place: string;
  readonly receipt: string;
  readonly reasons: string;
  /** The cells of a valid call: type, caller, to, date, date in UTC, billsec, link. */
  readonly call: readonly string[];
}

/** The results that the tables will show, by status. */
interface ResultRows {
  add(results: readonly RecordResult[]): void;
  of(status: Status | 'valid'): readonly ResultRow[];
}

/** The first `limit` results of every status (Infinity for all), in the order in which they came. Holds on to no row and no block of a file. */
function firstRows(limit: number): ResultRows {
  const lists = new Map<Status | 'valid', ResultRow[]>();
  return {
    add(results) {
      for (const result of results) {
        let list = lists.get(result.status);
        if (list === undefined) {
          list = [];
          lists.set(result.status, list);
        }
        if (list.length < limit) list.push(rowOf(result));
      }
    },
    of: (status) => lists.get(status) ?? [],
  };
}

function rowOf(result: RecordResult): ResultRow {
  const { status, uuid, account_id, reasons, origin } = result;
  const line = origin.line === undefined ? '' : `:${origin.line}`;
  return {
    status,
    uuid: copy(shortened(uuid ?? '-')),
    account: copy(account_id ?? ''),
    place: copy(origin.file === undefined ? '' : origin.file + line),
    reasons: copy(reasons?.join('; ') ?? ''),
    receipt: copy('receipt' in result ? receiptText(result.receipt) : ''),
    call: status === 'valid' ? callCells(result).map(copy) : [],
  };
}

/** Where the service keeps a call: `contact 12, note 34`; '' where it did not say. */
export function receiptText(receipt: Receipt | undefined): string {
  if (receipt === undefined) return '';
  const { entity_type = '', entity_id = '', note_id, via, uid } = receipt;
  const parts = [
    `${entity_type} ${entity_id}`.trim(),
    note_id === undefined ? '' : `note ${note_id}`,
    via === 'unsorted' ? `incoming lead ${uid ?? ''}`.trim() : '',
    via === 'corrected' ? 'corrected' : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}

function callCells({ call }: Extract<RecordResult, { status: 'valid' }>): string[] {
  const { type, caller, to, date, billsec, link } = call;
  const utc = new Date(date * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return [type, caller, to, `${date}`, utc, `${billsec}`, link ?? ''];
}

/** No phone system writes a longer one: a file whose columns are mixed up should not make every line of the table as wide. */
const longestUuid = 100;

function shortened(uuid: string): string {
  return uuid.length > longestUuid ? `${uuid.slice(0, longestUuid)}…` : uuid;
}

/** V8 keeps a whole block of a file alive for a slice of it: what stays until the end is copied. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}

const callColumns = [
  'uuid',
  'account',
  'type',
  'caller',
  'to',
  'date',
  'date (UTC)',
  'billsec',
  'file:line',
  'link',
];

/** The first calls as they would be sent, one a line: the date in unix seconds and readable. */
function callTable(calls: readonly ResultRow[], page: Page): string {
  const rows = calls.map(({ uuid, account, place, call }) => [
    uuid,
    account,
    ...call.slice(0, 6),
    place,
    ...call.slice(6),
  ]);
  return layTable(callColumns, rows, page);
}

/** A number with its noun: `1 request`, `2 requests`. */
function plural(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

/** The counts of a run in one line: `3 read: 2 queued, 1 rejected · 1 request, 0 retries, 0.4 s`. */
export function countsLine(summary: Summary | CheckSummary, queues: boolean): string {
  const counts =
    'valid' in summary
      ? (['valid', 'invalid', 'duplicate', 'filtered', 'waiting'] as const).map(
          (status) => [summary[status], status] as const,
        )
      : statuses.map((status) => [summary[status], wordOf(status, summary, queues)] as const);
  const parts = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const rows = summary.rows === undefined ? '' : ` from ${plural(summary.rows, 'row')}`;
  const read = `${summary.read} read${rows}`;
  const effort = effortText(summary);
  return (parts.length === 0 ? read : `${read}: ${parts.join(', ')}`) + (effort === '' ? '' : ` · ${effort}`);
}

function wordOf(status: Status, { changed, corrected }: Summary, queues: boolean): string {
  if (status === 'accepted' && corrected !== undefined) return `accepted (${corrected} corrected)`;
  if (status === 'duplicate' && changed > 0) return `duplicate (${changed} changed since sent)`;
  return queues && status === 'accepted' ? 'queued' : status;
}

/** From no call to the most of any hour. */
const bars = '▁▂▃▄▅▆▇█';

/** Where in the day the valid calls of a check begin, and their shares, in one line; '' where nothing was counted. */
function sharesLine(summary: Summary | CheckSummary): string {
  if (!('valid' in summary)) return '';
  const { valid, by_hour: hours, by_hour_zone: zone, answered, inbound, employees } = summary;
  if (hours === undefined || answered === undefined || inbound === undefined) return '';
  const most = Math.max(...hours);
  // One call is seen in any company: the lowest bar is for none.
  const bar = (calls: number) =>
    bars[calls === 0 ? 0 : 1 + Math.round(((bars.length - 2) * calls) / most)] ?? '';
  const percent = (part: number) => Math.round((100 * part) / valid);
  const people = employees === undefined || employees === 0 ? '' : `   ${plural(employees, 'employee')}`;
  // A call is one of the two: both rounded up, they would be 101 % together.
  const ofAnswered = percent(answered);
  const shares = `answered ${ofAnswered} %   missed ${100 - ofAnswered} %   inbound ${percent(inbound)} %${people}`;
  return `by hour   00 ${hours.map(bar).join('')} 23 (${zone})     ${shares}\n`;
}

function effortText(summary: Summary | CheckSummary): string {
  if ('valid' in summary) {
    return summary.requests === undefined ? '' : `${plural(summary.requests, 'request')} would be sent`;
  }
  const { requests, retries, seconds } = summary;
  return `${plural(requests, 'request')}, ${plural(retries, 'retry', 'retries')}, ${seconds.toFixed(1)} s`;
}
