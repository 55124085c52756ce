// A raw record, a batch of them, an opened file and its format.

/** A raw record of a file: text cells, by the position of their column. */
export interface Row {
  /** Line of the file on which the record starts, from 1: CR, LF and CRLF end a line, those inside quotes too. */
  readonly line: number;
  /** One text a column of the table; a short row has fewer. Never null: an absent value is ''. */
  readonly cells: readonly string[];
  /** Why this record cannot be read (a broken quote, a line that is not JSON); its cells are then whatever was read. */
  readonly problem?: string;
  /** With a problem, the record's text as it stood, where the cells do not hold it (a line that is not JSON): for `--rejects`. */
  readonly text?: string;
}

/** A place in a file where a row starts; offsets of a compressed file are those of its content. */
export interface RowPlace {
  readonly offset: number;
  readonly line: number;
}

/** A stretch of a file whose rows were read together: from the start of its first row to the end of its last one. */
export interface FileRange extends RowPlace {
  /** Which file it is of. */
  readonly source: object;
  readonly end: RowPlace;
}

/**
 * When rows of a growing file were first seen: those that start before a line, at a time (milliseconds since 1970; 0: long
 * ago), in the order of the lines.
 */
export type FirstSeen = readonly (readonly [line: number, at: number])[];

/** When the row on a line was first seen, in milliseconds since 1970; 0 where it was long ago, or nobody knows. */
export function firstSeenAt(seen: FirstSeen, line: number): number {
  return seen.find(([end]) => line < end)?.[1] ?? 0;
}

/** Rows that were read together, with the place in the file where the next batch starts. */
export interface Batch {
  readonly rows: readonly Row[];
  /** The name, for messages, of the file that the rows are from; absent where it is that of the table. */
  readonly file?: string;
  /** Bytes of the file (as stored, so compressed ones for a .gz that is read whole) consumed when this batch ended: for progress. */
  readonly bytesRead: number;
  /**
   * Where the next batch's first row starts. Absent where the file cannot be entered in the middle. After a last line
   * without an end it is the start of that line, which may still grow.
   */
  readonly next?: RowPlace;
  /** Where the rows stand, in a file of which it is remembered how far it is done. */
  readonly range?: FileRange;
  /** When its rows were first seen; absent: long ago. */
  readonly seen?: FirstSeen;
  /** More of the call of the last row that was read may still come: when that row was written, in milliseconds since 1970. */
  readonly lastRowAt?: number;
  /** Rows of these calls that stand before the batch may have been sent by an earlier run. */
  readonly isRest?: boolean;
  /**
   * This batch ends where the file ends for now, and reading goes on when it grows (`follow`). Such a batch comes again and
   * again while the file stands still, without rows. Absent in a file that is read once: its end is the end of the batches.
   */
  readonly caughtUp?: boolean;
}

/** What those who take the rows of a growing file ask of its reader. */
export interface ReadDemand {
  /** When it is to look at the file again, or may go on: milliseconds since 1970; Infinity where nothing is waited for. */
  readonly dueAt: number;
  /** So many calls may still get rows that no more rows are taken before then. */
  readonly isFull: boolean;
}

/** The formats that files are read in: the values of `--format`. */
export const formats = ['csv', 'json', 'ndjson', 'xlsx'] as const;
export type Format = (typeof formats)[number];

/** Whether the records of a format are rows of a table, whose columns are known before them. */
export function isTabular(format: Format): boolean {
  return format === 'csv' || format === 'xlsx';
}

/** A file that was opened and recognised: its columns, and its rows as a stream that can be read once. */
export interface Table {
  /** The name as the user gave it, perhaps a pattern; '-' is standard input. */
  readonly file: string;
  readonly format: Format;
  /** Name of the encoding that the text was decoded with, as TextDecoder spells it. */
  readonly encoding: string;
  /** CSV only. */
  readonly delimiter?: string;
  /** Line of the header; absent where there is none (`--columns`, JSON). */
  readonly headerLine?: number;
  /** What stands in the lines above the header. */
  readonly titles?: readonly string[];
  /** Column names by position. For JSON it grows while rows are read: append-only. Nested objects are flattened: `variables.uuid`. */
  readonly columns: readonly string[];
  /** Bytes of the file as stored; absent for a stream. */
  readonly size?: number;
  /** About how many rows it has, by its size and its first rows; absent for a stream. */
  readonly rows?: number;
  /** The first rows of the file, at most 1000, without consuming them; also where only parts of it are read. */
  readonly sample: readonly Row[];
  /** All rows, the sample included, once. */
  readonly batches: AsyncIterable<Batch>;
  /**
   * A second, independent pass over all rows, for what has to be decided per file; absent for a stream.
   *
   * @param enough so many cells of each row will do: where reading fewer is quicker, a row may end behind them
   */
  readonly rescan?: (enough?: number) => AsyncIterable<Batch>;
}

/** The cells of the rows that could be read. */
export function readableCells(rows: readonly Row[]): readonly (readonly string[])[] {
  return rows.filter((row) => row.problem === undefined).map((row) => row.cells);
}

/** Closes what the rows of a table come from, where they are not read to their end, or not at all. */
export async function closeTable({ batches }: Pick<Table, 'batches'>): Promise<void> {
  await batches[Symbol.asyncIterator]().return?.();
}
