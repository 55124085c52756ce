// The order of day and month in a file, by its first rows and unique ids.

import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { type DateOrder, parseDateText, unorderedParts } from './date-text.js';
import type { TextReader } from './field-sources.js';
import { findEpochs } from './id-epochs.js';
import type { Mapping } from './mapping.js';
import type { RecordOptions } from './record-options.js';
import { type EpochReader, isPlausible } from './zone-evidence.js';

/** The order of day and month in a file, and what told it. */
export interface OrderPlan {
  readonly order: DateOrder;
  /** `unknown`: nothing tells, day/month stands in. */
  readonly known: 'option' | 'parts' | 'epoch' | 'unknown';
}

/**
 * Decides for a whole file whether 3/4/2026 is in March or in April: by --date-order, by the parts over 12 among the first rows,
 * by the epochs in the unique ids, by the parts over 12 of all rows. undefined where no date of the file asks for it,
 * or so few that they may be invalid one by one. Throws a UserError where nothing tells.
 */
export async function decideOrder(
  table: Table,
  { dateOrder, assume }: RecordOptions,
  { sources, sample }: Pick<Mapping, 'sources' | 'sample'>,
): Promise<OrderPlan | undefined> {
  const readDate = sources.date.read;
  if (dateOrder !== undefined) return { order: dateOrder, known: 'option' };
  const rows = sample.rows.map((cells) => ({ cells, text: readDate(cells) }));
  const asking = rows.filter(({ text }) => unorderedParts(text) !== undefined);
  if (asking.length === 0) return undefined;
  const dated = rows.filter(({ text }) => text !== '').length;
  const isRare = asking.length * 2 <= dated && asking.length < dated;
  const votes = asking.map(({ text }) => evidentOrder(text));
  const evident = agreed(votes);
  if (evident !== undefined) return { order: evident, known: 'parts' };
  const told = orderByEpochs(asking, findEpochs(sample.columns, undefined));
  if (told !== undefined) return { order: told, known: 'epoch' };
  const found = isRare ? undefined : await orderOfAll(table, readDate);
  if (found !== undefined) return { order: found, known: 'parts' };
  if (isRare) return undefined;
  if (assume !== undefined) return { order: 'dmy', known: 'unknown' };
  throw new UserError(
    `${table.file}: dates such as "${asking[0]?.text ?? ''}" may be day/month or month/day`,
    {
      hint: 'Nothing in the file says which: give --date-order dmy or --date-order mdy.',
    },
  );
}

function evidentOrder(text: string): DateOrder | undefined {
  const [first, second] = unorderedParts(text) ?? [0, 0];
  if (first > 12 && second <= 12) return 'dmy';
  return second > 12 && first <= 12 ? 'mdy' : undefined;
}

/** Of so many dates that do not tell, one has to tell: a single mistyped one never turns a file. */
const silentDates = 100;

/** The order that nearly all votes name, where they are more than a slip among the dates that do not tell. */
function agreed(votes: readonly (DateOrder | undefined)[]): DateOrder | undefined {
  const count = (order: DateOrder) => votes.filter((vote) => vote === order).length;
  return winner({ dmy: count('dmy'), mdy: count('mdy') }, votes.length);
}

function winner({ dmy, mdy }: Readonly<Record<DateOrder, number>>, dates: number): DateOrder | undefined {
  if (Math.max(dmy, mdy) * silentDates < dates) return undefined;
  if (dmy > 9 * mdy) return 'dmy';
  return mdy > 9 * dmy ? 'mdy' : undefined;
}

/** Asks each row in which order its date comes near the epoch of its unique id. */
function orderByEpochs(
  rows: readonly { readonly cells: readonly string[]; readonly text: string }[],
  readEpoch: EpochReader | undefined,
): DateOrder | undefined {
  if (readEpoch === undefined) return undefined;
  return agreed(
    rows.map(({ cells, text }) => {
      const epoch = readEpoch(cells);
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

/** The order that nearly all dates of a file name that tell one; a stream cannot be asked. */
async function orderOfAll(table: Table, readDate: TextReader): Promise<DateOrder | undefined> {
  if (table.rescan === undefined) return undefined;
  const votes = { dmy: 0, mdy: 0 };
  let dates = 0;
  for await (const { rows } of table.rescan()) {
    for (const row of rows) {
      const text = row.problem === undefined ? readDate(row.cells) : '';
      if (unorderedParts(text) === undefined) continue;
      dates++;
      const order = evidentOrder(text);
      if (order !== undefined) votes[order]++;
    }
  }
  return winner(votes, dates);
}
