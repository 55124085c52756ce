// What a preset is, and how to add one.

import { type CallStatus, callStatuses } from '../../core/call.js';
import { type Parsed, Problem } from '../../core/errors.js';
import { quote, splitList } from '../cell-text.js';
import type { Shape, Shapes } from './shapes.js';

/**
 * A row as a preset sees it: gives the text of a column by its name, of `a|b` the first that is filled; '' where the file or the
 * row has none.
 */
export type Cell = (column: string) => string;

/** Tells whether a text is an extension of the own phone system: digits that fit `--internal`. */
export type IsExtension = (text: string) => boolean;

/** The fields that a preset feeds; account_id is the user's. */
export const presetFields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link'] as const;
export type PresetField = (typeof presetFields)[number];

/**
 * What a preset makes of a row: texts as they stand in it, '' for none; nothing is parsed yet. A number may be wrapped as phone
 * systems wrap it: `"Desk" <101>`, `Desk (101)`.
 */
export interface RawFields {
  /** The id of the call: rows that share it become one call. Where it is '', one is built of start, numbers and talk time. */
  readonly uuid: string;
  readonly caller: string;
  readonly to: string;
  readonly date: string;
  /** '' where the direction is to be derived from which side is an extension. */
  readonly type: string;
  readonly billsec: string;
  /** Left out: no file of this system has it. */
  readonly link?: string;
  /** Left out: talk. A Problem where nobody can tell: then the row is invalid, unless its talk time is 0. */
  readonly kind?: Parsed<RowKind> | undefined;
  /**
   * What became of the call, where the words of the system say it: busy, a message was left, nobody answered. Only API v4
   * takes it. Left out, or undefined: what the talk time says.
   */
  readonly status?: CallStatus | undefined;
  /** Why the row is not to be sent, though nothing is wrong with it; undefined for all others. */
  readonly skip?: string | undefined;
  /** Why nobody can tell what the row says: it contradicts itself. Such a row is invalid, and so is its call. */
  readonly problem?: string | undefined;
  /** Whether the row is the root of its call, without which the call is not complete. Left out: calls have no root. */
  readonly isRoot?: boolean;
}

/**
 * What a row of a call tells: `talk`, two people were connected, so that billsec counts; `queue`, the same, but with the
 * time in the queue, so that any row of talk is better; `unanswered`, a person was called and nobody spoke; `automated`, a menu,
 * a queue, a mailbox or an announcement, which is no conversation however long it took.
 */
export type RowKind = 'talk' | 'queue' | 'unanswered' | 'automated';

/** The start of a file as recognition sees it. */
export interface FileSample {
  /** Column names; of a file without a header, the cells of its first row. */
  readonly columns: readonly string[];
  /** The first rows; of a file without a header, its very first among them. */
  readonly rows: readonly (readonly string[])[];
  /** What stands in a column of this name in the first rows, but for empty cells. */
  readonly texts: (column: string) => readonly string[];
  /** Whether there is a column of this name (`a|b`: of one of these), without regard to case, spaces and punctuation. */
  readonly has: (column: string) => boolean;
  /** Without its folder. */
  readonly fileName: string;
  readonly isTabular: boolean;
}

/** What `amocalls presets <name>` and the documentation say. */
export interface Guide {
  /** How such a file comes out of the system, step by step. */
  readonly steps: readonly string[];
  /** What becomes what: a field of amoCRM and where it comes from. */
  readonly becomes: Readonly<Partial<Record<PresetField | 'call_status', string>>>;
  /** What is lost or cannot be known. */
  readonly lost: readonly string[];
  /** A command that can be pasted. */
  readonly example: string;
}

/** The columns that hold the times and durations of a row. */
export interface TimeColumns {
  readonly start?: string;
  readonly answer?: string;
  readonly end?: string;
  readonly ringing?: string;
  readonly talk?: string;
  /** From start to end, ringing included. */
  readonly whole?: string;
  /** Talk is all the time from answer to end. */
  readonly isExact?: boolean;
}

/**
 * All that is known about the files of one phone system: data and small pure functions.
 *
 * To add one: write `<name>.ts` beside this file, add it to the table in index.ts, put a file with invented numbers and
 * the calls that are expected of it into fixtures/presets. Nothing else is touched: help, completion, recognition and
 * the tests go through the table. What the user says (`--map`, `--set`, `--timezone`, `--type-map`, `--internal`) beats a preset.
 */
