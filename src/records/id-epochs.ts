// The time in the unique ids of rows, and which column holds them.

import type { SampledColumn } from './sample.js';
import { type EpochReader, isPlausible } from './zone-evidence.js';

/** The unix second in an id of Asterisk and its children: `1504525166.228`, `name-1504525166.228`; undefined for all else. */
function epochOf(id: string): number | undefined {
  // Most texts that are asked are none: a dot behind ten characters is found faster than their lack by the expression.
  if (!id.includes('.', 10)) return undefined;
  const match = /^(?:[\w.-]{1,80}-)?(\d{10})\.\d[^.]*$/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

/** The unix second in an id that is made of one, in seconds or milliseconds, and perhaps of more: `call-1732086900-77`. */
function embeddedEpochOf(id: string): number | undefined {
  const match = /(?:^|\D)(1\d{9})(?:\d{3})?(?:\D|$)/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

/** Names of columns whose ids are of another record than the row: the first leg, the other leg, a recording. */
const ofOthers = /link|parent|bridge|other|peer|orig|transfer|record|file|url/;

/**
 * Finds the column that holds the rows' own ids where these are made of the time at which the call began: best the one called
 * unique id, then the one that the uuid is read from, then the one with most such ids.
 *
 * @param uuid the position of the column that the uuid is read from, if it is one
 * @param localOf the wall clock of a row by its position among the first rows, in seconds; undefined where it has none
 * @returns undefined where no column holds such ids
 */
export function findEpochs(
  columns: readonly SampledColumn[],
  uuid: number | undefined,
  localOf: (row: number) => number | undefined = () => undefined,
): EpochReader | undefined {
  const own = columns.filter(({ plain }) => !ofOthers.test(plain));
  const best = bestColumn(own, uuid);
  if (best !== undefined) return (cells) => epochOf(best.textIn(cells));
  const isOfIds = ({ index, plain }: SampledColumn) => index === uuid || /id$|guid|uuid/.test(plain);
  const embedded = own.find((column) => isOfIds(column) && holdsMoments(column, localOf));
  return embedded && ((cells) => embeddedEpochOf(embedded.textIn(cells)));
}

function bestColumn(columns: readonly SampledColumn[], uuid: number | undefined): SampledColumn | undefined {
  const counted = columns
    .map((column) => ({ column, count: column.texts.filter((text) => epochOf(text) !== undefined).length }))
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count);
  const own = counted.find(({ column }) => column.plain === 'uniqueid');
  const used = counted.find(({ column }) => column.index === uuid);
  return (own ?? used ?? counted[0])?.column;
}

/** Three rows and more, each with a number that could be the moment of its date: phone numbers and counters never are. */
function holdsMoments(column: SampledColumn, localOf: (row: number) => number | undefined): boolean {
  let moments = 0;
  for (const [row, cells] of column.rows.entries()) {
    const text = column.textIn(cells);
    const local = localOf(row);
    if (text === '' || local === undefined) continue;
    const epoch = embeddedEpochOf(text);
    if (epoch === undefined || !isPlausible({ local, epoch })) return false;
    moments++;
  }
  return moments >= 3;
}
