// What is known of a file before it is opened, its first bytes, and what opening gives.

import type { JsonObject } from '../core/json.js';
import type { Batch, Format } from '../core/row.js';

/** How many fields of a call an object holds, by its names and what stands under them; 0 for what is no call. */
export type FieldsIn = (record: JsonObject) => number;

/** What the caller knows about a file before it is opened. Everything left out is found out from the file. */
export interface InputOptions {
  readonly format?: Format | undefined;
  /** A `TextDecoder` label. */
  readonly encoding?: string | undefined;
  readonly delimiter?: string | undefined;
  /** Names of the columns of a CSV file that has no header. */
  readonly columns?: readonly string[] | undefined;
  /** Where the records are in a JSON document: `data.records`. */
  readonly path?: string | undefined;
  /** The sheet of a workbook: its name, or its number from 1; by default the first one that is not hidden. */
  readonly sheet?: string | undefined;
  /** Column names for a headerless file, by its first rows (a preset knows them); undefined: a header is expected. */
  readonly nameColumns?:
    | ((rows: readonly (readonly string[])[]) => readonly string[] | undefined)
    | undefined;
  /** How many of these cells are known column names: finds the header below title lines. */
  readonly knownNames?: ((cells: readonly string[]) => number) | undefined;
  /** Rows with more filled cells than the header has columns are read all the same; left out: they are rows with a problem. */
  readonly allowsMoreCells?: boolean | undefined;
  /** The column, in lower case, whose texts hold delimiters without quotes: the cells that a row has too many are pieces of it. */
  readonly unquoted?: string | undefined;
  /** Tells a call from other objects in JSON; left out: lists of calls are known by their names alone. */
  readonly fieldsIn?: FieldsIn | undefined;
  /**
   * Unfolds one JSON value into the records it holds (nested legs).
   * Numbers that JavaScript would not write back as they stood are texts in it.
   */
  readonly unfold?: ((value: unknown) => readonly unknown[]) | undefined;
}

/** The start of a file, a pipe, or a file that grows. */
export interface FileHead {
  /** Its name, for messages and for its extension; '-' is standard input. */
  readonly file: string;
  /** Its first bytes, decompressed: as many as there are now, at most 256 KiB. */
  readonly bytes: Buffer;
  /** Whether nothing follows. Where something may, a last line without its end is not looked at. */
  readonly isAll: boolean;
}

/** What a text file is read as: a format, or a log, where the records of NDJSON stand behind a prefix. */
export type TextFormat = Exclude<Format, 'xlsx'> | 'log';

/** Where the records of a JSON text stand. */
export interface RecordsAt {
  /**
   * The names that lead to them from the top, through lists and through texts that are JSON themselves;
   * none: they stand at the top.
   */
  readonly path: readonly string[];
  /** `asked`, with --path; `found`, by what they hold; `usual`, by its name; `top`, there is no list of them. */
  readonly by: 'asked' | 'found' | 'usual' | 'top';
}

/** Something worth knowing about a file, with what the user may do about it. */
export interface FileNote {
  readonly text: string;
  readonly hint?: string;
}

/** A file whose format is known and whose rows can be read. */
export interface OpenedFormat {
  readonly format: Format;
  readonly delimiter?: string;
  readonly headerLine?: number;
  readonly titles?: readonly string[];
  readonly columns: readonly string[];
  /** Reads the rows, from the first to the last; see `Table.rescan` for `enough`. */
  readonly read: (enough?: number) => AsyncGenerator<Batch>;
}
