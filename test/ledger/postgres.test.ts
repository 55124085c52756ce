import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import type { LedgerDeps, LedgerStore } from '../../src/core/ledger-store.js';
import { createStore } from '../../src/ledger/database-ledger.js';
import { parseAddress } from '../../src/ledger/postgres/address.js';
import { openDatabase } from '../../src/ledger/postgres/database.js';
import { databaseError } from '../../src/ledger/postgres/errors.js';
import { findLedgerStore, openLedgerStore } from '../../src/ledger/store.js';
import { entryOf } from '../delivery/world.js';
import { hasPooler, layCable, noPooler, noPostgres, sharedPostgres, startPooler } from '../setup/postgres.js';
import { hasPostgres } from '../setup/postgres-server.mjs';
import { runOf, testClock } from './engines.js';

const server = sharedPostgres();
const hold = { accepted: false, unconfirmed: false, changed: false };
const deps: LedgerDeps = { now: testClock, processName: 'a process', seeProcess: () => 'unseen' };
const [a, b] = ['a', 'b'].map((uuid) => entryOf(uuid, '1').call);
const calls = [a, b].filter((call) => call !== undefined);

async function opened(address: string, more: Partial<LedgerDeps> = {}, timeoutMs?: number) {
  const all = { ...deps, ...more };
  const store: LedgerStore = createStore(await openDatabase(address, all, timeoutMs), all);
  onTestFinished(store.close);
  return store;
}

/** The address through another port. */
function through(address: string, port: number): string {
  const url = new URL(address);
  url.port = String(port);
  return url.href;
}

