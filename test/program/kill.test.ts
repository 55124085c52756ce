import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedgerStore } from '../../src/ledger/store.js';
import type { ApiName } from '../../src/sandbox/api.js';
import { seededRandom } from '../../src/sandbox/faults.js';
import type { RequestEntry } from '../../src/sandbox/store.js';
import { hasPostgres, noPostgres, sharedPostgres, startPostgres } from '../setup/postgres.js';
import { amocalls, apis, calls, csv, service, workdir } from './harness.js';

const seed = 1;
const chunk = 5;
const concurrency = 2;
const rows = calls(1000);
const uuids = rows.map(([uuid]) => String(uuid));
const sending = ['--rate', '0', '--chunk-size', `${chunk}`, '--concurrency', `${concurrency}`];
const command = ['import', 'calls.csv', '--output', 'ndjson', ...sending];

/** Where the ledger of a campaign is: by default in the state folder. */
const ledgerOf = (cwd: string, ledger?: string) => ledger ?? path.join(cwd, 'state', 'amocalls', 'ledger.db');

/** What the ledger says of every uuid that it knows. */
async function statesOf(name: string): Promise<ReadonlyMap<string, string>> {
  if (path.isAbsolute(name) && !existsSync(name)) return new Map();
  const store = await openLedgerStore(name, { now: Date.now, processName: 'reader', isAlive: () => false });
  try {
    return new Map((await store.history.findCalls(uuids)).map(({ uuid, state }) => [uuid, state]));
  } finally {
    await store.close();
  }
}

function having(states: ReadonlyMap<string, string>, ...wanted: readonly string[]): readonly string[] {
  return [...states].filter(([, state]) => wanted.includes(state)).map(([uuid]) => uuid);
}

/** The uuids that a run named as accepted before it was gone; its last line may be cut. */
function toldAccepted(stdout: string): readonly string[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ status }) => status === 'accepted')
    .map(({ uuid }) => uuid);
}

/** How a campaign differs from most. */
interface Battlefield {
  /** Address of a database that keeps the ledger. */
  readonly ledger?: string;
  /** Ends the database in place of the run, which ends by itself then; it is back in a moment. */
  readonly killDatabase?: () => Promise<void>;
}

/** Kills so many runs, one after another in the same folder, checks after each, then lets one end. */
async function campaign(
  api: ApiName,
  number: number,
  deaths: number,
  { ledger, killDatabase }: Battlefield = {},
): Promise<number> {
  let seen: (entry: RequestEntry) => void = () => undefined;
  const started = await service({
    api,
    seed: number,
    latencyMs: [0, 12],
    onRequest: (entry) => seen(entry),
  });
  const { sandbox } = started;
  const env = { ...started.env, ...(ledger === undefined ? {} : { AMOCALLS_LEDGER: ledger }) };
  const cwd = workdir({ 'calls.csv': csv(rows) });
  const name = ledgerOf(cwd, ledger);
  let killed = 0;
  let before = await statesOf(name);
  for (let round = 0; killed < deaths && round < 2 * deaths; round++) {
    const draw = (purpose: string) => seededRandom(seed, `${number} ${round} ${purpose}`);
    const running = amocalls(command, { cwd, env });
    let killing = Promise.resolve();
    const strike = () => {
      if (killDatabase === undefined) running.child.kill('SIGKILL');
      else killing = killing.then(killDatabase);
      killing.catch(() => undefined);
    };
    const timers: NodeJS.Timeout[] = [];
    const kill = (latest: number) => {
      timers.push(setTimeout(strike, draw('moment') * latest));
    };
    // One in eight dies while it starts; the others at some moment after one of their first requests. A run whose database
    // was back before it asked for it lives on until that second blow.
    let left = 1 + Math.floor(draw('requests') * 5);
    const isEarly = draw('early') < 1 / 8;
    if (isEarly) kill(150);
    if (!isEarly || killDatabase !== undefined) seen = () => --left === 0 && kill(20);
    const { signal, code, stdout, stderr } = await running;
    seen = () => undefined;
    for (const timer of timers) clearTimeout(timer);
    await killing;
    if (signal === 'SIGKILL' || code === 2) killed += 1;
    expect(stderr).not.toContain('bug in amocalls');

    const states = await statesOf(name);
    const accepted = new Set(having(states, 'accepted'));
    const queued = new Set(sandbox.calls().map(({ uuid }) => uuid));
    expect([...accepted].filter((uuid) => !queued.has(uuid))).toEqual([]);
    expect(
      [...having(before, 'accepted'), ...toldAccepted(stdout)].filter((uuid) => !accepted.has(uuid)),
    ).toEqual([]);
    const open = having(states, 'in flight', 'unconfirmed').length;
    const openBefore = having(before, 'in flight', 'unconfirmed').length;
    expect(open - openBefore).toBeLessThanOrEqual(chunk * concurrency);
    before = states;
  }
  const arrived = sandbox.requests().flatMap((request) => request.uuids);
  expect(new Set(arrived).size).toBe(arrived.length);

  const last = await amocalls([...command, '--on-lost-answer', 'resend'], { cwd, env });
  expect(last.code, last.stderr).toBe(0);
  expect(having(await statesOf(name), 'accepted').length).toBe(uuids.length);
  expect(new Set(sandbox.calls().map(({ uuid }) => uuid))).toEqual(new Set(uuids));
  return killed;
}

test.each(apis)(
  'a hundred runs through %s killed at any moment lose nothing that was acknowledged and send nothing twice',
  async (api) => {
    const lane = async (number: number) =>
      (await campaign(api, number, 25)) + (await campaign(api, number + 2, 25));
    const killed = (await Promise.all([0, 1].map(lane))).reduce((sum, count) => sum + count, 0);
    expect(killed).toBe(100);
  },
  300_000,
);

const server = sharedPostgres();

describe.runIf(hasPostgres)('with a ledger in PostgreSQL', () => {
  test('runs killed at any moment lose nothing that was acknowledged and send nothing twice', async () => {
    const ledger = await (await server()).newDatabase();
    expect(await campaign('calls-add', 10, 25, { ledger })).toBe(25);
  }, 300_000);

  test('a database killed at any moment ends the run, which loses and sends twice as little', async () => {
    const lane = async (number: number) => {
      const { kill, start, newDatabase, stop } = await startPostgres();
      onTestFinished(stop);
      const killDatabase = async () => {
        await kill();
        await start();
      };
      return campaign('calls-add', number, 25, { ledger: await newDatabase(), killDatabase });
    };
    expect(await Promise.all([11, 12].map(lane))).toEqual([25, 25]);
  }, 300_000);
});

test.runIf(!hasPostgres)('PostgreSQL is not tried', ({ skip }) => skip(noPostgres));
