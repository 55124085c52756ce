// The file of a ledger: made, told from the databases of others, still the one of that name.

import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { numberOf, textOf } from '../rows.js';
import type { DatabaseSync, Driver } from './driver.js';

/** Marks a SQLite file as a ledger (`PRAGMA application_id`): "amoc". */
const applicationId = 0x616d6f63;

/** A file as its file system knows it. */
type Identity = Pick<Stats, 'dev' | 'ino'>;

/** A file of a ledger that is there. */
export interface LedgerFile {
  readonly name: string;
  /** Whether there was none before. */
  readonly isNew: boolean;
  /**
   * Looks whether the file of that name is still the one that was opened.
   *
   * @throws UserError where it was removed or replaced
   */
  readonly assertNamed: () => void;
}

/** Whether a file of that name holds something; an empty file is none yet. */
export function isThere(name: string): boolean {
  return (statSync(name, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * Makes the file of a ledger where there is none, readable by its owner alone.
 *
 * @throws UserError where it is no regular file, or a database of something else
 */
export function makeLedgerFile(name: string, { DatabaseSync }: Driver): LedgerFile {
  const isNew = !isThere(name);
  if (isNew) makeFolder(path.dirname(name));
  const file = openSync(name, isNew ? 'a+' : 'r', 0o600);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) {
      throw new UserError(`ledger ${name}: is not a regular file`, {
        hint: 'Name another file with --ledger.',
      });
    }
    const header = Buffer.alloc(headerBytes);
    if (readSync(file, header, 0, headerBytes, 0) === headerBytes && isForeign(header)) throw foreign(name);
    if (needsLook(header)) lookAt(name, DatabaseSync);
    return { name, isNew, assertNamed: () => assertNamed(name, found) };
  } finally {
    closeSync(file);
  }
}

function assertNamed(name: string, { dev, ino }: Identity): void {
  const now = statSync(name, { throwIfNoEntry: false });
  if (now?.dev === dev && now.ino === ino) return;
  const what = now === undefined ? 'removed' : 'replaced';
  throw new UserError(`ledger ${name}: was ${what} while it was in use`, {
    hint: 'Nothing more was sent. Put the file back before the next run, since another ledger does not know what was sent.',
  });
}

/*
 * The header of a SQLite file (https://sqlite.org/fileformat2.html#the_database_header): the number of the schema at 40, the
 * user version at 60, the application id at 68. It is read without SQLite, which would write to the file of somebody else
 * when it closes it.
 */
const headerBytes = 100;
const idOf = (header: Buffer) => header.readUInt32BE(68);
const versionOf = (header: Buffer) => header.readUInt32BE(60);
const hasTables = (header: Buffer) => header.readUInt32BE(40) !== 0;
const isSqlite = (header: Buffer) => header.toString('latin1', 0, 16) === 'SQLite format 3\0';

/** Whether a header is surely that of another program's database. */
function isForeign(header: Buffer): boolean {
  if (!isSqlite(header) || idOf(header) === applicationId) return false;
  return idOf(header) !== 0 || (hasTables(header) && versionOf(header) === 0);
}

/** Whether a header may be that of a ledger of before version 3, which bore no mark. */
function needsLook(header: Buffer): boolean {
  return isSqlite(header) && idOf(header) === 0 && hasTables(header);
}

function lookAt(name: string, DatabaseSync: Driver['DatabaseSync']): void {
  const database = new DatabaseSync(name, { readOnly: true });
  try {
    assertLedger(database, name);
  } finally {
    database.close();
  }
}

/** Marks an open database as a ledger, where it is one of an older amocalls, or has nothing in it yet. */
export function markLedger(database: DatabaseSync, name: string): void {
  if (!assertLedger(database, name)) database.exec(`PRAGMA application_id = ${applicationId}`);
}

/**
 * Looks whether an open database is a ledger, or has nothing in it yet; true where it is marked as one.
 *
 * @throws UserError where it is the database of something else
 */
function assertLedger(database: DatabaseSync, name: string): boolean {
  const id = numberOf(database.prepare('PRAGMA application_id').get(), 'application_id');
  if (id === applicationId) return true;
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
    .all()
    .map((row) => textOf(row, 'name'));
  const isOld = ['namespaces', 'runs', 'calls', 'paces'].every((table) => tables.includes(table));
  if (id !== 0 || (tables.length > 0 && !isOld)) throw foreign(name);
  return false;
}

function foreign(name: string): UserError {
  return new UserError(`ledger ${name}: is a database of another program; it was not changed`, {
    hint: 'Name another file with --ledger. If it does not exist, the first run creates it.',
  });
}

/** Makes a folder and those above it. Node's own `recursive` never returns where a folder cannot be made (/proc). */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(path.dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!existsSync(folder)) throw error; // another process was quicker
  }
}
