import type { Database } from './driver.js';
import { textOf } from './schema.js';

/** The marks of files: how far each is settled, as JSON text that its writer understands. */
export interface Marks {
  readonly find: (file: string, reading: string) => string | undefined;
  readonly save: (file: string, reading: string, mark: string) => void;
}

/** So many marks are kept, the newest: a rotated file leaves one behind for ever. */
const mostMarks = 1000;

/**
 * Opens the marks in a ledger.
 * A file is named by what stays the same when it is moved, a reading by all that decides what its rows become.
 *
 * @param now milliseconds since 1970
 */
export function openMarks(database: Database, now: () => number): Marks {
  return {
    find: (file, reading) =>
      textOf(
        database.prepare('SELECT mark FROM marks WHERE file = ? AND reading = ?').get(file, reading),
        'mark',
      ),
    save(file, reading, mark) {
      database
        .prepare(
          `INSERT INTO marks (file, reading, mark, at) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET mark = excluded.mark, at = excluded.at`,
        )
        .run(file, reading, mark, Math.floor(now() / 1000));
      database
        .prepare('DELETE FROM marks WHERE at < (SELECT at FROM marks ORDER BY at DESC LIMIT 1 OFFSET ?)')
        .run(mostMarks - 1);
    },
  };
}
