// --output table: what was queued, what was not, the counts.

import { plural } from '../core/display.js';
import { notAccepted, type RecordResult, type Status, statuses, type Taker } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { callTable, type ResultRow, reasonTable, rowOf } from './call-table.js';
import { moreLine, type Page } from './table.js';
import type { Style } from './terminal.js';
import { wrapSentence } from './width.js';

/** What was left out on purpose: no failure. */
const leftOut = ['waiting', 'duplicate', 'filtered'] as const;

const droppedNote =
  'If no contact with the number appears within 18 hours, amoCRM drops a queued call without a report.';

/** How the cells of the column `status` are coloured. */
function statusPaint({ red, yellow, dim }: Style): (status: string) => string {
  const colours = new Map<string, (text: string) => string>([
    ['unconfirmed', yellow],
    ['rejected', red],
    ['invalid', red],
    ['unsent', yellow],
    ...leftOut.map((status) => [status, dim] as const),
  ]);
  return (status) => colours.get(status)?.(status) ?? status;
}

/** What a table of results shows, and where. */
export interface TableOptions extends Page {
  /** How many rows a table prints; Infinity for all. */
  readonly rows: number;
  /** Only what went wrong; nothing while all is well. Tables alone: machine output stays whole. */
  readonly onlyProblems: boolean;
  readonly taker: Taker;
}

/**
 * Up to three tables: the calls that were taken (or would be sent), what was not accepted, what was left out; then the counts.
 * All is printed at the end, since columns are aligned; at most `rows` results a status are remembered, and no block of a file.
 */
export function tableFormatter(options: TableOptions) {
  const kept: Kept = new Map();
  const { taker, style } = options;
  return {
    batch(results: readonly RecordResult[]): string {
      for (const result of results) {
        const list = kept.get(result.status) ?? [];
        kept.set(result.status, list);
        if (list.length < options.rows) list.push(rowOf(result));
      }
      return '';
    },
    end(summary: Summary | CheckSummary): string {
      const isCheck = 'valid' in summary;
      const groups = isCheck
        ? ([
            ['Would be sent', ['valid']],
            ['Cannot be sent', notAccepted],
            ['Would not be sent', leftOut],
          ] as const)
        : ([
            [takenTitle(taker), ['accepted']],
            ['Not accepted', notAccepted],
            ['Not sent', leftOut],
          ] as const);
      const [taken = '', wrong = '', rest = ''] = groups.map(([title, shown]) =>
        section(title, shown, { kept, summary, options }),
      );
      const counts = `${fitted(countsLine(summary, taker), options)}\n`;
      if (options.onlyProblems) return wrong === '' ? '' : `${wrong}\n${counts}`;
      const parts = [taken, wrong, rest, counts + sharesLines(summary, options)];
      const text = parts.filter((part) => part !== '').join('\n');
      const mayBeDropped = taker.queues && !taker.isSandbox && sumOf(summary, ['accepted']) > 0;
      return mayBeDropped ? `${text}${style.dim(fitted(droppedNote, options))}\n` : text;
    },
  };
}

/** A line, as several ones where the terminal is narrow. */
function fitted(text: string, { width }: Page): string {
  return width === undefined ? text : wrapSentence(text, width, 0);
}

function takenTitle({ queues, isSandbox }: Taker): string {
  return `${queues ? 'Queued by' : 'Added to'} ${isSandbox ? 'the sandbox' : 'amoCRM'}`;
}

type ShownStatus = Status | 'valid';

/** The results that the tables will show, by status, in the order in which they came. */
type Kept = Map<ShownStatus, ResultRow[]>;

/** The results of these statuses under a title; '' where there are none. */
function section(
  title: string,
  shown: readonly ShownStatus[],
  { kept, summary, options }: { kept: Kept; summary: Summary | CheckSummary; options: TableOptions },
): string {
  const all = sumOf(summary, shown);
  if (all === 0) return '';
  const { style } = options;
  const rows = shown.flatMap((status) => kept.get(status) ?? []).slice(0, options.rows);
  const areTaken = shown.some((status) => status === 'valid' || status === 'accepted');
  const table = areTaken ? callTable(rows, options) : reasonTable(rows, options, statusPaint(style));
  return `${style.bold(`${title} (${all})`)}\n${table}${moreLine(all - rows.length, style)}`;
}

function sumOf(summary: Summary | CheckSummary, shown: readonly ShownStatus[]): number {
  const counts = new Map(Object.entries(summary));
  return shown.reduce((sum, status) => sum + (counts.get(status) ?? 0), 0);
}

/** The counts of a run in one line: `3 read: 2 queued, 1 rejected · 1 request, 0 retries, 0.4 s`. */
export function countsLine(summary: Summary | CheckSummary, taker: Taker): string {
  const counts =
    'valid' in summary
      ? (['valid', 'invalid', 'duplicate', 'filtered', 'waiting'] as const).map(
          (status) => [summary[status], status] as const,
        )
      : statuses.map((status) => [summary[status], wordOf(status, summary, taker)] as const);
  const parts = counts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const rows = summary.rows === undefined ? '' : ` from ${plural(summary.rows, 'row')}`;
  const read = `${summary.read} read${rows}`;
  const effort = effortText(summary);
  return (parts.length === 0 ? read : `${read}: ${parts.join(', ')}`) + (effort === '' ? '' : ` · ${effort}`);
}

function wordOf(status: Status, { changed, corrected }: Summary, taker: Taker): string {
  if (status === 'accepted' && corrected !== undefined) return `accepted (${corrected} corrected)`;
  if (status === 'duplicate' && changed > 0) return `duplicate (${changed} changed since sent)`;
  return taker.queues && status === 'accepted' ? 'queued' : status;
}

/** From no call to the most of any hour. */
const bars = '▁▂▃▄▅▆▇█';

/** Where in the day the valid calls of a check begin, and their shares, in one line, or two where the terminal is narrow; '' where nothing was counted. */
function sharesLines(summary: Summary | CheckSummary, { width = Infinity }: Page): string {
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
  const spread = `by hour   00 ${hours.map(bar).join('')} 23 (${zone})`;
  const line = `${spread}     ${shares}`;
  return line.length <= width ? `${line}\n` : `${spread}\n${shares}\n`;
}

function effortText(summary: Summary | CheckSummary): string {
  if ('valid' in summary) {
    return summary.requests === undefined ? '' : `${plural(summary.requests, 'request')} would be sent`;
  }
  const { requests, retries, seconds } = summary;
  return `${plural(requests, 'request')}, ${plural(retries, 'retry', 'retries')}, ${seconds.toFixed(1)} s`;
}
