import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Call } from '../../src/core/call.js';
import { UserError } from '../../src/core/errors.js';
import { findCalls, unconfirmedCalls } from '../../src/ledger/sqlite/call-history.js';
import { loadDriver } from '../../src/ledger/sqlite/driver.js';
import { openLedger } from '../../src/ledger/sqlite/ledger.js';
import { type LedgerFile, openLedgerFile } from '../../src/ledger/sqlite/ledger-file.js';
import { beginRun, endRun } from '../../src/ledger/sqlite/runs.js';
import { entryOf } from '../delivery/world.js';

/** Calls of an account with these uuids. */
function callsOf(account: string, uuids: readonly string[]): readonly Call[] {
  return uuids.map((uuid) => entryOf(uuid, account).call);
}

const now = () => 1_700_000_000_000;
const hold = { accepted: false, unconfirmed: false };
const resend = { accepted: false, unconfirmed: true };

function place(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-ledger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'state', 'ledger.db');
}

async function open(name = place(), patienceMs = 50): Promise<LedgerFile> {
  const file = await openLedgerFile(name, patienceMs);
  onTestFinished(file.close);
  return file;
}

/** A run of a process; `alive` are the names of those that run now. */
function run(file: LedgerFile, process: string, alive: readonly string[] = []) {
  const id = beginRun(file.durable, {
    process,
    command: 'import',
    profile: undefined,
    files: [],
    started: 1,
  });
  const ledger = openLedger(file, {
    ...{ address: 'http://127.0.0.1', code: 'c', run: id, now },
    isAlive: (name) => alive.includes(name),
  });
  return { id, ...ledger };
}

describe('a claim', () => {
  test('is waited for while its process lives, and unconfirmed when it died', async () => {
    const file = await open();
    await run(file, 'first').claim(callsOf('1', ['a']), hold);
    expect(await run(file, 'second', ['first']).claim(callsOf('1', ['a', 'b']), hold)).toEqual([
      'busy',
      'ours',
    ]);
    const third = run(file, 'third');
    expect(await third.lookup(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
    expect(await third.claim(callsOf('1', ['a', 'b', 'c', 'c']), hold)).toEqual([
      'unconfirmed',
      'unconfirmed',
      'ours',
      'repeated',
    ]);
    expect(unconfirmedCalls(file.durable).map(({ uuid, reasons }) => [uuid, reasons.length])).toEqual([
      ['a', 1],
      ['b', 1],
      ['c', 0],
    ]);
  });

  test('of a process that dies meanwhile is unconfirmed, for whoever comes or is there already', async () => {
    const file = await open();
    const alive = ['first'];
    await run(file, 'first').claim(callsOf('1', ['a', 'b']), hold);
    const second = run(file, 'second', alive);
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual(['busy']);
    alive.pop();
    expect(await second.claim(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
    run(file, 'third');
    expect(unconfirmedCalls(file.durable)).toMatchObject([
      { uuid: 'a', state: 'unconfirmed', reasons: ['the process that sent it died before the answer came'] },
      { uuid: 'b', state: 'unconfirmed', reasons: ['the process that sent it died before the answer came'] },
    ]);
  });

  test('of a run that has ended is not busy, even if its process lives on', async () => {
    const file = await open();
    const first = run(file, 'me');
    await first.claim(callsOf('1', ['a']), hold);
    endRun(file.durable, first.id, { finished: 2, exit: 2, summary: '{}' });
    expect(await run(file, 'me', ['me']).claim(callsOf('1', ['a']), hold)).toEqual(['unconfirmed']);
  });

  test('that is given back leaves the call as it was, reasons included', async () => {
    const file = await open();
    const first = run(file, 'first');
    await first.claim(callsOf('1', ['a', 'b', 'c']), hold);
    await first.settle('1', [
      { uuid: 'a', state: 'unconfirmed', reasons: ['time-out'] },
      { uuid: 'b', state: 'rejected', reasons: ['no'] },
      { uuid: 'c', state: 'unsent' },
    ]);
    const before = findCalls(file.durable, ['a', 'b', 'c']);
    expect(before.map(({ uuid }) => uuid)).toEqual(['a', 'b']);
    const second = run(file, 'second');
    expect(await second.claim(callsOf('1', ['a', 'b', 'c']), resend)).toEqual(['ours', 'ours', 'ours']);
    await second.settle('1', [
      { uuid: 'a', state: 'unsent' },
      { uuid: 'b', state: 'unsent' },
      { uuid: 'c', state: 'unsent' },
    ]);
    expect(findCalls(file.durable, ['a', 'b', 'c'])).toEqual(before);
  });

  test('belongs to an address, a code and an account: the same uuid elsewhere is another call', async () => {
    const file = await open();
    const first = run(file, 'first');
    await first.claim(callsOf('1', ['a']), hold);
    await first.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const second = run(file, 'second');
    expect(await second.lookup(callsOf('1', ['a']), hold)).toEqual(['accepted']);
    expect(await second.lookup(callsOf('2', ['a']), hold)).toEqual(['ours']);
    expect(await second.lookup(callsOf('1', ['a']), { accepted: true, unconfirmed: false })).toEqual([
      'ours',
    ]);
  });
});

describe('the file', () => {
  test('is readable by its owner alone', async () => {
    const file = await open();
    for (const name of [file.name, `${file.name}-wal`]) expect(statSync(name).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['is no ledger', 'not a database, but a text of some length', /damaged, or no ledger/],
    ['stands in a folder that is a file', undefined, /cannot be opened/],
  ])('that %s is refused with a word on what to do', async (_name, content, message) => {
    const name = place();
    writeFileSync(path.dirname(name), '');
    const file = content === undefined ? name : path.dirname(name);
    if (content !== undefined) writeFileSync(file, content.repeat(100));
    const failure = await openLedgerFile(file).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({
      message: expect.stringMatching(message),
      hint: expect.any(String),
      exit: 2,
    });
  });

  test('that another process is just making is waited for', async () => {
    const name = place();
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

  test('of a newer amocalls is refused', async () => {
    const name = place();
    (await open(name)).durable.exec('PRAGMA user_version = 99');
    await expect(openLedgerFile(name)).rejects.toThrow(/was written by a newer amocalls \(version 99\)/);
  });

  test('that another process has locked is not waited for for ever', async () => {
    const file = await open();
    const { DatabaseSync } = await loadDriver();
    const other = new DatabaseSync(file.name);
    onTestFinished(() => other.close());
    const mine = run(file, 'mine');
    other.exec('BEGIN EXCLUSIVE');
    await expect(mine.claim(callsOf('1', ['a']), hold)).rejects.toThrow(/another process has it locked/);
    await expect(mine.reserveSlot(5)).rejects.toThrow(/another process has it locked/);
    other.exec('ROLLBACK');
    expect(await mine.claim(callsOf('1', ['a']), hold)).toEqual(['ours']);
  });
});
