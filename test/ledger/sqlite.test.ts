import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { LedgerDeps } from '../../src/core/ledger-store.js';
import { type Database, query } from '../../src/ledger/database.js';
import { createStore } from '../../src/ledger/database-ledger.js';
import { openDatabase } from '../../src/ledger/sqlite/database.js';
import { loadDriver } from '../../src/ledger/sqlite/driver.js';
import { entryOf } from '../delivery/world.js';
import { placeOfFile, runOf, testClock } from './engines.js';

async function open(file = placeOfFile(), patienceMs = 50): Promise<Database> {
  const database = await openDatabase(file, { user: undefined }, patienceMs);
  onTestFinished(database.close);
  return database;
}

describe('the file', () => {
  test('is readable by its owner alone', async () => {
    const { name } = await open();
    for (const file of [name, `${name}-wal`]) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['is no ledger', 'not a database, but a text of some length', /is damaged or is not a ledger/],
    ['stands in a folder that is a file', undefined, /cannot be opened/],
  ])('that %s is refused with a word on what to do', async (_name, content, message) => {
    const name = placeOfFile();
    writeFileSync(path.dirname(name), '');
    const file = content === undefined ? name : path.dirname(name);
    if (content !== undefined) writeFileSync(file, content.repeat(100));
    const failure = await openDatabase(file, { user: undefined }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.any(String),
      exitCode: 2,
    });
  });

  test('that another process is just making is waited for', async () => {
    const name = placeOfFile();
    mkdirSync(path.dirname(name));
    const { DatabaseSync } = await loadDriver();
    const other = new DatabaseSync(name);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE; CREATE TABLE other (id)');
    const opening = open(name, 50);
    // The patience of the one that waits blocks the event loop, so its second try comes after this.
    setImmediate(() => other.exec('ROLLBACK'));
    expect((await opening).name).toBe(name);
  });

  test.each([
    ['with tables', 'CREATE TABLE cdr (a)'],
    ['with a mark of its own', 'PRAGMA application_id = 1'],
    ['that is used right now', 'PRAGMA journal_mode = WAL; CREATE TABLE cdr (a); PRAGMA user_version = 2'],
  ])('of something else, %s, is refused and left as it is', async (_name, sql) => {
    const name = placeOfFile();
    mkdirSync(path.dirname(name));
    const { DatabaseSync } = await loadDriver();
    const other = new DatabaseSync(name);
    onTestFinished(() => other.close());
    other.exec(sql);
    const before = readFileSync(name);
    await expect(openDatabase(name, { user: undefined })).rejects.toThrow(/is a database of another program/);
    expect(readFileSync(name)).toEqual(before);
    expect(other.prepare('PRAGMA application_id').get()).not.toEqual({ application_id: 0x616d6f63 });
  });

  test.each(['a folder', 'a device'])('that is %s is refused', async (what) => {
    const name = what === 'a device' ? '/dev/null' : path.dirname(placeOfFile());
    if (what === 'a folder') mkdirSync(name);
    await expect(openDatabase(name, { user: undefined })).rejects.toThrow(UserError);
  });

  test.each([
    ['removed', (name: string) => rmSync(name)],
    ['replaced', (name: string) => renameSync(name, `${name}.old`)],
  ])('that is %s while it is in use takes nothing more', async (what, act) => {
    const database = await open();
    const mine = await runOf({ open: async (deps) => createStore(database, deps) }, 'mine');
    const policy = { accepted: false, unconfirmed: false, changed: false };
    expect(await mine.claim([entryOf('a').call], policy)).toEqual(['ours']);
    act(database.name);
    if (what === 'replaced') await open(database.name);
    await expect(mine.claim([entryOf('b').call], policy)).rejects.toThrow(`was ${what} while it was in use`);
  });

  test('of a newer amocalls is refused', async () => {
    const name = placeOfFile();
    await (await open(name)).durable.read(() => query('PRAGMA user_version = 99'));
    await expect(openDatabase(name, { user: undefined })).rejects.toThrow(
      /was written by a newer amocalls \(version 99\)/,
    );
  });

  test('of version 1 opens, keeps all that it knows, and takes its calls for unchanged', async () => {
    const name = placeOfFile();
    mkdirSync(path.dirname(name));
    copyFileSync(fileURLToPath(new URL('../../fixtures/ledger/version-1.db', import.meta.url)), name);
    const database = await open(name);
    expect(await database.durable.read(() => query('PRAGMA application_id'))).toMatchObject({
      rows: [{ application_id: 0x616d6f63 }],
    });
    const run = await runOf({ open: async (deps) => createStore(database, deps) }, 'mine', {
      seeProcess: () => 'gone',
    });
    const { history, checkpoints } = run.store;
    const uuids = ['accepted', 'rejected', 'unconfirmed', 'in-flight'];
    const calls = uuids.map((uuid) => ({ ...entryOf(uuid, '1').call, billsec: 99 }));
    const policy = { accepted: false, unconfirmed: false, changed: false };
    expect(await run.lookup(calls, policy)).toEqual(['accepted', 'ours', 'unconfirmed', 'unconfirmed']);
    expect(await run.claim(calls, { ...policy, changed: true })).toEqual([
      'accepted',
      'ours',
      'unconfirmed',
      'unconfirmed',
    ]);
    expect(await checkpoints.list('1:')).toEqual([
      { file: '1:2', reading: 'a reading', checkpoint: '{"mark":1}' },
    ]);
    expect(await history.lastRuns()).toMatchObject([
      { id: 2, state: 'died' },
      { id: 1, state: 'ended', exit: 3, files: ['calls.csv'], summary: '{"read":4}', profile: 'main' },
    ]);
    expect(await history.findCalls(['unconfirmed'])).toMatchObject([{ reasons: ['time-out'], run: 1 }]);
    await run.settle('1', [{ uuid: 'rejected', state: 'accepted' }]);
    const later = await runOf({ open: async (deps) => createStore(database, deps) }, 'later');
    expect(await later.lookup([{ ...entryOf('rejected', '1').call, billsec: 1 }], policy)).toEqual([
      { sentBillsec: 99 },
    ]);
  });

  test('of version 4 opens, and keeps when a call is tried again and which one came changed', async () => {
    const name = placeOfFile();
    mkdirSync(path.dirname(name));
    copyFileSync(fileURLToPath(new URL('../../fixtures/ledger/version-4.db', import.meta.url)), name);
    const database = await open(name);
    const { store } = await runOf({ open: async (deps) => createStore(database, deps) }, 'later');
    const found = await store.history.findCalls(['u1', 'u2', 'c1', 'f1']);
    expect(Object.fromEntries(found.map((call) => [call.uuid, call]))).toMatchObject({
      u1: { state: 'waiting', nextTry: 1795996544, changed: undefined },
      u2: { state: 'accepted', nextTry: undefined, receipt: { note_id: 100001 } },
      c1: { state: 'accepted', billsec: 30, changed: { billsec: 33, at: 1795996484 } },
      f1: { state: 'unconfirmed', reasons: ['the answer did not name this uuid'] },
    });
    expect(await store.checkpoints.list('/srv/calls/a.csv')).toHaveLength(3);
  });

  test('that another process has locked is not waited for for ever', async () => {
    const database = await open();
    const { DatabaseSync } = await loadDriver();
    const other = new DatabaseSync(database.name);
    onTestFinished(() => other.close());
    const mine = await runOf({ open: async (deps) => createStore(database, deps) }, 'mine');
    const calls = [entryOf('a').call];
    const policy = { accepted: false, unconfirmed: false, changed: false };
    other.exec('BEGIN EXCLUSIVE');
    await expect(mine.claim(calls, policy)).rejects.toThrow(/another process has it locked/);
    await expect(mine.reserveSlot(5)).rejects.toThrow(/another process has it locked/);
    other.exec('ROLLBACK');
    expect(await mine.claim(calls, policy)).toEqual(['ours']);
  });

  test.each([
    ['takes', 0],
    ['takes, and has forgotten,', 1],
  ])('tells a run whose claim another one %s since its clock is wrong', async (_, forgetting) => {
    const database = await open();
    const place = { open: async (deps: LedgerDeps) => createStore(database, deps) };
    const seeProcess = () => 'unseen' as const;
    const calls = [entryOf('a').call];
    const mine = await runOf(place, 'mine', { seeProcess });
    const policy = { accepted: false, unconfirmed: false, changed: false };
    expect(await mine.claim(calls, policy)).toEqual(['ours']);
    expect(await mine.confirmClaims('1000', ['a'])).toEqual([]);
    const ahead = () => testClock() + 3 * 3_600_000;
    const other = await runOf(place, 'other', { seeProcess, now: ahead });
    expect(await other.claim(calls, { ...policy, unconfirmed: true })).toEqual(['ours']);
    if (forgetting > 0) await other.store.history.forget(ahead() / 1000);
    expect(await mine.confirmClaims('1000', ['a'])).toMatchObject([{ uuid: 'a', lostTo: { run: other.id } }]);
    expect(await other.confirmClaims('1000', ['a'])).toEqual([]);
  });
});
