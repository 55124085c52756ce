import type { Checkpoints } from '../../core/ledger-store.js';
import { textOf } from '../cells.js';
import { maxCheckpoints } from '../kept.js';
import type { Connections } from './connections.js';

/**
 * The checkpoints in a ledger.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints({ durable, guarded }: Connections, now: () => number): Checkpoints {
  function find(file: string, reading: string): string | undefined {
    const row = durable.prepare('SELECT mark FROM marks WHERE file = ? AND reading = ?').get(file, reading);
    return textOf(row, 'mark');
  }

  function save(file: string, reading: string, checkpoint: string): void {
    durable
      .prepare(
        `INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET mark = excluded.mark, at = excluded.at`,
      )
      .run(file, reading, checkpoint, Math.floor(now() / 1000));
    durable
      .prepare('DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?)')
      .run(maxCheckpoints - 1);
  }

  return {
    find: (...key) => guarded(() => find(...key)),
    save: (...checkpoint) => guarded(() => save(...checkpoint)),
  };
}
