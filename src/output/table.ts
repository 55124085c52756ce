import type { Status } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Style } from './colour.js';
import { countsLine } from './counts.js';
import { type Keeper, keeper } from './kept.js';
import { layTable, moreLine } from './layout.js';
import { previewTable } from './preview.js';
import type { Printer, PrinterOptions } from './printer.js';

/** What the user has to act on, most urgent first, then what is well. */
const troubles = ['unconfirmed', 'rejected', 'invalid', 'unsent'] as const;
const others = [...troubles, 'duplicate', 'filtered'] as const;

const dropped =
  'amoCRM drops a queued call when no contact with that number appears within 18 hours, and tells nobody.';

function paints({ red, yellow, dim }: Style): ReadonlyMap<string, (text: string) => string> {
  const marks = {
    unconfirmed: yellow,
    rejected: red,
    invalid: red,
    unsent: yellow,
    duplicate: dim,
    filtered: dim,
  } satisfies Record<(typeof others)[number], (text: string) => string>;
  return new Map(Object.entries(marks));
}

/**
 * Two tables, of what was queued (or would be sent) and of the rest, then the counts; all of it at the end,
 * since columns are aligned. At most `rows` findings a status are remembered.
 */
export function tablePrinter(options: PrinterOptions): Printer {
  const kept = keeper(options.rows);
  return {
    batch(findings) {
      kept.add(findings);
      return '';
    },
    end(summary) {
      if (!options.quiet) return whole(kept, summary, options);
      const rest = restTable(kept, summary, { ...options, statuses: troubles });
      return rest === '' ? '' : `${rest}\n${countsLine(summary)}\n`;
    },
  };
}

function whole(kept: Keeper, summary: Summary | CheckSummary, options: PrinterOptions): string {
  const sections = [
    firstTable(kept, summary, options),
    restTable(kept, summary, { ...options, statuses: others }),
    `${countsLine(summary)}\n`,
  ];
  const text = sections.filter((section) => section !== '').join('\n');
  return numberOf(summary, 'accepted') > 0 ? `${text}${options.style.dim(dropped)}\n` : text;
}

function firstTable(kept: Keeper, summary: Summary | CheckSummary, options: PrinterOptions): string {
  const status = 'valid' in summary ? 'valid' : 'accepted';
  const shown = kept.of(status);
  const table =
    status === 'valid'
      ? previewTable(shown, options)
      : layTable(
          [{ title: 'uuid' }, { title: 'account' }, { title: 'file:line' }],
          shown.map(({ uuid, account, place }) => [uuid, account, place]),
          options,
        );
  const all = numberOf(summary, status);
  const title = status === 'valid' ? 'Would be sent' : 'Queued by amoCRM';
  return section({ title, table, all, shown: shown.length }, options.style);
}

function restTable(
  kept: Keeper,
  summary: Summary | CheckSummary,
  options: PrinterOptions & { readonly statuses: readonly Status[] },
): string {
  const shown = options.statuses.flatMap(kept.of).slice(0, options.rows);
  const marks = paints(options.style);
  const table = layTable(
    [
      { title: 'status', paint: (cell) => marks.get(cell)?.(cell) ?? cell },
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
