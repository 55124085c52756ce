// The rows of calls as a person checks them: direction, numbers, date, talk time, place.

import type { Call } from '../core/call.js';
import { clockText, localTime, offsetText } from '../core/display.js';
import type { RecordResult, Status } from '../core/outcome.js';
import type { Receipt } from '../core/send-result.js';
import { detached } from '../core/text.js';
import { type Column, layTable, type Page } from './table.js';

/** What a table prints of one result, '' for what there is not. Texts are copies: V8 keeps a whole block of a file alive for a slice of it. */
export interface ResultRow extends CallCells {
  readonly status: Status | 'valid';
  readonly uuid: string;
  readonly account: string;
  readonly file: string;
  readonly line: string;
  readonly reasons: string;
  readonly receipt: string;
}

/** What a person checks a valid call with, whatever became of it. */
interface CallCells {
  readonly type: string;
  readonly outside: string;
  readonly employee: string;
  /** On the clock that the date was read from, `+03:00`; where that is not known, it is UTC. */
  readonly date: string;
  readonly clock: string;
  readonly talk: string;
  readonly link: string;
}

const noCall: CallCells = { type: '', outside: '', employee: '', date: '', clock: 'UTC', talk: '', link: '' };

/** What a table will print of a result. */
export function rowOf(result: RecordResult): ResultRow {
  const { status, uuid, account_id, reasons, origin, call } = result;
  return {
    status,
    uuid: detached(uuid ?? '-'),
    account: detached(account_id ?? ''),
    file: detached(origin.file ?? ''),
    line: origin.line === undefined ? '' : `${origin.line}`,
    reasons: detached(reasons?.join('; ') ?? ''),
    receipt: 'receipt' in result ? detached(receiptText(result.receipt)) : '',
    ...(call === undefined ? noCall : cellsOf(call, origin.local)),
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
    clock: offsetText(local === undefined ? 0 : local - date),
    talk: clockText(billsec),
    link: detached(link),
  };
}

/** Where the results of a table stand: the line alone where all are of one file. */
function placeColumn(rows: readonly ResultRow[]): Column<ResultRow> {
  const files = new Set(rows.map(({ file }) => file));
  if (files.size <= 1) return { title: 'line', of: ({ line }) => line };
  const placeOf = ({ file, line }: ResultRow) => (line === '' ? file : `${file}:${line}`);
  return { title: 'file:line', of: placeOf, least: 12, keeps: 'end' };
}

/** A uuid names its call by its end, as a rule: what precedes it is the date, or the machine. */
const uuidColumn: Column<ResultRow> = { title: 'uuid', of: ({ uuid }) => uuid, least: 10, keeps: 'end' };

/** The calls that were sent, or would be, with what one looks for in amoCRM: direction, numbers, date, talk time. */
export function callTable(rows: readonly ResultRow[], page: Page): string {
  const clocks = new Set(rows.map(({ clock }) => clock));
  const accounts = new Set(rows.map(({ account }) => account));
  const columns: readonly Column<ResultRow>[] = [
    { title: 'type', of: ({ type }) => type },
    { title: 'number', of: ({ outside }) => outside },
    { title: 'employee', of: ({ employee }) => employee },
    clocks.size > 1
      ? { title: 'date', of: ({ date, clock }) => `${date} ${clock}` }
      : { title: `date (${[...clocks].join()})`, of: ({ date }) => date },
    { title: 'talk', of: ({ talk }) => talk },
    placeColumn(rows),
    uuidColumn,
    { title: 'account', of: ({ account }) => (accounts.size > 1 ? account : ''), rank: 1 },
    { title: 'stored as', of: ({ receipt }) => receipt, rank: 2 },
    { title: 'link', of: ({ link }) => link, rank: 3, least: 24, keeps: 'end' },
  ];
  return layTable(columns, rows, page);
}

/** The records that were not sent or not accepted, each with its reasons. */
export function reasonTable(
  rows: readonly ResultRow[],
  page: Page,
  paint: (status: string) => string,
): string {
  const columns: readonly Column<ResultRow>[] = [
    { title: 'status', of: ({ status }) => status, paint },
    placeColumn(rows),
    uuidColumn,
    { title: 'number', of: ({ outside }) => outside, rank: 1 },
    { title: 'date', of: ({ date }) => date, rank: 2 },
    { title: 'reasons', of: ({ reasons }) => reasons, wraps: true },
  ];
  return layTable(columns, rows, page);
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