describe('a database', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));

  test('is given its schema by the first of those that open it at the same moment', async () => {
    const address = await (await server()).newDatabase();
    const stores = await Promise.all([1, 2, 3, 4].map(() => opened(address)));
    expect(stores.filter(({ isNew }) => isNew).length).toBe(1);
  });

  test('of a newer amocalls is refused', async () => {
    const { newDatabase, query } = await server();
    const address = await newDatabase();
    await opened(address);
    await query('UPDATE amocalls.version SET version = 99', new URL(address).pathname.slice(1));
    await expect(opened(address)).rejects.toThrow(/was written by a newer amocalls \(version 99\)/);
  });

  test('of version 3 keeps its checkpoints, and what stood beside its calls', async () => {
    const { newDatabase, query } = await server();
    const address = await newDatabase();
    const saved = { file: '/calls.csv', reading: 'a reading', checkpoint: '{}' };
    const first = await runOf({ open: () => opened(address) }, 'first');
    await first.store.checkpoints.save([saved]);
    await first.claim(calls, hold);
    await first.settle('1', [
      { uuid: 'a', state: 'accepted' },
      { uuid: 'b', state: 'waiting' },
    ]);
    await query(
      `DROP INDEX amocalls.checkpoints_by_name, amocalls.checkpoints_by_file;
       ALTER TABLE amocalls.checkpoints ADD COLUMN key text COLLATE "C" PRIMARY KEY DEFAULT 'a key';
       ALTER TABLE amocalls.calls DROP COLUMN tries, DROP COLUMN next_try,
         DROP COLUMN changed_hash, DROP COLUMN changed_billsec, DROP COLUMN changed_at;
       CREATE TABLE amocalls.deferrals AS SELECT namespace, uuid, 7 AS tries, 2000000000 AS next_try
         FROM amocalls.calls WHERE uuid = 'b';
       CREATE TABLE amocalls.changes AS SELECT namespace, uuid, 1 AS hash, 99 AS billsec, at
         FROM amocalls.calls WHERE uuid = 'a';
       DROP TABLE amocalls.uuids;
       UPDATE amocalls.version SET version = 3`,
      new URL(address).pathname.slice(1),
    );
    const { checkpoints, history } = await opened(address);
    expect(await history.changedCalls()).toMatchObject([{ uuid: 'a', changed: { billsec: 99 } }]);
    expect(await history.waitingCalls()).toMatchObject([{ uuid: 'b', nextTry: 2_000_000_000 }]);
    expect(await checkpoints.list('/calls')).toEqual([saved]);
    await checkpoints.save([{ ...saved, checkpoint: '{"done":1}' }]);
    expect(await checkpoints.list('')).toEqual([{ ...saved, checkpoint: '{"done":1}' }]);
  });

  test('that lacks, refuses or cannot be reached is named, its password masked, with what to do', async () => {
    const { newDatabase, query, port } = await server();
    const address = await newDatabase();
    await query("CREATE ROLE guest LOGIN PASSWORD 'sesame'");
    const failures = [
      [`postgres://postgres:sesame@127.0.0.1:${port}/none`, /there is no such database/, /createdb/],
      [
        address.replace('postgres@', 'guest:sesame@'),
        /the user lacks a permission/,
        /GRANT CREATE ON DATABASE/,
      ],
      [`postgres://nobody-known:sesame@127.0.0.1:${port}/postgres`, /refuses this user/, /PGPASSWORD/],
      ['postgres://u:sesame@127.0.0.1:1/db', /cannot be reached: .*ECONNREFUSED/, /runs there/],
      [`${address.replace('disable', 'require')}`, /does not offer TLS/, /sslmode=disable/],
      ['postgres://u:sesame@h/db?password=x', /parameter password/, /ledger_file/],
      ['postgres://u:ses#ame@h:x/db', /is not the address/, /percent-encoded/],
    ] as const;
    for (const [where, message, hint] of failures) {
      const failure = await openLedgerStore(where, deps).catch((error: unknown) => error);
      expect(failure).toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
        exitCode: 2,
      });
      expect(String(failure)).not.toMatch(/ses.?ame/);
    }
  });

  test('claims each call once for runs that claim the same ones in any order', async () => {
    const address = await (await server()).newDatabase();
    const all = Array.from({ length: 200 }, (_, at) => entryOf(`call-${at}`, '1').call);
    const runs = await Promise.all([1, 2, 3, 4].map(() => runOf({ open: () => opened(address) }, 'one')));
    const claims = await Promise.all(
      runs.map(({ claim }, at) => claim(at % 2 === 0 ? all : [...all].reverse(), hold)),
    );
    const ours = claims.flat().filter((claim) => claim === 'ours');
    const busy = claims.flat().filter((claim) => claim === 'busy');
    expect([ours.length, busy.length]).toEqual([200, 600]);
  });
});

test('a user with few connections claims over those that there are', async ({ skip }) => {
  skip(!hasPostgres, noPostgres);
  const { newDatabase, query } = await server();
  const address = await newDatabase();
  await query(
    `CREATE ROLE few LOGIN CONNECTION LIMIT 3; GRANT CREATE ON DATABASE ${new URL(address).pathname.slice(1)} TO few`,
  );
  const run = await runOf({ open: () => opened(address.replace('postgres@', 'few@')) }, 'one');
  const many = Array.from({ length: 12 }, (_, at) => [entryOf(`call-${at}`, '1').call]);
  const claims = await Promise.all(many.map((one) => run.claim(one, hold)));
  expect(claims.flat()).toEqual(many.map(() => 'ours'));
});

