// Opens a file that grows: its batches never end, or end where the file ends now.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { UserError } from '../../core/errors.js';
import type { Batch, ReadDemand, Row, Table } from '../../core/row.js';
import { displayName } from '../errors.js';
import type { InputOptions } from '../format.js';
import { emptyTable, readTable } from '../open.js';
import { prepend } from '../source.js';
import type { Checkpoint } from './checkpoint.js';
import { FolderWatch, isToldOf } from './folder-watch.js';
import { type Glob, mainOf, nameGlob, namePattern, patternGlob } from './glob.js';
import {
  type FollowContext,
  type FollowIo,
  isAborted,
  nothingAsked,
  times,
  untilAsked,
  whileFull,
} from './io.js';
import { SharedColumns } from './shared-columns.js';
import { followStream } from './stream.js';
import type { Watcher } from './watcher.js';
import type { SourceChanges } from './watcher-list.js';
import { Watchers } from './watchers.js';

export { type FollowIo, nothingAsked } from './io.js';

/** A table of files that grow. */
export interface GrowingTable {
  readonly table: Table;
  /** Takes what those who have read its last batch ask of the next one. */
  readonly ask: (demand: ReadDemand) => void;
  /** What has changed about its files since this was asked last: which are read, which are gone. */
  readonly takeChanges: () => SourceChanges;
}

/** Nothing has changed, or nothing is to be remembered. */
export const noChanges: GrowingTable['takeChanges'] = () => ({ opened: [], removed: [] });

/**
 * Opens a file that grows, as `readTable` opens one that is complete; its batches never end. Waits until the first row
 * is there, so also for a file that does not exist yet. CSV and NDJSON, not compressed.
 *
 * - `file` is a name, `-`, or a pattern such as `cdr-%Y%m%d.csv` or `cdr-*.csv` in the file name (a name that exists is none).
 * - Rows under a pattern come in batches that name their `file`; those under a name belong to the table's, also after a rotation.
 * - A batch comes as soon as its lines are written; a line without its end is left. A batch with `caughtUp` and without
 *   rows comes after all that is written now, and when the time comes that was asked for (`ask`).
 * - What was rotated away is read to its end: renamed, in the copy after copytruncate, compressed. All files have the columns
 *   of the table, whatever the order of their own.
 * - `batch.range` says where rows stand, and `takeChanges` what is to be remembered of the files: `io.checkpoints` gives
 *   that back at the next start. What was read then is found by its content, whatever its name is by now.
 * - What is wrong later on (a folder in place of the file, no permission, binary data) is reported once by `io.warn`,
 *   and the file is read on when it is right again.
 *
 * The table ends early, without an error, when `io.signal` aborts. Throws UserError for a file that cannot be followed
 * when it is first looked at.
 *
 * @example
 * const { table, takeChanges } = await followFile('Master.csv', { nameColumns }, { ...io, warn, now, sleep, checkpoints });
 * for await (const { rows, range, caughtUp } of table.batches) {
 *   for (const { source, doneTo } of takeChanges().opened) files.set(source, doneTo);
 *   for (const row of rows) send(row);
 *   if (range !== undefined) done(range);
 *   if (caughtUp) releaseCallsThatAreComplete();
 * }
 */
export async function followFile(file: string, options: InputOptions, io: FollowIo): Promise<GrowingTable> {
  const full = path.resolve(io.cwd, file);
  const stats = file === '-' ? undefined : await stat(full).catch(() => undefined);
  const isStream = file === '-' || (stats !== undefined && !stats.isFile() && !stats.isDirectory());
  const names = stats === undefined ? namePattern(path.basename(full)) : undefined;
  const glob = names === undefined ? nameGlob(file, full) : patternGlob(file, full, names);
  const { checkpoints = [] } = io;
  const context = contextOf(glob, options, { ...io, checkpoints: isStream ? [] : checkpoints });
  const watchers = isStream ? undefined : new Watchers(context, checkpoints);
  const batches =
    watchers === undefined
      ? followStream(file, file === '-' ? io.stdin : createReadStream(full), context)
      : followGlob(watchers, context);
  const table = await tableOf(context, batches);
  return {
    table: table ?? emptyTable(file),
    ask(demand) {
      context.demand = demand;
    },
    takeChanges: watchers === undefined ? noChanges : () => watchers.list.takeChanges(),
  };
}

/** What the files of a name or pattern are read with, while they grow. */
function contextOf(glob: Glob, options: InputOptions, { checkpoints = [], ...io }: FollowIo): FollowContext {
  const header = checkpoints.find((one) => one.header !== undefined)?.header;
  const shared = new SharedColumns(options, io, header);
  const isEntered = checkpoints.length > 0;
  const tell: FollowContext['tell'] = (_, text, hint) => io.warn(text, hint);
  return { ...io, glob, shared, isEntered, openEnd: 'read', tell, demand: nothingAsked };
}

/** A table of files that grow, read once. */
interface ReadOn extends Pick<GrowingTable, 'takeChanges'> {
  /** Absent where the file is not one of lines that can be entered in the middle, or is blank and was never read. */
  readonly table?: Table;
  /** The line of the first row that is read of the file. */
  readonly startLine: number;
}

/**
 * Reads a file that grows up to its end of now, on from its checkpoint, and first what was rotated away since; then the
 * batches end.
 */
