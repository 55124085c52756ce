// How far a file is done, as it is kept from run to run.

import { open } from 'node:fs/promises';
import { isObject } from '../../core/json.js';
import type { FirstSeen, RowPlace } from '../../core/row.js';
import { type Fingerprint, fingerprintOf } from './fingerprint.js';
import { fileId } from './glob.js';

/** Rows before the place up to which a file is done, which need attention: they were sent and nobody knows, or wait. */
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
}

/** How far a file is done. */
export interface Checkpoint extends FileState {
  /** Everything before is final for the run that wrote this, but for what needs attention. */
  readonly doneTo: RowPlace;
  readonly attention: readonly Attention[];
  /** What was found out about the file by its rows, for whoever reads on. */
  readonly evidence?: unknown;
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
  const saved = parsed(text);
  if (!isObject(saved)) return undefined;
  const { path, id, size, length, mtime, since, readTo, readAt, seen, doneTo, attention, evidence } = saved;
  const known = saved['fingerprint'];
  if (typeof path !== 'string' || typeof id !== 'string' || !isTime(mtime) || !isTime(since))
    return undefined;
  if (!isCount(size) || !isCount(length) || !isCount(readAt)) return undefined;
  if (!isPlace(readTo) || !isPlace(doneTo)) return undefined;
  if (!Array.isArray(seen) || !seen.every(isStep)) return undefined;
  if (!Array.isArray(attention) || !attention.every(isAttention)) return undefined;
  if (known !== undefined && !isFingerprint(known)) return undefined;
  const { header } = saved;
  if (header !== undefined && !isTableHeader(header)) return undefined;
  return {
    path,
    id,
    size,
    length,
    readTo,
    readAt,
    seen,
    doneTo,
    attention,
    mtimeNs: BigInt(mtime),
    sinceNs: BigInt(since),
    ...(known === undefined ? {} : { fingerprint: known }),
    ...(header === undefined ? {} : { header }),
    ...(evidence === undefined ? {} : { evidence }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Nanoseconds, as digits. */
function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^-?\d+$/.test(value);
}

function isPlace(value: unknown): value is RowPlace {
  return isObject(value) && isCount(value['offset']) && isCount(value['line']);
}

function isStep(value: unknown): value is FirstSeen[number] {
  return Array.isArray(value) && value.length === 2 && value.every(isCount);
}

function isAttention(value: unknown): value is Attention {
  if (!isObject(value) || !isPlace(value)) return false;
  const { end, lines } = value;
  return isCount(end) && Array.isArray(lines) && lines.every(isCount);
}

function isTableHeader(value: unknown): value is Header {
  if (!isObject(value)) return false;
  const { columns, delimiter } = value;
  const isText = (one: unknown) => typeof one === 'string';
  return Array.isArray(columns) && columns.every(isText) && (delimiter === undefined || isText(delimiter));
}

function isFingerprint(value: unknown): value is Fingerprint {
  return isObject(value) && isCount(value['bytes']) && typeof value['hash'] === 'string';
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

/**
 * The state of a plain file that was read as a whole by whoever looks at it; undefined where another file has its name by now.
 *
 * @param now milliseconds since 1970
 */
export async function stateOfWhole(
  { path, id, readTo }: Pick<FileState, 'path' | 'id' | 'readTo'>,
  now: number,
): Promise<FileState | undefined> {
  const handle = await open(path, 'r').catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const stats = await handle.stat({ bigint: true });
    const fingerprint = await fingerprintOf(handle, readTo.offset);
    if (fileId(stats) !== id || fingerprint === undefined) return undefined;
    const { mtimeNs } = stats;
    const size = Number(stats.size);
    const seen: FirstSeen = [[readTo.line, 0]];
    const times = { mtimeNs, sinceNs: mtimeNs, readAt: now };
    return { path, id, size, length: size, ...times, readTo, seen, fingerprint };
  } finally {
    await handle.close();
  }
}
