// The checkpoints of files.

import type { Checkpoints } from '../core/ledger-store.js';
import { type Connection, type Dialect, query } from './database.js';
import { textOf } from './rows.js';

/** So many checkpoints are kept, the newest: a folder to which a file a minute is written for two months. */
const maxCheckpoints = 100_000;

/**
 * The checkpoints in a ledger.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints(
  connection: Connection,
  { checkpoints, storable }: Dialect,
  now: () => number,
): Checkpoints {
  const { prune, find, insert, update, remove, keyOf, valuesOf } = checkpoints;
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
          if (checkpoint === undefined) yield* query(remove, keyOf({ file, reading }));
          else yield* query(`${insert} ${update}`, valuesOf({ file, reading, checkpoint, at }));
        }
      }),
  };
}
