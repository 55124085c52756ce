// The time in the unique ids of rows, and which column holds them.

import { cellText, plainName } from './cell-text.js';
import { type EpochReader, isPlausible } from './zone-evidence.js';

/** The unix second in an id of Asterisk and its children: `1504525166.228`, `name-1504525166.228`; undefined for all else. */
export function epochOf(id: string): number | undefined {
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

/** What is known of a column before its ids are read. */
interface IdColumn {
  readonly index: number;
  /** As names are compared. */
  readonly name: string;
  readonly texts: readonly string[];
}

/**
 * Finds the column that holds the rows' own ids where these are made of the time at which the call began: best the one called
 * unique id, then the one that the uuid is read from, then the one with most such ids.
 *
 * @param rows cells of the first rows
 * @returns undefined where no column holds such ids
 */
export function findEpochs(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  { local, uuid }: IdClues,
): EpochReader | undefined {
  const columns = names
    .map((name, index) => ({ name: plainName(name), index }))
    .filter(({ name }) => !ofOthers.test(name))
    .map((column): IdColumn => ({ ...column, texts: rows.map((cells) => cellText(cells[column.index])) }));
  const best = bestColumn(columns, uuid);
  if (best !== undefined) return (cells) => epochOf(cellText(cells[best.index]));
  const embedded = columns.find((column) => isIdColumn(column, uuid) && holdsMoments(column, local));
  return embedded && ((cells) => embeddedEpochOf(cellText(cells[embedded.index])));
}

/** What tells which column holds the rows' own ids. */
interface IdClues {
  /** The wall clock of a row by its position among the first rows, in seconds; undefined where it has none. */
  readonly local: (row: number) => number | undefined;
  /** The position of the column that the uuid is read from, if it is one. */
  readonly uuid: number | undefined;
}

function bestColumn(columns: readonly IdColumn[], uuid: number | undefined): IdColumn | undefined {
  const counted = columns
    .map((column) => ({ column, count: column.texts.filter((text) => epochOf(text) !== undefined).length }))
    .filter(({ count }) => count > 0);
  const own = counted.find(({ column }) => column.name === 'uniqueid');
  const used = counted.find(({ column }) => column.index === uuid);
  const [most] = counted.toSorted((one, other) => other.count - one.count);
  return (own ?? used ?? most)?.column;
}

function isIdColumn({ index, name }: IdColumn, uuid: number | undefined): boolean {
  return index === uuid || /id$|guid|uuid/.test(name);
}

/** Three rows and more, each with a number that could be the moment of its date: phone numbers and counters never are. */
function holdsMoments({ texts }: IdColumn, local: (row: number) => number | undefined): boolean {
  let moments = 0;
  for (const [row, text] of texts.entries()) {
    const clock = local(row);
    if (text === '' || clock === undefined) continue;
    const epoch = embeddedEpochOf(text);
    if (epoch === undefined || !isPlausible({ local: clock, epoch })) return false;
    moments++;
  }
  return moments >= 3;
}
