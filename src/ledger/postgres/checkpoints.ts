import { createHash } from 'node:crypto';
import type { Checkpoints } from '../../core/ledger-store.js';
import { textOf } from '../cells.js';
import { maxCheckpoints } from '../kept.js';
import { storableText } from './call-table.js';
import type { Connection } from './connection.js';

/**
 * The checkpoints in a ledger. A file is named by what the file system of its host knows it by, and hosts may number theirs
 * alike: the fingerprint in the checkpoint tells such files apart. A reading may be longer than an index takes, so both
 * are looked up by their hash.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints(connection: Connection, now: () => number): Checkpoints {
  const keyOf = (file: string, reading: string) =>
    createHash('sha256')
      .update(JSON.stringify([file, reading]))
      .digest('hex');
  return {
    find: (file, reading) =>
      connection.run(async (query) => {
        const { rows } = await query('SELECT checkpoint FROM amocalls.checkpoints WHERE key = $1', [
          keyOf(file, reading),
        ]);
        return textOf(rows[0], 'checkpoint');
      }),
    save: (file, reading, checkpoint) =>
      connection.transaction(async (query) => {
        await query(
          `INSERT INTO amocalls.checkpoints (key, file, reading, checkpoint, at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (key) DO UPDATE SET checkpoint = excluded.checkpoint, at = excluded.at`,
          [
            keyOf(file, reading),
            storableText(file),
            storableText(reading),
            checkpoint,
            Math.floor(now() / 1000),
          ],
        );
        await query(
          `DELETE FROM amocalls.checkpoints
           WHERE at < (SELECT at FROM amocalls.checkpoints ORDER BY at DESC LIMIT 1 OFFSET $1)`,
          [maxCheckpoints - 1],
        );
      }),
  };
}
