// How far a file is done, as it is kept from run to run.

import { isObject, parseJson } from '../../core/json.js';
import type { FirstSeen, RowPlace } from '../../core/row.js';
import type { Fingerprint } from './fingerprint.js';

/** Rows before the place up to which a file is done, which need attention: they were sent and nobody knows, wait, or were not sent. */
export interface Attention extends RowPlace {
  /** The offset at which their range ends. */
  readonly end: number;
  readonly lines: readonly number[];
}

/** The first line of a table: a file that was cut is written on without it. */
export interface Header {
  readonly columns: readonly string[];
  readonly delimiter?: string;
}

/** What is known of a file and of the reading of it: by this it is found again, wherever it is then. */
export interface FileState {
  /** The name under which it was found first, absolute. */
  readonly path: string;
  /** Device and inode. */
  readonly id: string;
  /** Bytes and last write, as the file system had them. */
  readonly size: number;
  readonly mtimeNs: bigint;
  /** Its last write when its folder was last looked at as a whole. */
  readonly sinceNs: bigint;
  /** Bytes of its content, as far as they are known: of a compressed file more than its size. */
  readonly length: number;
  /** Up to here its rows were read, and when the last of them was (milliseconds since 1970). */
  readonly readTo: RowPlace;
  readonly readAt: number;
  /** When its rows were first seen. */
  readonly seen: FirstSeen;
  /** Of what it holds; none before its first row: files of one system begin alike. */
  readonly fingerprint?: Fingerprint;
  /** Of the files of this name; none where they have none. */
  readonly header?: Header;
  /** Where that name led to by links when the file was found under it. */
  readonly target?: string;
}

/** How far a file is done. */
export interface Checkpoint extends FileState {
  /** Everything before is final for the run that wrote this, but for what needs attention. */
  readonly doneTo: RowPlace;
  readonly attention: readonly Attention[];
  /** It was written by a reading that took the rows for something else: the file is to be read as a whole. Not kept. */
  readonly isWhole?: true;
}

/** Where every file begins. */
export const fileStart: RowPlace = { offset: 0, line: 1 };

/** The name of a checkpoint in the ledger: the path, then device and inode. */
export function checkpointName({ path, id }: Pick<FileState, 'path' | 'id'>): string {
  return `${path} ${id}`;
}

/** A checkpoint as the ledger keeps it. */
export function checkpointText({ mtimeNs, sinceNs, ...checkpoint }: Checkpoint): string {
  return JSON.stringify({ ...checkpoint, mtime: String(mtimeNs), since: String(sinceNs) });
}

/** Reads what `checkpointText` wrote; whatever else stands there is none. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const value = parseJson(text);
  if (!isSaved(value)) return undefined;
  const { mtime, since, ...saved } = value;
  return { ...saved, mtimeNs: BigInt(mtime), sinceNs: BigInt(since) };
}

/** A checkpoint as it is written down. */
interface Saved extends Omit<Checkpoint, 'mtimeNs' | 'sinceNs' | 'isWhole'> {
  readonly mtime: string;
  readonly since: string;
}

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
/** Nanoseconds, as digits. */
const isTime = (value: unknown) => typeof value === 'string' && /^-?\d+$/.test(value);
const isStep = (value: unknown) => isListOf(isCount)(value) && Array.isArray(value) && value.length === 2;
const isPlace = { offset: isCount, line: isCount };

type Test = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Test>>;

/** What stands in a checkpoint. */
const savedShape: Shape = {
  path: isText,
  id: isText,
  size: isCount,
  length: isCount,
  mtime: isTime,
  since: isTime,
  readTo: has(isPlace),
  readAt: isCount,
  seen: isListOf(isStep),
  doneTo: has(isPlace),
  attention: isListOf(has({ ...isPlace, end: isCount, lines: isListOf(isCount) })),
  fingerprint: optional(has({ bytes: isCount, hash: isText })),
  header: optional(has({ columns: isListOf(isText), delimiter: optional(isText) })),
  target: optional(isText),
};

function isSaved(value: unknown): value is Saved {
  return has(savedShape)(value);
}

function has(shape: Shape): Test {
  return (value) => isObject(value) && Object.entries(shape).every(([name, is]) => is(value[name]));
}

function isListOf(is: Test): Test {
  return (value) => Array.isArray(value) && value.every(is);
}

function optional(is: Test): Test {
  return (value) => value === undefined || is(value);
}

/** Whether something of a file is known to be unread, or to need attention. */
export function hasMore({ length, doneTo, attention }: Checkpoint): boolean {
  return length > doneTo.offset || attention.length > 0;
}

/** So many steps are kept; with more, every second is left out: its rows count as seen a little later. */
const mostSteps = 500;

/**
 * When the rows of a file were first seen, after those before a line were at a time (milliseconds since 1970, counted in
 * whole seconds).
 */
export function seenUpTo(seen: FirstSeen, line: number, at: number): FirstSeen {
  const second = Math.ceil(at / 1000) * 1000;
  const last = seen.at(-1);
  if (last !== undefined && line <= last[0]) return seen;
  const before = last !== undefined && last[1] === second ? seen.slice(0, -1) : seen;
  const all: FirstSeen = [...before, [line, second]];
  return all.length <= mostSteps
    ? all
    : all.filter((_, index) => index % 2 === 1 || index === all.length - 1);
}

/** The same without the times of rows that were first seen before a time: those were seen long ago. */
export function seenSince(seen: FirstSeen, time: number): FirstSeen {
  const old = seen.findLastIndex(([, at]) => at < time);
  const [line] = seen[old] ?? [];
  return line === undefined ? seen : [[line, 0], ...seen.slice(old + 1)];
}
