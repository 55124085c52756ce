// The checkpoints of files.

import type { Checkpoints } from '../core/ledger-store.js';
import { type Connection, type Dialect, query, type Work } from './database.js';
import { textOf } from './rows.js';

/** So many checkpoints are kept, the newest: a folder to which a file a minute is written for two months. */
const maxCheckpoints = 100_000;

const prune =
  'DELETE FROM checkpoints WHERE at < (SELECT at FROM checkpoints ORDER BY at DESC LIMIT 1 OFFSET $1)';

/**
 * The checkpoints in a ledger.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints(
  connection: Connection,
  { storable, beginsWith }: Dialect,
  now: () => number,
): Checkpoints {
  const find = `SELECT file, reading, checkpoint FROM checkpoints
    WHERE ${beginsWith('file', '$1')} AND (file, reading) > ($2, $3) ORDER BY file, reading LIMIT 1000`;
  return {
    list: (prefix, after) =>
      connection.transaction(function* () {
        if (after === undefined) yield* query(prune, [maxCheckpoints - 1]);
        const { file = '', reading = '' } = after ?? {};
        const { rows } = yield* query(find, [storable(prefix), storable(file), storable(reading)]);
        return rows.map((row) => ({
          file: textOf(row, 'file') ?? '',
          reading: textOf(row, 'reading') ?? '',
          checkpoint: textOf(row, 'checkpoint') ?? '',
        }));
      }),
    save: (changes) =>
      connection.transaction(function* () {
        const at = Math.floor(now() / 1000);
        for (const { file, reading, checkpoint } of changes) {
          const name = [storable(file), storable(reading)];
          // Where another process writes it at the same moment, its row is seen, and written over, the second time.
          for (let isWritten = false; !isWritten; ) {
            yield* query('DELETE FROM checkpoints WHERE file = $1 AND reading = $2', name);
            isWritten = checkpoint === undefined || (yield* addCheckpoint(name, checkpoint, at)) === 1;
          }
        }
      }),
  };
}

/** Adds a checkpoint where there is none of that file and reading; gives 1 where it did. `at` in unix seconds. */
export function* addCheckpoint(name: readonly string[], checkpoint: string, at: number): Work<number> {
  const insert = `INSERT INTO checkpoints (file, reading, checkpoint, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING`;
  return (yield* query(insert, [...name, checkpoint, at])).count;
}
