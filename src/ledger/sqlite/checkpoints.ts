// The checkpoints of files.

import type { CheckpointChange, Checkpoints, SavedCheckpoint } from '../../core/ledger-store.js';
import { afterPrefix, maxCheckpoints, textOf } from '../rows.js';
import type { Connections } from './connections.js';

/**
 * The checkpoints in a ledger.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints({ durable, guarded, commit }: Connections, now: () => number): Checkpoints {
  function list(prefix: string): readonly SavedCheckpoint[] {
    durable
      .prepare('DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?)')
      .run(maxCheckpoints - 1);
    const rows = durable
      .prepare('SELECT file, reading, mark FROM marks WHERE file >= ? AND file < ?')
      .all(prefix, afterPrefix(prefix));
    return rows.map((row) => ({
      file: textOf(row, 'file') ?? '',
      reading: textOf(row, 'reading') ?? '',
      checkpoint: textOf(row, 'mark') ?? '',
    }));
  }

  function save(changes: readonly CheckpointChange[]): void {
    const write = durable.prepare(
      `INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET mark = excluded.mark, at = excluded.at`,
    );
    const remove = durable.prepare('DELETE FROM marks WHERE file = ? AND reading = ?');
    for (const { file, reading, checkpoint } of changes) {
      if (checkpoint === undefined) remove.run(file, reading);
      else write.run(file, reading, checkpoint, Math.floor(now() / 1000));
    }
  }

  return {
    list: (prefix) => guarded(() => list(prefix)),
    save: (changes) => commit(() => save(changes)),
  };
}
