import type { Readable } from 'node:stream';
import type { Format } from '../core/formats.js';

/** What the caller knows about a file before it is opened. Everything left out is found out from the file. */
export interface InputOptions {
  readonly format?: Format;
  /** A `TextDecoder` label. */
  readonly encoding?: string;
  readonly delimiter?: string;
  /** Names of the columns of a CSV file that has no header. */
  readonly columns?: readonly string[];
  /** Where the records stand in a JSON document: `data.records`. */
  readonly path?: string;
  /** Column names for a headerless file, by its first rows (a preset knows them); undefined: a header is expected. */
  readonly nameColumns?: (rows: readonly (readonly string[])[]) => readonly string[] | undefined;
  /** How many of these cells are known column names: finds the header below title lines. */
  readonly knownNames?: (cells: readonly string[]) => number;
  /**
   * Unfolds one JSON value into the records it holds (nested legs).
   * Numbers that JavaScript would not write back as they stood are texts in it.
   */
  readonly unfold?: (value: unknown) => readonly unknown[];
  /**
   * Reads only these stretches of a plain file, in order, each from the start of a row; the last one may have no end.
   * Header and dialect come from the start of the file.
   */
  readonly parts?: readonly FilePart[];
}

/** What reading needs from the outside. */
export interface InputIo {
  readonly stdin: Readable;
  /** Folder that relative names start from. */
  readonly cwd: string;
  /** Takes something worth knowing about a file, with what the user may do about it. */
  readonly note: (text: string, hint?: string) => void;
  /** Ends the reading where it stands, without an error. */
  readonly signal?: AbortSignal;
}

/** A stretch of a file: the offset and line of its first row, and the offset where it ends. */
export interface FilePart {
  readonly offset: number;
  readonly line: number;
  /** Absent: the end of the file. */
  readonly end?: number;
}
