// Tables and migrations.

import { UserError } from '../../core/errors.js';
import { type Connection, query, type Work } from '../database.js';
import { numberOf } from '../rows.js';
import type { DatabaseAddress } from './address.js';

/** The advisory lock under which the schema is made: "amoc", 0. */
const lockClass = 0x616d6f63;

/**
 * One entry a version of the schema, applied in order; an entry that was released never changes.
 * A call is kept by what the service knows it by. No phone number and no key is ever written here. Keys are compared byte
 * by byte (COLLATE "C"), whatever the language of the database.
 */
const migrations: readonly string[] = [
  `
  CREATE TABLE amocalls.namespaces (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    account text COLLATE "C" NOT NULL,
    UNIQUE (address, code, account)
  );
  CREATE TABLE amocalls.runs (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    process text NOT NULL,
    command text NOT NULL,
    profile text,
    files text NOT NULL,
    started bigint NOT NULL,
    finished bigint,
    exit integer,
    summary text
  );
  CREATE TABLE amocalls.calls (
    namespace integer NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    state smallint NOT NULL,
    run integer NOT NULL,
    at bigint NOT NULL,
    reasons text,
    hash bigint,
    billsec bigint,
    receipt text,
    PRIMARY KEY (namespace, uuid)
  );
  CREATE INDEX open_calls ON amocalls.calls (state, run) WHERE state IN (0, 3);
  CREATE TABLE amocalls.changes (
    namespace integer NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    hash bigint NOT NULL,
    billsec bigint NOT NULL,
    at bigint NOT NULL,
    PRIMARY KEY (namespace, uuid)
  );
  CREATE TABLE amocalls.deferrals (
    namespace integer NOT NULL,
    uuid text COLLATE "C" NOT NULL,
    tries integer NOT NULL,
    next_try bigint NOT NULL,
    PRIMARY KEY (namespace, uuid)
  );
  CREATE TABLE amocalls.problems (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    namespace integer NOT NULL,
    file text COLLATE "C" NOT NULL,
    reading bigint NOT NULL,
    content bigint NOT NULL,
    status text NOT NULL,
    uuid text COLLATE "C",
    line bigint,
    reasons text NOT NULL,
    at bigint NOT NULL,
    UNIQUE (content, reading, namespace, file)
  );
  CREATE TABLE amocalls.paces (
    address text COLLATE "C" NOT NULL,
    code text COLLATE "C" NOT NULL,
    rate double precision NOT NULL,
    next_at double precision NOT NULL,
    paused_until double precision NOT NULL,
    used_at double precision NOT NULL,
    PRIMARY KEY (address, code)
  );
  CREATE TABLE amocalls.checkpoints (
    key text COLLATE "C" PRIMARY KEY,
    file text NOT NULL,
    reading text NOT NULL,
    checkpoint text NOT NULL,
    at bigint NOT NULL
  );
  `,
  `
  ALTER TABLE amocalls.runs ADD COLUMN heartbeat bigint;
  ALTER TABLE amocalls.calls ADD COLUMN identity bigint, ADD COLUMN former text;
  DROP INDEX amocalls.open_calls;
  CREATE INDEX open_calls ON amocalls.calls (state, run) WHERE state = 0 OR state = 3 OR state = 5;
  ALTER TABLE amocalls.paces ADD COLUMN written_at double precision NOT NULL DEFAULT 0, ADD COLUMN reason text;
  UPDATE amocalls.paces SET written_at = used_at;
  `,
  'CREATE INDEX runs_by_start ON amocalls.runs (started)',
  // Names of files and readings may be longer than an index takes.
  `
  ALTER TABLE amocalls.checkpoints DROP COLUMN key;
  CREATE UNIQUE INDEX checkpoints_by_name ON amocalls.checkpoints (md5(file), md5(reading));
  CREATE INDEX checkpoints_by_file ON amocalls.checkpoints USING hash (file);
  ALTER TABLE amocalls.calls ADD COLUMN tries integer, ADD COLUMN next_try bigint;
  UPDATE amocalls.calls SET tries = deferrals.tries, next_try = deferrals.next_try FROM amocalls.deferrals
    WHERE deferrals.namespace = calls.namespace AND deferrals.uuid = calls.uuid;
  DROP TABLE amocalls.deferrals;
  ALTER TABLE amocalls.calls ADD COLUMN changed_hash bigint, ADD COLUMN changed_billsec bigint,
    ADD COLUMN changed_at bigint;
  UPDATE amocalls.calls SET changed_hash = changes.hash, changed_billsec = changes.billsec, changed_at = changes.at
    FROM amocalls.changes WHERE changes.namespace = calls.namespace AND changes.uuid = calls.uuid;
  DROP TABLE amocalls.changes;
  CREATE INDEX changed_calls ON amocalls.calls (changed_at) WHERE changed_at IS NOT NULL;
  CREATE TABLE amocalls.uuids (key text COLLATE "C" PRIMARY KEY, uuid text NOT NULL);
  `,
];

/**
 * Makes the schema `amocalls` where there is none, and brings it to the newest version, in one transaction under a lock
 * that other hosts wait for. Says whether there was none.
 *
 * @throws UserError where a newer amocalls made it, or a right lacks
 */
export async function migrate(connection: Connection, address: DatabaseAddress): Promise<boolean> {
  const isCurrent = (await connection.read(versionOf)) === migrations.length;
  return isCurrent ? false : connection.transaction(() => migrateFrom(address));
}

function* migrateFrom({ shown }: DatabaseAddress): Work<boolean> {
  yield* query('SELECT pg_advisory_xact_lock($1, 0)', [lockClass]);
  const version = yield* versionOf();
  if (version > migrations.length) {
    throw new UserError(`ledger ${shown}: was written by a newer amocalls (version ${version})`, {
      hint: 'Use that version of amocalls on every host, or another database.',
    });
  }
  if (version === migrations.length) return false;
  // Asked for first: CREATE … IF NOT EXISTS wants the right to create even where there is nothing to create.
  const spaces = yield* query("SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'amocalls'");
  if (spaces.count === 0) yield* query('CREATE SCHEMA amocalls');
  if (version === 0) yield* query('CREATE TABLE amocalls.version (version integer NOT NULL)');
  for (const sql of migrations.slice(version)) yield* query(sql, [], true);
  yield* query('DELETE FROM amocalls.version');
  yield* query('INSERT INTO amocalls.version VALUES ($1)', [migrations.length]);
  return version === 0;
}

/** The version of the schema; 0 where there is no ledger yet. The catalogue is asked, since a table that is not there would be a failure. */
export function* versionOf(): Work<number> {
  const { count } = yield* query(
    `SELECT 1 FROM pg_catalog.pg_class AS class JOIN pg_catalog.pg_namespace AS space ON space.oid = class.relnamespace
     WHERE space.nspname = 'amocalls' AND class.relname = 'version'`,
  );
  if (count === 0) return 0;
  const { rows } = yield* query('SELECT version FROM amocalls.version');
  return numberOf(rows[0], 'version');
}
