import type { Database } from './driver.js';

/** The statements on the calls of a namespace. */
export function prepareCalls(database: Database) {
  return {
    insert: database.prepare(
      `INSERT INTO calls (namespace, uuid, state, run, at, hash, billsec) VALUES (?, ?, 0, ?, ?, ?, ?)
       ON CONFLICT DO NOTHING`,
    ),
    find: database.prepare(
      'SELECT state, run, at, reasons, hash, billsec, receipt FROM calls WHERE namespace = ? AND uuid = ?',
    ),
    replace: database.prepare(
      `UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, hash = ?, billsec = ?, receipt = ?
       WHERE namespace = ? AND uuid = ?`,
    ),
    settle: database.prepare(
      'UPDATE calls SET state = ?, run = ?, at = ?, reasons = ?, receipt = ? WHERE namespace = ? AND uuid = ?',
    ),
    remove: database.prepare('DELETE FROM calls WHERE namespace = ? AND uuid = ?'),
    owner: database.prepare('SELECT process FROM runs WHERE id = ? AND finished IS NULL'),
    findDeferral: database.prepare('SELECT tries, next_try FROM deferrals WHERE namespace = ? AND uuid = ?'),
    defer: database.prepare(
      `INSERT INTO deferrals (namespace, uuid, tries, next_try) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET tries = excluded.tries, next_try = excluded.next_try`,
    ),
    endDeferral: database.prepare('DELETE FROM deferrals WHERE namespace = ? AND uuid = ?'),
    change: database.prepare(
      `INSERT INTO changes (namespace, uuid, hash, billsec, at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET hash = excluded.hash, billsec = excluded.billsec, at = excluded.at
       WHERE hash <> excluded.hash`,
    ),
    endChange: database.prepare('DELETE FROM changes WHERE namespace = ? AND uuid = ?'),
  };
}
