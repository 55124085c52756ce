// The checkpoints of files.

import { createHash } from 'node:crypto';
import type { CheckpointChange, Checkpoints } from '../../core/ledger-store.js';
import { maxCheckpoints, textOf } from '../rows.js';
import { storableText } from './call-table.js';
import type { Connection } from './connection.js';

/**
 * The checkpoints in a ledger. A reading may be longer than an index takes, so that a row is found by the hash of file and
 * reading; the few that begin like a name are looked for in all of them.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints(connection: Connection, now: () => number): Checkpoints {
  return {
    list: (prefix) =>
      connection.transaction(async (query) => {
        await query(
          `DELETE FROM amocalls.checkpoints
           WHERE at < (SELECT at FROM amocalls.checkpoints ORDER BY at DESC LIMIT 1 OFFSET $1)`,
          [maxCheckpoints - 1],
        );
        const { rows } = await query(
          'SELECT file, reading, checkpoint FROM amocalls.checkpoints WHERE starts_with(file, $1)',
          [storableText(prefix)],
        );
        return rows.map((row) => ({
          file: textOf(row, 'file') ?? '',
          reading: textOf(row, 'reading') ?? '',
          checkpoint: textOf(row, 'checkpoint') ?? '',
        }));
      }),
    save: (changes) =>
      connection.transaction(async (query) => {
        const gone = changes.filter(({ checkpoint }) => checkpoint === undefined);
        const kept = changes.flatMap((change) => (change.checkpoint === undefined ? [] : [change]));
        await query('DELETE FROM amocalls.checkpoints WHERE key = ANY($1)', [gone.map(checkpointKey)]);
        await query(
          `INSERT INTO amocalls.checkpoints (key, file, reading, checkpoint, at)
           SELECT key, file, reading, checkpoint, $5
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS kept (key, file, reading, checkpoint)
           ON CONFLICT (key) DO UPDATE SET checkpoint = excluded.checkpoint, at = excluded.at`,
          [
            kept.map(checkpointKey),
            kept.map(({ file }) => storableText(file)),
            kept.map(({ reading }) => storableText(reading)),
            kept.map(({ checkpoint = null }) => checkpoint),
            Math.floor(now() / 1000),
          ],
        );
      }),
  };
}

/** By what a checkpoint is found. */
export function checkpointKey({ file, reading }: Pick<CheckpointChange, 'file' | 'reading'>): string {
  return createHash('sha256')
    .update(JSON.stringify([file, reading]))
    .digest('hex');
}
