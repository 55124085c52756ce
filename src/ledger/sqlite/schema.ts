// Tables and migrations.

import { UserError } from '../../core/errors.js';
import { numberOf } from '../rows.js';
import { type DatabaseSync, transact } from './driver.js';

/**
 * One entry a version of the file, applied in order; an entry that was released never changes.
 * A call is kept by what the service knows it by. No phone number and no key is ever written here.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE namespaces (
    id INTEGER PRIMARY KEY,
    address TEXT NOT NULL,
    code TEXT NOT NULL,
    account TEXT NOT NULL,
    UNIQUE (address, code, account)
  ) STRICT;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    process TEXT NOT NULL,
    command TEXT NOT NULL,
    profile TEXT,
    files TEXT NOT NULL,
    started INTEGER NOT NULL,
    finished INTEGER,
    exit INTEGER,
    summary TEXT
  ) STRICT;
  CREATE TABLE calls (
    namespace INTEGER NOT NULL,
    uuid TEXT NOT NULL,
    state INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    reasons TEXT,
    PRIMARY KEY (namespace, uuid)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX open_calls ON calls (state) WHERE state IN (0, 3);
  CREATE TABLE paces (
    address TEXT NOT NULL,
    code TEXT NOT NULL,
    rate REAL NOT NULL,
    next_at REAL NOT NULL,
    paused_until REAL NOT NULL,
    used_at REAL NOT NULL,
    PRIMARY KEY (address, code)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE marks (
    file TEXT NOT NULL,
    reading TEXT NOT NULL,
    mark TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (file, reading)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  ALTER TABLE calls ADD COLUMN hash INTEGER;
  ALTER TABLE calls ADD COLUMN billsec INTEGER;
  ALTER TABLE calls ADD COLUMN receipt TEXT;
  CREATE TABLE changes (
    namespace INTEGER NOT NULL,
    uuid TEXT NOT NULL,
    hash INTEGER NOT NULL,
    billsec INTEGER NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (namespace, uuid)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deferrals (
    namespace INTEGER NOT NULL,
    uuid TEXT NOT NULL,
    tries INTEGER NOT NULL,
    next_try INTEGER NOT NULL,
    PRIMARY KEY (namespace, uuid)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE problems (
    id INTEGER PRIMARY KEY,
    namespace INTEGER NOT NULL,
    file TEXT NOT NULL,
    reading INTEGER NOT NULL,
    content INTEGER NOT NULL,
    status TEXT NOT NULL,
    uuid TEXT,
    line INTEGER,
    reasons TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (file, content, reading, namespace)
  ) STRICT;
  `,
  `
  ALTER TABLE runs RENAME TO old_runs;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    process TEXT NOT NULL,
    command TEXT NOT NULL,
    profile TEXT,
    files TEXT NOT NULL,
    started INTEGER NOT NULL,
    heartbeat INTEGER,
    finished INTEGER,
    exit INTEGER,
    summary TEXT
  ) STRICT;
  INSERT INTO runs (id, process, command, profile, files, started, finished, exit, summary)
    SELECT id, process, command, profile, files, started, finished, exit, summary FROM old_runs;
  DELETE FROM sqlite_sequence WHERE name = 'runs';
  INSERT INTO sqlite_sequence (name, seq)
    SELECT 'runs', max(coalesce((SELECT max(id) FROM runs), 0), coalesce((SELECT max(run) FROM calls), 0));
  DROP TABLE old_runs;
  ALTER TABLE calls ADD COLUMN identity INTEGER;
  ALTER TABLE calls ADD COLUMN former TEXT;
  DROP INDEX open_calls;
  CREATE INDEX open_calls ON calls (state, run) WHERE state = 0 OR state = 3 OR state = 5;
  ALTER TABLE paces ADD COLUMN written_at REAL NOT NULL DEFAULT 0;
  ALTER TABLE paces ADD COLUMN reason TEXT;
  UPDATE paces SET written_at = used_at;
  `,
  'CREATE INDEX runs_by_start ON runs (started)',
  `
  ALTER TABLE marks RENAME TO checkpoints;
  ALTER TABLE checkpoints RENAME COLUMN mark TO checkpoint;
  ALTER TABLE calls ADD COLUMN tries INTEGER;
  ALTER TABLE calls ADD COLUMN next_try INTEGER;
  UPDATE calls SET (tries, next_try) = (SELECT tries, next_try FROM deferrals
      WHERE deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid)
    WHERE (namespace, uuid) IN (SELECT namespace, uuid FROM deferrals);
  DROP TABLE deferrals;
  ALTER TABLE calls ADD COLUMN changed_hash INTEGER;
  ALTER TABLE calls ADD COLUMN changed_billsec INTEGER;
  ALTER TABLE calls ADD COLUMN changed_at INTEGER;
  UPDATE calls SET (changed_hash, changed_billsec, changed_at) = (SELECT hash, billsec, at FROM changes
      WHERE changes.namespace = calls.namespace AND changes.uuid = calls.uuid)
    WHERE (namespace, uuid) IN (SELECT namespace, uuid FROM changes);
  DROP TABLE changes;
  CREATE INDEX changed_calls ON calls (changed_at) WHERE changed_at IS NOT NULL;
  CREATE TABLE uuids (key TEXT PRIMARY KEY, uuid TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

/**
 * Brings the file to the newest version, in one transaction.
 *
 * @throws UserError where a newer amocalls wrote it
 */
export function migrate(database: DatabaseSync, file: string): void {
  if (versionOf(database) === migrations.length) return;
  transact(database, () => {
    const version = versionOf(database);
    if (version > migrations.length) {
      throw new UserError(`ledger ${file}: was written by a newer amocalls (version ${version})`, {
        hint: 'Use that version of amocalls, or another file with --ledger.',
      });
    }
    for (const sql of migrations.slice(version)) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function versionOf(database: DatabaseSync): number {
  const row = database.prepare('PRAGMA user_version').get();
  return numberOf(row, 'user_version');
}
