// The rows of calls as a person checks them: direction, numbers, date, talk time, place.

import type { Call } from '../core/call.js';
import { clockText, localTime, offsetText } from '../core/display.js';
import type { RecordResult, Status } from '../core/outcome.js';
import type { Receipt } from '../core/send-result.js';
import { detached } from '../core/text.js';
import { type Column, layTable, type Page } from './table.js';

/** What a table prints of one result. Texts are copies: V8 keeps a whole block of a file alive for a slice of it. */
export interface ResultRow {
  readonly status: Status | 'valid';
  readonly uuid: string;
  readonly account: string;
  readonly file: string;
  readonly line: string;
  readonly reasons: string;
  readonly receipt: string;
  /** Of a valid call, whatever became of it. */
  readonly call: CallCells | undefined;
}

/** What a person checks a call with. */
interface CallCells {
  readonly type: string;
  readonly outside: string;
  readonly employee: string;
  /** On the clock that the date was read from; `offset` in seconds, undefined where that clock is not known: then it is UTC. */
  readonly date: string;
  readonly offset: number | undefined;
  readonly talk: string;
  readonly link: string;
}

/** What a table will print of a result. */
export function rowOf(result: RecordResult): ResultRow {
  const { status, uuid, account_id, reasons, origin } = result;
  const call = 'call' in result ? result.call : undefined;
  return {
    status,
    uuid: detached(uuid ?? '-'),
    account: detached(account_id ?? ''),
    file: detached(origin.file ?? ''),
    line: origin.line === undefined ? '' : `${origin.line}`,
    reasons: detached(reasons?.join('; ') ?? ''),
    receipt: 'receipt' in result ? detached(receiptText(result.receipt)) : '',
    call: call === undefined ? undefined : cellsOf(call, origin.local),
  };
}

/** No number of a public network is as short. */
const longestExtension = 6;

/** The direction says which number is outside, but where only one of them can be an extension, as in the vendor's own sample. */
function cellsOf({ type, caller, to, date, billsec, link = '' }: Call, local: number | undefined): CallCells {
  const isShort = caller.length <= longestExtension;
  const isCallerOutside = isShort === to.length <= longestExtension ? type === 'inbound' : !isShort;
  return {
    type: type === 'inbound' ? 'in' : 'out',
    outside: detached(isCallerOutside ? caller : to),
    employee: detached(isCallerOutside ? to : caller),
    date: localTime(local ?? date),
    offset: local === undefined ? undefined : local - date,
    talk: clockText(billsec),
    link: detached(link),
  };
}

/** Where the results of a table stand: the line alone where all are of one file. */
function placeColumn(rows: readonly ResultRow[]): {
  readonly column: Column;
  readonly of: (row: ResultRow) => string;
} {
  const files = new Set(rows.map(({ file }) => file));
  if (files.size <= 1) return { column: { title: 'line' }, of: ({ line }) => line };
  return {
    column: { title: 'file:line', least: 12, keeps: 'end' },
    of: ({ file, line }) => (line === '' ? file : `${file}:${line}`),
  };
}

/** A uuid names its call by its end, as a rule: what precedes it is the date, or the machine. */
const uuidColumn: Column = { title: 'uuid', least: 10, keeps: 'end' };

/** The calls that were sent, or would be, with what one looks for in amoCRM: direction, numbers, date, talk time. */
export function callTable(rows: readonly ResultRow[], page: Page): string {
  const offsets = new Set(rows.map(({ call }) => call?.offset));
  const [offset] = offsets;
  const clock = offsets.size > 1 ? 'date' : `date (${offset === undefined ? 'UTC' : offsetText(offset)})`;
  const accounts = new Set(rows.map(({ account }) => account));
  const { column, of } = placeColumn(rows);
  const columns: readonly Column[] = [
    { title: 'type' },
    { title: 'number' },
    { title: 'employee' },
    { title: clock },
    { title: 'talk' },
    column,
    uuidColumn,
    { title: 'account', rank: 1 },
    { title: 'stored as', rank: 2 },
    { title: 'link', rank: 3, least: 24, keeps: 'end' },
  ];
  const cells = rows.map((row) => {
    const { type = '', outside = '', employee = '', date = '', talk = '', link = '' } = row.call ?? {};
    const when =
      offsets.size > 1
        ? `${date} ${row.call?.offset === undefined ? 'UTC' : offsetText(row.call.offset)}`
        : date;
    const account = accounts.size > 1 ? row.account : '';
    return [type, outside, employee, when, talk, of(row), row.uuid, account, row.receipt, link];
  });
  return layTable(columns, cells, page);
}

/** The records that were not sent or not accepted, each with its reasons. */
export function reasonTable(
  rows: readonly ResultRow[],
  page: Page,
  paintStatus: (status: string) => string,
): string {
  const { column, of } = placeColumn(rows);
  const columns: readonly Column[] = [
    { title: 'status', paint: paintStatus },
    column,
    uuidColumn,
    { title: 'number', rank: 1 },
    { title: 'date', rank: 2 },
    { title: 'reasons', wraps: true },
  ];
  const cells = rows.map((row) => [
    row.status,
    of(row),
    row.uuid,
    row.call?.outside ?? '',
    row.call?.date ?? '',
    row.reasons,
  ]);
  return layTable(columns, cells, page);
}

/** Where the service keeps a call: `contact 12, note 34`; '' where it did not say. */
export function receiptText(receipt: Receipt | undefined): string {
  if (receipt === undefined) return '';
  const { entity_type = '', entity_id = '', note_id, via, uid } = receipt;
  const parts = [
    `${entity_type} ${entity_id}`.trim(),
    note_id === undefined ? '' : `note ${note_id}`,
    via === 'unsorted' ? `incoming lead ${uid ?? ''}`.trim() : '',
    via === 'corrected' || via === 'found' ? via : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
}
