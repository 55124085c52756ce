import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LedgerState } from '../../src/core/ledger.js';
import { openLedgerStore } from '../../src/ledger/store.js';
import type { ApiName } from '../../src/sandbox/api.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import { type Faults, faultTable } from '../../src/sandbox/faults.js';
import { type Sandbox, sandboxEnvironment, startSandbox } from '../../src/sandbox/server.js';
import { createClock } from '../delivery/world.js';
import { calls, csv, workdir } from '../program/harness.js';
import { seeds, size } from '../setup/campaign.js';
import { runHere } from '../setup/in-process.js';

const count = size(300, 1200);
const retryAfterSeconds = 3;

/** Every fault of an API, each in one request, or call, of twenty. */
const everyFaultOf = (api: ApiName): Faults =>
  Object.fromEntries(faultTable.flatMap(({ name, apis }) => (apis.includes(api) ? [[name, 0.05]] : [])));

/** What the ledger knows of these calls, by uuid; nothing of those that never left. */
async function statesOf(cwd: string, uuids: readonly string[]): Promise<ReadonlyMap<string, LedgerState>> {
  const store = await openLedgerStore(path.join(cwd, 'ledger.db'), {
    now: Date.now,
    processName: 'reader',
    seeProcess: () => 'gone',
  });
  const found = await store.history.findCalls(uuids);
  await store.close();
  return new Map(found.map(({ uuid, state }) => [uuid, state]));
}

/** What the ledger knows is what the service wrote down. */
function expectAgreement(
  states: ReadonlyMap<string, LedgerState>,
  uuids: readonly string[],
  sandbox: Sandbox,
) {
  const queued = new Map(sandbox.calls().map(({ uuid, times }) => [uuid, times]));
  const wrong = uuids.filter((uuid) => {
    const times = queued.get(uuid) ?? 0;
    const state = states.get(uuid);
    if (state === 'accepted') return times !== 1;
    return times > (state === 'unconfirmed' ? 1 : 0);
  });
  expect(wrong.map((uuid) => [uuid, states.get(uuid), queued.get(uuid)])).toEqual([]);
}

const apis: readonly ApiName[] = ['calls-add', 'v4'];

test.each(seeds.flatMap((seed) => apis.map((api) => ({ api, seed }))))(
  'a file that cron sends through $api, while every fault strikes one request in twenty, arrives once (seed $seed)',
  async ({ api, seed }) => {
    const clock = createClock();
    const cwd = workdir({ 'calls.csv': csv(calls(count)) });
    const uuids = calls(count).map(([uuid]) => String(uuid));
    const sandbox = await startSandbox({
      api,
      now: clock.now,
      faults: everyFaultOf(api),
      seed,
      retryAfterSeconds,
    });
    onTestFinished(() => sandbox.close());
    const told = new Map<string, number>();
    let runs = 0;

    async function cron(timeout: string, ...more: readonly string[]) {
      runs += 1;
      const env = Object.fromEntries(sandboxEnvironment(sandbox));
      const sending = ['--chunk-size', '5', '--concurrency', '4', '--rate', '0', '--timeout', timeout];
      const words = ['import', 'calls.csv', '--unattended', '--ledger', 'ledger.db', '--output', 'ndjson'];
      const ended = await runHere([...words, ...sending, ...more], {
        ...clock,
        cwd,
        env,
        random: () => seededRandom(seed, `run ${runs}`),
        processName: `run ${runs}`,
      });
      expect(ended.stderr).not.toContain('bug in amocalls');
      expect([0, 3, 4, 5]).toContain(ended.code);
      if (ended.code === 0) expect(ended.stderr).toBe('');
      for (const line of ended.stdout.split('\n').filter(Boolean)) {
        const { uuid, status } = JSON.parse(line);
        if (['rejected', 'unconfirmed'].includes(status))
          told.set(`${uuid} ${status}`, (told.get(`${uuid} ${status}`) ?? 0) + 1);
      }
      return ended;
    }

    let states: ReadonlyMap<string, LedgerState> = new Map();
    while (uuids.some((uuid) => !states.has(uuid)) && runs < 500) {
      await cron('0.3');
      await clock.sleep(60_000);
      states = await statesOf(cwd, uuids);
      expectAgreement(states, uuids, sandbox);
    }
    expect(runs).toBeLessThan(500);
    expect([...new Set(states.values())].sort()).toEqual(['accepted', 'rejected', 'unconfirmed']);
    expect([...told].filter(([, times]) => times > 1)).toEqual([]);

    // Somebody has looked, the service is well: what nobody knew of is sent, and then nothing is left to read.
    await clock.sleep(600_000);
    const { port } = sandbox;
    await sandbox.close();
    const calm = await startSandbox({ api, now: clock.now, port });
    onTestFinished(() => calm.close());
    const open = [...states].filter(([, state]) => state === 'unconfirmed').map(([uuid]) => uuid);
    await cron('30', '--on-lost-answer', 'resend');
    const sentAgain = calm.calls().map(({ uuid }) => uuid);
    expect(sentAgain.sort()).toEqual(open.sort());
    const { code, stdout, stderr } = await cron('30');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^\{"summary":\{"read":0,/);
  },
  300_000,
);