describe('a connection', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));

  /** A run behind a cable that can be cut. */
  async function wired(isEndless: boolean, timeoutMs?: number) {
    const { newDatabase, port } = await server();
    const address = await newDatabase();
    const cable = await layCable(port);
    const told: string[] = [];
    const tell = (text: string) => told.push(text);
    const more = { isPatient: isEndless, warn: tell, note: tell };
    const store = await opened(through(address, cable.port), more, timeoutMs);
    const run = await runOf({ open: async () => store }, 'a process', { isEndless });
    return { address, cable, told, run };
  }

  test.each(['cut', 'freeze'] as const)(
    'that breaks (%s) ends a run: nothing is claimed any more, and its calls are unconfirmed',
    async (how) => {
      const { address, cable, run } = await wired(false, 2000);
      expect(await run.claim(calls.slice(0, 1), hold)).toEqual(['ours']);
      cable[how]();
      await expect(run.claim(calls, hold)).rejects.toThrow(/^ledger .*: the connection was lost/);
      await expect(run.pausedUntil()).rejects.toThrow(/was lost/);
      await expect(run.reserveSlot(5)).rejects.toThrow(/was lost/);
      cable.cut();
      const other = await runOf({ open: () => opened(address, { seeProcess: () => 'gone' }) }, 'another');
      await expect
        .poll(() => other.claim(calls.slice(0, 1), hold), { timeout: 5000 })
        .toEqual(['unconfirmed']);
    },
  );

  test('that breaks under a run without an end is made again: it waits, keeps its claims, and is alive for others', async () => {
    const { address, cable, told, run } = await wired(true);
    expect(await run.claim(calls.slice(0, 1), hold)).toEqual(['ours']);
    cable.cut();
    const settling = run.settle('1', [{ uuid: 'a', state: 'accepted' }]);
    const claiming = run.claim(calls, hold);
    await expect
      .poll(() => told, { timeout: 5000 })
      .toEqual([expect.stringMatching(/^ledger .*: is not available: /)]);
    cable.repair();
    await settling;
    expect(await claiming).toEqual(['repeated', 'ours']);
    expect(told.at(-1)).toMatch(/^ledger .*: is available again$/);
    const other = await runOf({ open: () => opened(address) }, 'another');
    await expect.poll(() => other.claim(calls, hold), { timeout: 5000 }).toEqual(['accepted', 'busy']);
  });
});

describe('what a connection lost the answer to', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));
  const problem = { content: 1, status: 'invalid', uuid: 'a', reasons: ['no'] } as const;
  const place = ['/calls.csv', 'a reading'] as const;

  test('is reported all the same: a problem, and a change of a call', async () => {
    const { newDatabase, port } = await server();
    const cable = await layCable(port);
    const store = await opened(through(await newDatabase(), cable.port), { isPatient: true });
    const run = await runOf({ open: async () => store }, 'a process', { isEndless: true });
    cable.losesNext('COMMIT');
    expect(await run.reportProblems(...place, [problem])).toEqual([true]);
    expect(await run.reportProblems(...place, [problem])).toEqual([false]);
    await run.claim(calls, hold);
    await run.settle('1', [
      { uuid: 'a', state: 'accepted' },
      { uuid: 'b', state: 'accepted' },
    ]);
    cable.losesNext('COMMIT');
    expect(await run.recordChanges(calls)).toEqual([true, true]);
    expect(await run.recordChanges(calls)).toEqual([false, false]);
  });
});

describe('a pooler', () => {
  beforeEach(({ skip }) => {
    skip(!hasPostgres, noPostgres);
    skip(!hasPooler, noPooler);
  });

  test('that keeps sessions is like the server itself', async () => {
    const { newDatabase, port } = await server();
    const address = through(await newDatabase(), await startPooler(port, 'session'));
    const runs = [];
    for (const name of ['one', 'other']) runs.push(await runOf({ open: () => opened(address) }, name));
    const claims = await Promise.all(runs.map(({ claim }) => claim(calls, hold)));
    expect(claims.flat().sort()).toEqual(['busy', 'busy', 'ours', 'ours']);
  });

  test('that shares sessions between transactions is refused', async () => {
    const { newDatabase, port } = await server();
    const address = through(await newDatabase(), await startPooler(port, 'transaction'));
    await expect(opened(address)).rejects.toThrow(/a pooler in front of it does not keep sessions/);
    await expect(findLedgerStore(address, deps)).rejects.toThrow(/a pooler in front of it/);
  });
});