export async function readOn(file: string, options: InputOptions, io: FollowIo): Promise<ReadOn> {
  const glob = nameGlob(file, path.resolve(io.cwd, file));
  // Nobody hears a warning here; a row that cannot be read is reported once, and the run does not end well.
  const told: Row[] = [];
  const tell: FollowContext['tell'] = (line, text, hint = '') =>
    void told.push({ line, cells: [], problem: `${text}. ${hint}` });
  const context: FollowContext = { ...contextOf(glob, options, io), openEnd: 'leave-cut', tell };
  const watchers = new Watchers(context, io.checkpoints ?? []);
  const { list } = watchers;
  const takeChanges = () => list.takeChanges();
  let isBlank: boolean;
  try {
    await watchers.find(new Set());
    const isReady = await watchers.prepare();
    isBlank = !isReady && watchers.pending.every((one) => one === list.current);
  } catch {
    // Whatever it is, it is read as a whole, or its error is that of a file that is read as a whole.
    await watchers.close();
    return { takeChanges: noChanges, startLine: 1 };
  }
  if (isBlank) await watchers.close();
  const size = watchers.pending.reduce((sum, one) => sum + one.size, 0);
  const startLine = list.current?.rows.place.line ?? 1;
  const table = isBlank ? undefined : await tableOf(context, readToEnd(watchers, told, io));
  const rescan = () => rescanned(file, options, io);
  if (table !== undefined) return { table: { ...table, size, rescan }, takeChanges, startLine };
  // No row is written to it yet; when it is rotated, its rows are those of a file that was met.
  if (list.current !== undefined) list.announce(list.current);
  const isKnown = wasOfLines(list.current, io.checkpoints ?? []);
  const empty = { ...emptyTable(file), size: 0, batches: problemRows(told) };
  return { takeChanges, startLine: 1, ...(isKnown && { table: empty }) };
}

/** Whether earlier runs read lines of a file that has none now: it was cut, or is new. What never had lines is read as a whole. */
function wasOfLines(current: Watcher | undefined, known: readonly Checkpoint[]): boolean {
  if (current === undefined) return false;
  if (current.size === 0) return known.length > 0;
  return known.some(({ readAt, header }) => readAt > 0 || header !== undefined);
}

async function* rescanned(file: string, options: InputOptions, io: FollowIo): AsyncGenerator<Batch> {
  const { batches } = await readTable(file, options, { ...io, note: () => undefined });
  yield* batches;
}

/** The table of batches, once the first of them tells what the files are like; undefined where none comes. */
async function tableOf(
  { glob: { file }, shared }: FollowContext,
  batches: AsyncGenerator<Batch>,
): Promise<Table | undefined> {
  const first = await batches.next();
  const format = shared.first;
  if (format === undefined) return undefined;
  const { bom: _, reader: __, columns: ___, ...known } = format;
  const taken = first.done === true ? [] : [first.value];
  return { ...known, file, columns: shared.columns, batches: prepend(taken, batches) };
}

/** Reads all files once; a last line without its end is left while the file is young. */
async function* readToEnd(watchers: Watchers, told: readonly Row[], io: FollowIo): AsyncGenerator<Batch> {
  const throwOn = (error: UserError) => {
    throw error;
  };
  let before = 0;
  let last: Batch | undefined;
  try {
    for await (const batch of watchers.read(throwOn)) {
      if (isAborted(io)) return;
      if (last?.range !== undefined && batch.range !== undefined && last.range.source !== batch.range.source)
        before += last.bytesRead;
      last = batch;
      yield before === 0 ? batch : { ...batch, bytesRead: before + batch.bytesRead };
    }
    const { current } = watchers.list;
    if (current?.isOld === true) yield* current.finish();
  } finally {
    await watchers.close();
  }
  yield* problemRows(told, before + (last?.bytesRead ?? 0));
}

/** What was wrong with files, as rows. */
async function* problemRows(told: readonly Row[], bytesRead = 0): AsyncGenerator<Batch> {
  if (told.length > 0) yield { rows: told, bytesRead };
}

/** Reads what is written now, tells that this was all, waits until more is written. */
async function* followGlob(watchers: Watchers, io: FollowContext): AsyncGenerator<Batch> {
  const { glob, shared } = io;
  const watch = new FolderWatch(glob.folder, (name) => mainOf(name, glob) !== undefined, io);
  let isFirst = true;
  const report = (error: UserError) => {
    if (!glob.isPattern && shared.first === undefined && isFirst) throw error;
    io.warn(error.message, error.hint);
  };
  let isTrusted = await isToldOf(glob.folder);
  let bytesRead = 0;
  try {
    while (!isAborted(io)) {
      const touched = watch.takeTouched();
      const started = performance.now();
      await watchers.find(touched).catch((error: unknown) => watchers.complain(error, report));
      const took = isFirst ? 0 : performance.now() - started;
      if (isFirst) noteMissing(watchers, io);
      for await (const batch of watchers.read(report)) {
        if (isAborted(io)) return;
        ({ bytesRead } = batch);
        // A watch that has told of a write is not deaf; one that has not told of one is.
        if (!isFirst && batch.rows.length > 0) isTrusted = touched.size > 0;
        yield batch;
        yield* whileFull(io, { rows: [], bytesRead });
      }
      isFirst = false;
      if (shared.first !== undefined) yield { rows: [], bytesRead, caughtUp: true };
      const isDeaf = !isTrusted || watchers.isPending || watchers.isLink;
      await watch.wait(pauseUntilLook(isDeaf, took, io));
    }
  } finally {
    watch.close();
    await watchers.close();
  }
}

/** A hundredth of the time at most is spent with looks that nothing asked for. */
const share = 100;

function pauseUntilLook(isDeaf: boolean, lookTook: number, io: FollowContext): number {
  return untilAsked(io, isDeaf ? Math.max(times.look, share * lookTook) : times.trustedLook);
}

function noteMissing(watchers: Watchers, { glob: { file, isPattern }, note }: FollowContext): void {
  if (watchers.list.current !== undefined) return;
  const what = isPattern ? 'no file of that name' : 'no such file';
  note(`${displayName(file)}: there is ${what} yet; it will be read when it appears`);
}
