import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { type DateOrder, parseDateText, unorderedParts } from './date-text.js';
import { epochOf, isPlausible } from './epoch-ids.js';
import type { TextReader } from './field-sources.js';

/** The order of day and month in a file, and what told it. */
export interface OrderPlan {
  readonly order: DateOrder;
  /** `unknown`: nothing tells, day/month stands in. */
  readonly known: 'option' | 'parts' | 'epoch' | 'unknown';
}

/** A row as far as its date is concerned. */
export interface DatedRow {
  readonly cells: readonly string[];
  readonly text: string;
}

/**
 * Decides for a whole file whether 3/4/2026 is in March or in April: by --date-order, by a part over 12 among the first rows,
 * by the epochs in the unique ids, by a part over 12 anywhere. undefined where no date of the file asks for it,
 * or so few that they may be invalid one by one. Throws a UserError where nothing tells.
 */
export async function decideOrder(
  table: Table,
  readDate: TextReader,
  rows: readonly DatedRow[],
  clues: {
    readonly option: DateOrder | undefined;
    readonly epochs: number | undefined;
    /** Go on with day/month where nothing tells. */
    readonly assume: boolean;
  },
): Promise<OrderPlan | undefined> {
  if (clues.option !== undefined) return { order: clues.option, known: 'option' };
  const asking = rows.filter(({ text }) => unorderedParts(text) !== undefined);
  if (asking.length === 0) return undefined;
  const dated = rows.filter(({ text }) => text !== '').length;
  const isRare = asking.length * 2 <= dated && asking.length < dated;
  const votes = asking.map(({ text }) => evidentOrder(text));
  const evident = agreed(votes);
  if (evident !== undefined) return { order: evident, known: 'parts' };
  if (!votes.includes('dmy') && !votes.includes('mdy')) {
    const told = clues.epochs === undefined ? undefined : orderByEpochs(asking, clues.epochs);
    if (told !== undefined) return { order: told, known: 'epoch' };
    const found = isRare ? undefined : await findOrder(table, readDate);
    if (found !== undefined) return { order: found, known: 'parts' };
  }
  if (isRare) return undefined;
  if (clues.assume) return { order: 'dmy', known: 'unknown' };
  throw new UserError(
    `${table.file}: dates such as "${asking[0]?.text ?? ''}" may be day/month or month/day`,
    {
      hint: 'Nothing in the file tells which: say it with --date-order dmy or --date-order mdy.',
    },
  );
}

function evidentOrder(text: string): DateOrder | undefined {
  const [first, second] = unorderedParts(text) ?? [0, 0];
  if (first > 12 && second <= 12) return 'dmy';
  return second > 12 && first <= 12 ? 'mdy' : undefined;
}

/** The order that nearly all votes name: one mistyped date does not overrule a file. */
function agreed(votes: readonly (DateOrder | undefined)[]): DateOrder | undefined {
  const dmy = votes.filter((vote) => vote === 'dmy').length;
  const mdy = votes.filter((vote) => vote === 'mdy').length;
  if (dmy > 9 * mdy) return 'dmy';
  return mdy > 9 * dmy ? 'mdy' : undefined;
}

/** Asks each row in which order its date comes near the epoch of its unique id. */
function orderByEpochs(rows: readonly DatedRow[], column: number): DateOrder | undefined {
  return agreed(
    rows.map(({ cells, text }) => {
      const epoch = epochOf(cells[column] ?? '');
      if (epoch === undefined) return undefined;
      const fits = (order: DateOrder) => {
        const written = parseDateText(text, order);
        return !(written instanceof Problem) && isPlausible({ local: written.local, epoch });
      };
      if (fits('dmy') === fits('mdy')) return undefined;
      return fits('dmy') ? 'dmy' : 'mdy';
    }),
  );
}

async function findOrder(table: Table, readDate: TextReader): Promise<DateOrder | undefined> {
  if (table.rescan === undefined) return undefined;
  for await (const { rows } of table.rescan()) {
    for (const row of rows) {
      const order = row.problem === undefined ? evidentOrder(readDate(row.cells, Number.NaN)) : undefined;
      if (order !== undefined) return order;
    }
  }
  return undefined;
}