describe('a server that cannot be used for a while', () => {
  beforeEach(({ skip }) => skip(!hasPostgres, noPostgres));

  /** What makes it useless, and what mends it, for a role and a database. */
  const troubles = [
    {
      name: 'since it is read-only',
      role: 'reader',
      begin: (role: string) => `ALTER ROLE ${role} SET default_transaction_read_only = on`,
      end: (role: string) => `ALTER ROLE ${role} RESET default_transaction_read_only`,
      words: /is a read-only standby/,
    },
    {
      name: 'since it has no connection left',
      role: 'limited',
      begin: (role: string) => `ALTER ROLE ${role} CONNECTION LIMIT 0`,
      end: (role: string) => `ALTER ROLE ${role} CONNECTION LIMIT -1`,
      words: /no free connection/,
    },
  ];

  async function roleOf(role: string) {
    const { newDatabase, query } = await server();
    const address = await newDatabase();
    const database = new URL(address).pathname.slice(1);
    await query(`CREATE ROLE ${role} LOGIN; GRANT CREATE ON DATABASE ${database} TO ${role}`);
    const cut = () =>
      query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${role}'`);
    return { address: address.replace('postgres@', `${role}@`), query, cut };
  }

  test.each(troubles)('$name, is waited for by a run without an end', async ({ role: name, begin, end }) => {
    const role = `patient_${name}`;
    const { address, query, cut } = await roleOf(role);
    const told: string[] = [];
    const tell = (text: string) => void told.push(text);
    const store = await opened(address, { isPatient: true, warn: tell, note: tell });
    const run = await runOf({ open: async () => store }, 'a process', { isEndless: true });
    await query(begin(role));
    await cut();
    const claiming = run.claim(calls, hold);
    await expect.poll(() => told.join(), { timeout: 5000 }).toMatch(/ is not available: /);
    await query(end(role));
    expect(await claiming).toEqual(['ours', 'ours']);
    expect(told.at(-1)).toMatch(/ is available again$/);
  });

  test.each(troubles)('$name, ends any other run with a sentence', async ({ role: name, begin, words }) => {
    const role = `other_${name}`;
    const { address, query, cut } = await roleOf(role);
    const run = await runOf({ open: () => opened(address) }, 'a process');
    await query(begin(role));
    await cut();
    await expect(run.claim(calls, hold)).rejects.toThrow(UserError);
    await expect(run.claim(calls, hold)).rejects.toThrow(/^ledger /);
    await expect(runOf({ open: () => opened(address) }, 'another')).rejects.toThrow(words);
  });
});

test.each(['XX000', '22P02', '0A000', '42703', 'F0000', '26000', '57P03'])(
  'whatever PostgreSQL says has a sentence, and is no bug of amocalls: %s',
  (code) => {
    const failure = databaseError(
      Object.assign(new Error('words'), { code }),
      parseAddress('postgres://u@h/d', {}),
    );
    expect(failure).toBeInstanceOf(UserError);
    expect(failure).toMatchObject({ hint: expect.any(String), exitCode: 2 });
  },
);

describe('an address', () => {
  test.each([
    [
      'postgres://u:p%40@h:5433/d?sslmode=verify-full',
      {
        host: 'h',
        port: 5433,
        user: 'u',
        database: 'd',
        password: 'p@',
        shown: 'postgres://u:***@h:5433/d?sslmode=verify-full',
        tls: { rejectUnauthorized: true },
      },
    ],
    [
      'postgresql://u@h/d?sslmode=require',
      { port: 5432, password: 'from the environment', tls: { rejectUnauthorized: false } },
    ],
    ['postgres:///d?host=/run/postgresql', { host: '/run/postgresql', user: 'me', tls: undefined }],
    ['postgres://[::1]/d?sslmode=disable', { host: '::1', tls: undefined }],
  ])('%s is read as libpq reads it', (text, expected) => {
    const env = { PGUSER: 'me', PGPASSWORD: 'from the environment' };
    expect(parseAddress(text, { env })).toMatchObject(expected);
  });
});