export interface Preset {
  /** What it is asked for by. */
  readonly name: string;
  /** The system and what is exported from it. */
  readonly title: string;
  /** Which versions write such files. */
  readonly versions: string;
  /** What the file looks like, in a few words. */
  readonly looks: string;
  /** How the format is known: a real `file`, the `code` of the system, its `doc`, or a `literal` in somebody's parser. */
  readonly certainty: 'file' | 'code' | 'doc' | 'literal';
  /** Whether dates say their own zone (or are unix times), or the zone is asked for. The machine's zone is never taken. */
  readonly zone: 'values' | 'asked';
  /** On which clock the times stand, in words. */
  readonly clock: string;
  readonly guide: Guide;
  /** The folders that recordings stand in, as a template: `{date:YYYY}/{date:MM}/{date:DD}/`; absent: one folder, or not known. */
  readonly recordingFolders?: string;
  /**
   * What the columns of its files hold, for each form in which the system writes them: a file that lacks a needed one of the
   * form that it is nearest to is none of it, and a row with another text is invalid, and so is its call.
   */
  readonly forms: readonly Shapes[];
  /** Which columns hold the times and durations of a row; they are held against each other, and say when it ended. */
  readonly times?: TimeColumns;
  /** Names the columns of a file without a header by its first rows; undefined: they have a header. */
  readonly nameColumns?: (rows: readonly (readonly string[])[]) => readonly string[] | undefined;
  /** Separates columns where a short file could be misread. */
  readonly delimiter?: string;
  /** The column of a CSV file whose texts hold delimiters without quotes: what a row has too many belongs to it. */
  readonly unquoted?: string;
  /** Turns one JSON value into the records in it (legs, groups); must leave such records as they are. */
  readonly unfold?: (value: unknown) => readonly unknown[];
  /** How sure it is that a file is of this kind, 0 to 1. Below 0.5 nobody is told. */
  readonly recognise: (look: FileSample) => number;
  /** Reads a row. Which columns it asks for is found out by running it, and written down nowhere. */
  readonly read: (cell: Cell, isExtension: IsExtension) => RawFields;
  /**
   * How many rows the system writes for a call. `one`: when the call is over, so that nothing is waited for. `several`: a call is
   * complete when its root is there and its rows ended a while ago.
   */
  readonly rowsPerCall: 'one' | 'several';
  /** What an id of a call looks like. By it a row whose cells are in wrong columns is still known to be of its call. */
  readonly id?: Shape;
  /** What the texts of `type` mean, where they are no words of their own (`1`, `0`). */
  readonly typeMap?: Readonly<Record<string, 'inbound' | 'outbound' | 'internal' | 'missed'>>;
  /** Why a file with these columns cannot be meant, in one sentence. */
  readonly refuse?: (has: FileSample['has']) => string | undefined;
  /** Columns that together tell the rows of one call apart, for `--keep-rows`; none whose text changes from export to export. */
  readonly rowKey: readonly string[];
  /** Where it was asked for, if not by the user's own words: a profile, which is meant for all files. */
  readonly askedBy?: string;
}

const kinds = ['talk', 'unanswered', 'automated', 'queue'] as const satisfies readonly RowKind[];
/** Why nobody talked. */
const statuses = ['left a message', 'wrong number', 'no answer', 'busy'] as const;

/** The words of a system, by what they say of a call. */
type Words<Said extends RowKind | (typeof statuses)[number]> = Readonly<Partial<Record<Said, RegExp>>>;

/**
 * Makes what reads the word of a column for what became of a call. One that only says why nobody talked (busy, a message was left)
 * need not stand under `unanswered` or `automated` too. One that is not known is a Problem: taken for a missed call it would be a
 * wrong one.
 */
export function resultBy(
  column: string,
  words: Words<RowKind | (typeof statuses)[number]>,
): (cell: Cell) => Pick<RawFields, 'kind' | 'status'> {
  const readStatus = statusOf(words);
  const hasStatus = statuses.some((one) => words[one] !== undefined);
  return (cell) => {
    const text = cell(column);
    const status = readStatus(text);
    const silent = status === callStatuses['left a message'] ? 'automated' : 'unanswered';
    const kind =
      kinds.find((one) => words[one]?.test(text)) ??
      (status === undefined ? unknownWord(column, text) : silent);
    return hasStatus ? { kind, status } : { kind };
  };
}

function unknownWord(column: string, text: string): Problem {
  const found = text === '' ? 'is empty' : `${quote(text)} is not known`;
  return new Problem(`cannot be told: ${column} ${found}, so it is not known whether anybody talked`);
}

/** Makes what reads a status out of the words of a system: of several texts, the first that says one counts. */
export function statusOf(
  words: Words<(typeof statuses)[number]>,
): (...texts: readonly string[]) => CallStatus | undefined {
  return (...texts) => {
    for (const text of texts) {
      const said = statuses.find((one) => words[one]?.test(text));
      if (said !== undefined) return callStatuses[said];
    }
    return undefined;
  };
}

const technologies = new Set(['PJSIP', 'SIP', 'IAX', 'IAX2', 'Local', 'SCCP', 'Skinny', 'USER']);

/**
 * The extension in the name of a channel, `SIP/113-000000c5` or `Local/101@from-queue-00000012;1`; '' where there is none. Asked
 * of every row, twice: by hand it takes a third of the time of an expression.
 */
export function extensionOf(channel: string, isExtension: IsExtension): string {
  const start = channel.indexOf('/') + 1;
  let end = start;
  while (channel.charCodeAt(end) >= 48 && channel.charCodeAt(end) <= 57) end++;
  const isNumber = end > start && (end === channel.length || '-@;/'.includes(channel.charAt(end)));
  if (!isNumber || !technologies.has(channel.slice(0, start - 1))) return '';
  const number = channel.slice(start, end);
  return isExtension(number) ? number : '';
}

/** A number in whatever brackets, `Desk (101)`, `"Desk" <101>`, `101`; '' where there is none. */
export function bracketed(text: string): string {
  return /[(<](?:from )?(\+?\d+)[)>]"?\s*$/.exec(text)?.[1] ?? (/^\+?\d+$/.test(text) ? text : '');
}

/**
 * Sure where a file has nearly all of these columns, named in one text with commas, so that one that is missing is told, and the
 * file is not taken for a table of anybody.
 */
export function ifMost(look: FileSample, columns: string, sure = 0.9): number {
  const names = splitList(columns);
  return names.filter(look.has).length >= names.length * 0.7 ? sure : 0;
}

/** Sure where a file has all of these columns, named in one text with commas. */
export function ifAll(look: FileSample, columns: string, sure = 0.9): number {
  return splitList(columns).every(look.has) ? sure : 0;
}
