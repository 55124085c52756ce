import type { Database } from './driver.js';
import { textOf } from './schema.js';

/** The checkpoints of files: how far each is done, as JSON text that its writer understands. */
export interface Checkpoints {
  readonly find: (file: string, reading: string) => string | undefined;
  readonly save: (file: string, reading: string, checkpoint: string) => void;
}

/** So many checkpoints are kept, the newest: a rotated file leaves one behind for ever. */
const maxCheckpoints = 1000;

/**
 * Opens the checkpoints in a ledger.
 * A file is named by what stays the same when it is moved, a reading by all that decides what its rows become.
 *
 * @param now milliseconds since 1970
 */
export function openCheckpoints(database: Database, now: () => number): Checkpoints {
  return {
    find: (file, reading) =>
      textOf(
        database.prepare('SELECT mark FROM marks WHERE file = ? AND reading = ?').get(file, reading),
        'mark',
      ),
    save(file, reading, checkpoint) {
      database
        .prepare(
          `INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET mark = excluded.mark, at = excluded.at`,
        )
        .run(file, reading, checkpoint, Math.floor(now() / 1000));
      database
        .prepare('DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?)')
        .run(maxCheckpoints - 1);
    },
  };
}
