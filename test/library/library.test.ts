import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import v8 from 'node:v8';
import { expect, onTestFinished, test, vi } from 'vitest';
import {
  openProfile,
  type ReadOptions,
  readCalls,
  type SendOptions,
  sendCalls,
  startSandbox,
  UserError,
} from '../../src/index.js';

async function setUp() {
  const cwd = mkdtempSync(path.join(tmpdir(), 'amocalls-library-'));
  const sandbox = await startSandbox({ now: Date.now });
  onTestFinished(async () => {
    await sandbox.close();
    rmSync(cwd, { recursive: true, force: true });
  });
  const { code, key, accountId } = sandbox.credentials;
  const options: SendOptions = {
    code,
    key,
    accountId,
    baseUrl: sandbox.url,
    ledger: 'ledger.db',
    rate: 0,
    cwd,
  };
  return { cwd, sandbox, options };
}

function objects(count: number) {
  return Array.from({ length: count }, (_, at) => ({
    uuid: `u-${at}`,
    caller: '74950000001',
    to: '101',
    date: 1_700_000_000 + at,
    type: 'inbound',
    billsec: at % 3 === 0 ? 0 : at,
  }));
}

test('objects of a program are read as the lines of a file are: a bad one is an invalid outcome', async () => {
  const { sandbox, options } = await setUp();
  const read: ReadOptions = { onNotice: () => undefined };
  const run = sendCalls(readCalls([...objects(3), { uuid: 'bad', caller: 'anonymous' }], read), options);
  const outcomes = [];
  for await (const outcome of run) outcomes.push(outcome);
  expect(outcomes.map(({ status }) => status).sort()).toEqual([
    'accepted',
    'accepted',
    'accepted',
    'invalid',
  ]);
  expect(outcomes.find(({ uuid }) => uuid === 'u-1')?.call).toMatchObject({ billsec: 1, to: '101' });
  expect(run.exitCode).toBe(3);
  expect(run.summary).toMatchObject({ read: 4, accepted: 3, invalid: 1 });
  expect(sandbox.calls().length).toBe(3);
});

test('nothing of the process that it runs in is changed: no flag of V8, no listener for signals', async () => {
  const { options } = await setUp();
  const flags = vi.spyOn(v8, 'setFlagsFromString');
  syncBuiltinESMExports();
  onTestFinished(() => {
    flags.mockRestore();
    syncBuiltinESMExports();
  });
  const signals = () => ['SIGINT', 'SIGTERM', 'SIGHUP'].map((name) => process.listenerCount(name));
  const before = signals();
  for await (const _ of sendCalls(readCalls(objects(5)), options));
  expect([flags.mock.calls, signals()]).toEqual([[], before]);
});

test('a second run of the same calls sends nothing, as the ledger of the first says', async () => {
  const { options } = await setUp();
  for (const accepted of [5, 0]) {
    const run = sendCalls(readCalls(objects(5)), options);
    for await (const _ of run);
    expect(run.summary).toMatchObject({ accepted, duplicate: 5 - accepted });
    expect(run.exitCode).toBe(0);
  }
});

test('the same calls go to v4 where the options say so, with a receipt each', async () => {
  const { options } = await setUp();
  const sandbox = await startSandbox({ now: Date.now, api: 'v4' });
  onTestFinished(sandbox.close);
  const { cwd, ledger } = options;
  const { token } = sandbox.credentials;
  const v4: SendOptions = { api: 'v4', token, baseUrl: sandbox.url, users: { 101: 1 }, cwd, ledger, rate: 0 };
  const run = sendCalls(readCalls(objects(3)), v4);
  const receipts = [];
  for await (const { status, receipt } of run) receipts.push([status, typeof receipt?.note_id]);
  expect(receipts).toEqual(Array(3).fill(['accepted', 'number']));
  const refused = sendCalls(readCalls(objects(3)), { ...v4, token: 'no such token', ledger: 'other.db' });
  for await (const _ of refused);
  expect([refused.exitCode, refused.stopped?.message]).toEqual([4, expect.stringContaining('401')]);
});

test('leaving the loop early waits for what is in flight, and the next run sends the rest once', async () => {
  const { sandbox, options } = await setUp();
  const first = sendCalls(readCalls(objects(3000)), { ...options, concurrency: 2 });
  for await (const outcome of first) if (outcome.status === 'accepted') break;
  expect(first.summary.unconfirmed).toBe(0);
  const second = sendCalls(readCalls(objects(3000)), options);
  for await (const _ of second);
  expect(second.summary.unconfirmed).toBe(0);
  expect(new Set(sandbox.calls().map(({ uuid }) => uuid)).size).toBe(3000);
  expect(sandbox.calls().length).toBe(3000);
});

test('a profile is found as the command finds it, and its reading options count', async () => {
  const { cwd, sandbox } = await setUp();
  const { code, key, accountId } = sandbox.credentials;
  writeFileSync(
    path.join(cwd, '.amocallsrc'),
    `code: ${code}\nkey: ${key}\naccount_id: ${accountId}\nbase_url: ${sandbox.url}\ntimezone: Europe/Moscow\n`,
    { mode: 0o600 },
  );
  writeFileSync(
    path.join(cwd, 'calls.csv'),
    'uuid,caller,to,date,type,billsec\na,74950000001,101,2024-11-20 10:00:00,in,5\n',
  );
  const profile = await openProfile({ cwd });
  expect(profile.name).toBe('default');
  const run = sendCalls(readCalls('calls.csv', { profile, cwd }), { profile, cwd, ledger: false });
  for await (const { call } of run) expect(call?.date).toBe(Date.UTC(2024, 10, 20, 7) / 1000);
  expect(run.exitCode).toBe(0);
});

test('what is missing is a UserError with a hint and the exit code of the command', async () => {
  const { cwd } = await setUp();
  const reading = (async () => {
    for await (const _ of sendCalls(readCalls('nowhere.csv', { cwd }), { cwd, ledger: false }));
  })();
  await expect(reading).rejects.toBeInstanceOf(UserError);
  await expect(reading).rejects.toMatchObject({ exitCode: 2, hint: expect.any(String) });
});

test('the source of objects is closed where its calls cannot be read, and where not all of them are asked for', async () => {
  const { options } = await setUp();
  const state = { closed: 0 };
  async function* source(one: object) {
    try {
      for (;;) yield one;
    } finally {
      state.closed++;
    }
  }
  const [whole] = objects(1);
  const endless = () => source(whole ?? {});
  await expect(async () => {
    for await (const _ of sendCalls(readCalls(source({ uuid: 'u' })), options));
  }).rejects.toThrow('no column is known to hold');
  expect(state.closed).toBe(1);
  for await (const _ of sendCalls(readCalls(endless()), options)) break;
  expect(state.closed).toBe(2);
});
