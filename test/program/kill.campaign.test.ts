import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedgerStore } from '../../src/ledger/store.js';
import type { ApiName } from '../../src/sandbox/api.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import type { RequestEntry } from '../../src/sandbox/store.js';
import { seeds, size } from '../setup/campaign.js';
import { needs } from '../setup/needs.js';
import { sharedPostgres, startPostgres } from '../setup/postgres.js';
import { apis, calls, csv, runsOnNode, service, startProgram, workdir } from './harness.js';

const chunk = 5;
const concurrency = 2;
/** So many calls are written to the file before each run: some more than it sends before it dies. */
const fresh = 35;
const sending = ['--rate', '0', '--chunk-size', `${chunk}`, '--concurrency', `${concurrency}`];
const command = ['import', 'calls.csv', '--output', 'ndjson', ...sending];

const laterClock = fileURLToPath(new URL('../setup/later-clock.cjs', import.meta.url));

/** Where the ledger of a campaign is: by default in the state folder. */
const ledgerOf = (cwd: string, ledger?: string) => ledger ?? path.join(cwd, 'state', 'amocalls', 'ledger.db');

/** What the ledger says of every uuid that it knows. */
async function statesOf(name: string, uuids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (path.isAbsolute(name) && !existsSync(name)) return new Map();
  const store = await openLedgerStore(name, {
    now: Date.now,
    processName: 'reader',
    seeProcess: () => 'gone',
  });
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

/** What a campaign is fought with. */
interface Battlefield {
  readonly api: ApiName;
  readonly seed: number;
  readonly deaths: number;
  /** `--unattended`: runs read on from the checkpoint that the last one to end has left. */
  readonly flags?: readonly string[];
  /** Address of a database that keeps the ledger. */
  readonly ledger?: string;
  /** Ends the database in place of the run, which ends by itself then; it is back in a moment. */
  readonly killDatabase?: () => Promise<void>;
}

/** A file that grows by so many calls before each run. */
function growingFile(cwd: string) {
  const uuids: string[] = [];
  return {
    uuids,
    grow(round: number) {
      const rows = calls(fresh, `r${round}`);
      uuids.push(...rows.map(([uuid]) => String(uuid)));
      appendFileSync(path.join(cwd, 'calls.csv'), rows.map((row) => `${row.join(',')}\n`).join(''));
    },
  };
}

/**
 * Kills so many runs, one after another over the same growing file, checks after each, then lets one end. One run in five is
 * left alone, so that it saves its checkpoint.
 */
async function campaign(battlefield: Battlefield): Promise<number> {
  const { api, seed, deaths, flags = [], ledger, killDatabase } = battlefield;
  let seen: (entry: RequestEntry) => void = () => undefined;
  const started = await service({ api, seed, latencyMs: [0, 12], onRequest: (entry) => seen(entry) });
  const { sandbox } = started;
  const env = { ...started.env, ...(ledger === undefined ? {} : { AMOCALLS_LEDGER: ledger }) };
  const cwd = workdir({ 'calls.csv': csv([]) });
  const { uuids, grow } = growingFile(cwd);
  const name = ledgerOf(cwd, ledger);
  let killed = 0;
  let before = await statesOf(name, uuids);
  for (let round = 0; killed < deaths && round < 3 * deaths + 10; round++) {
    const draw = (purpose: string) => seededRandom(seed, `${round} ${purpose}`);
    grow(round);
    const running = startProgram([...command, ...flags], { cwd, env });
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
    const isSpared = round % 5 === 1;
    const isEarly = draw('early') < 1 / 8;
    if (isEarly && !isSpared) kill(150);
    if ((!isEarly || killDatabase !== undefined) && !isSpared) seen = () => --left === 0 && kill(20);
    const { signal, code, stdout, stderr } = await running;
    seen = () => undefined;
    for (const timer of timers) clearTimeout(timer);
    await killing;
    if (signal === 'SIGKILL' || code === 2) killed += 1;
    expect(stderr).not.toContain('bug in amocalls');
    if (isSpared) expect([0, 3], stderr).toContain(code);

    const states = await statesOf(name, uuids);
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

  // The executable takes no NODE_OPTIONS, which would move its clock.
  if (api === 'v4' && !runsOnNode) return killed;
  // The service is asked for calls of v4 before they are sent again, once they are old enough.
  const later = api === 'v4' ? { NODE_OPTIONS: `--require ${JSON.stringify(laterClock)}` } : {};
  const last = await startProgram([...command, ...flags, '--on-lost-answer', 'resend'], {
    cwd,
    env: { ...env, ...later },
  });
  expect(last.code, last.stderr).toBe(0);
  expect(having(await statesOf(name, uuids), 'accepted').length).toBe(uuids.length);
  expect(new Set(sandbox.calls().map(({ uuid }) => uuid))).toEqual(new Set(uuids));
  return killed;
}

/** Fights several campaigns at a time, and expects as many deaths as there are to be. */
async function fight(battlefield: Omit<Battlefield, 'seed'>, seed: number): Promise<void> {
  const lanes = [seed, seed + 1000].slice(0, size(1, 2));
  const { deaths } = battlefield;
  expect(await Promise.all(lanes.map((one) => campaign({ ...battlefield, seed: one })))).toEqual(
    lanes.map(() => deaths),
  );
}

const modes = [
  { mode: 'a person starts', flags: [] },
  { mode: 'cron starts', flags: ['--unattended'] },
];
const battlefields = seeds.flatMap((seed) =>
  apis.flatMap((api) => modes.map((mode) => ({ ...mode, api, seed }))),
);
const minutes = 600_000;

test.each(battlefields)(
  'runs through $api that $mode, killed at any moment, lose nothing that was acknowledged and send nothing twice (seed $seed)',
  ({ api, flags, seed }) => fight({ api, flags, deaths: size(2, 25) }, seed),
  minutes,
);

describe('with a ledger in PostgreSQL', () => {
  needs('initdb');
  const server = sharedPostgres();

  // Of two APIs and two modes, both of each in two campaigns.
  const some = battlefields.filter((_, at) => at % size(3, 1) === 0);
  test.each(some)(
    'runs through $api that $mode are as safe (seed $seed)',
    async ({ api, flags, seed }) => {
      const ledger = await (await server()).newDatabase();
      const deaths = size(1, 25);
      expect(await campaign({ api, flags, seed, deaths, ledger })).toBe(deaths);
    },
    minutes,
  );

  test.each(seeds.flatMap((seed) => modes.slice(-size(1, 2)).map((mode) => ({ ...mode, seed }))))(
    'a database killed at any moment ends a run that $mode, which loses and sends twice as little (seed $seed)',
    async ({ flags, seed }) => {
      const { kill, start, newDatabase, stop } = await startPostgres();
      onTestFinished(stop);
      const killDatabase = async () => {
        await kill();
        await start();
      };
      const ledger = await newDatabase();
      const deaths = size(1, 25);
      expect(await campaign({ api: 'calls-add', flags, seed, deaths, ledger, killDatabase })).toBe(deaths);
    },
    minutes,
  );
});
