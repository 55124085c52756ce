import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { UserError } from '../../core/errors.js';
import type { Batch, RowPlace, Table } from '../../core/row.js';
import type { InputOptions } from '../format.js';
import { emptyTable } from '../open.js';
import { prepend } from '../source.js';
import { SharedColumns } from './format.js';
import { type FollowIo, isAborted, times, watchFolder } from './io.js';
import { FollowedPath, type FollowedPaths, MatchingPaths, onePath } from './paths.js';
import { namePattern } from './rotation.js';
import { followStream } from './stream.js';

export type { Checkpoint, FollowIo } from './io.js';

/**
 * Opens a file that grows, as `readTable` opens one that is complete; its batches never end. Waits until the first row
 * is there, so also for a file that does not exist yet. CSV and NDJSON, not compressed.
 *
 * - `file` is a name, `-`, or a pattern such as `cdr-%Y%m%d.csv` or `cdr-*.csv` in the file name (a name that exists is none).
 * - Rows under a pattern come in batches that name their `file`; those under a name belong to the table's, also after a rotation.
 * - A batch comes as soon as its lines are written; a line without its end is left. A batch with `caughtUp` and without
 *   rows comes after all that is written now, and once a second while nothing is.
 * - Behind one name stands one file after the other: after a rotation by rename the old one is read to its end first,
 *   after copytruncate the rest in the copy. All have the columns of the table, whatever the order of their own.
 * - `next.source` says which file on the disk a place is in. A checkpoint is kept per `source.id`, with
 *   `source.fingerprint(offset)`; save that of a file (`source.order`) only when all of those before it is done.
 *   `io.checkpoint` gives it back at the start; it is also found under the name that the file was rotated to.
 * - What is wrong later on (a folder in place of the file, no permission, binary data) is reported once by `io.warn`,
 *   and the file is read on when it is right again.
 *
 * The table ends early, without an error, when `io.signal` aborts. Throws UserError for a file that cannot be followed
 * when it is first looked at.
 *
 * @example
 * const table = await followFile('Master.csv', { nameColumns }, { ...io, warn, now, sleep, checkpoint: (id) => saved.get(id) });
 * for await (const { rows, next, caughtUp } of table.batches) {
 *   for (const row of rows) send(row);
 *   const fingerprint = await next?.source?.fingerprint(next.offset);
 *   if (fingerprint !== undefined) saved.set(next.source.id, { parts: [{ offset: next.offset, line: next.line }], fingerprint });
 *   if (caughtUp) releaseCallsThatAreComplete();
 * }
 */
export async function followFile(file: string, options: InputOptions, io: FollowIo): Promise<Table> {
  const shared = new SharedColumns(options, io);
  const batches = await batchesOf(file, shared, io);
  const first = await batches.next();
  const format = shared.first;
  if (first.done === true || format === undefined) return emptyTable(file);
  const { bom: _, reader: __, columns: ___, ...known } = format;
  return { ...known, file, columns: shared.columns, batches: prepend([first.value], batches) };
}

async function batchesOf(file: string, shared: SharedColumns, io: FollowIo): Promise<AsyncGenerator<Batch>> {
  if (file === '-') return followStream(file, io.stdin, shared, io);
  const full = path.resolve(io.cwd, file);
  const stats = await stat(full).catch(() => undefined);
  if (stats !== undefined && !stats.isFile() && !stats.isDirectory())
    return followStream(file, createReadStream(full), shared, io);
  const names = stats === undefined ? namePattern(path.basename(full)) : undefined;
  let order = 0;
  const { note, warn, now, checkpoint } = io;
  const open = (found: string): FollowedPath =>
    new FollowedPath({
      path: found,
      name: found === full ? file : path.join(path.dirname(file), path.basename(found)),
      isMatch: names !== undefined,
      nextOrder: () => order++,
      note,
      warn,
      now,
      shared,
      ...(checkpoint === undefined ? {} : { checkpoint }),
    });
  const folder = path.dirname(full);
  const paths =
    names === undefined ? onePath(full, open) : new MatchingPaths({ file, folder, names, open, note });
  return followPaths(paths, folder, shared, io);
}

/** Reads what is written now, tells that this was all, waits until more is written. */
async function* followPaths(
  paths: FollowedPaths,
  folder: string,
  shared: SharedColumns,
  io: FollowIo,
): AsyncGenerator<Batch> {
  const { isOfInterest } = paths;
  const watch = watchFolder(folder, isOfInterest, io);
  const report = (error: UserError) => {
    if (paths.isRequired && shared.first === undefined && isFirst) throw error;
    io.warn(error.message, error.hint);
  };
  let isFirst = true;
  let isTrusted = false;
  let isPending = false;
  let last: Pick<Batch, 'bytesRead' | 'next'> = { bytesRead: 0 };
  try {
    for (let round = 0; !isAborted(io); round++) {
      const touched = watch.touched();
      // A watch that has told of every write is not deaf: without word from it, files are looked at less often.
      const isDue = touched.size > 0 || !isTrusted || isPending || round % times.trustedLooks === 0;
      for await (const batch of isDue ? paths.look(touched, report) : []) {
        if (isAborted(io)) return;
        last = batch;
        isTrusted = touched.size > 0;
        yield batch;
      }
      isFirst = false;
      isPending = paths.isPending;
      if (shared.first !== undefined && !paths.isHolding) yield caughtUp(last, paths.place);
      await watch.wait(isPending ? times.lookAtRotation : times.look);
    }
  } finally {
    watch.close();
    await paths.close();
  }
}

function caughtUp(
  { bytesRead, next }: Pick<Batch, 'bytesRead' | 'next'>,
  place: RowPlace | undefined,
): Batch {
  const at = next ?? place;
  return { rows: [], bytesRead, caughtUp: true, ...(at === undefined ? {} : { next: at }) };
}
