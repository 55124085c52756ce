import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLedgerStore } from '../../src/ledger/store.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import type { RequestEntry } from '../../src/sandbox/store.js';
import { seeds, size } from '../setup/campaign.js';
import { eventually, followAsProgram } from './following.js';
import { calls, csv, service, workdir } from './harness.js';

const rounds = size(8, 50);
const chunk = 5;
const concurrency = 2;
const sending = ['--chunk-size', `${chunk}`, '--concurrency', `${concurrency}`, '--on-lost-answer', 'hold'];

/** Appends calls to a log and rotates it by rename, as a PBX and logrotate do, whether anybody reads or not. */
function startWriter(log: string, seed: number) {
  const written: string[] = [];
  let rotations = 0;
  function append(count: number): void {
    const rows = calls(count, `w${written.length}`);
    written.push(...rows.map(([uuid]) => String(uuid)));
    const text = csv(rows);
    if (existsSync(log)) appendFileSync(log, text.slice(text.indexOf('\n') + 1));
    else writeFileSync(log, text);
  }
  const ticking = setInterval(() => {
    const draw = (purpose: string) => seededRandom(seed, `${written.length} ${purpose}`);
    if (draw('rotate') < 1 / 60) {
      rotations += 1;
      renameSync(log, `${log}.${rotations}`);
    }
    append(1 + Math.floor(draw('rows') * 3));
  }, 25);
  const stop = () => clearInterval(ticking);
  onTestFinished(stop);
  append(20);
  return { written, stop, rotations: () => rotations };
}

/** The uuids that the ledger has in this state. */
async function having(cwd: string, uuids: readonly string[], state: RegExp): Promise<readonly string[]> {
  const name = path.join(cwd, 'state', 'amocalls', 'ledger.db');
  if (!existsSync(name)) return [];
  const store = await openLedgerStore(name, {
    now: Date.now,
    processName: 'reader',
    seeProcess: () => 'gone',
  });
  try {
    const found = await store.history.findCalls([...uuids]);
    return found.filter((call) => state.test(call.state)).map(({ uuid }) => uuid);
  } finally {
    await store.close();
  }
}

test.each(seeds)(
  'kill -9 while the log grows and is rotated: nothing lost, nothing sent twice (seed %i)',
  async (seed) => {
    let seen: (entry: RequestEntry) => void = () => undefined;
    const { sandbox, env } = await service({ seed, latencyMs: [0, 12], onRequest: (entry) => seen(entry) });
    const cwd = workdir();
    const writer = startWriter(path.join(cwd, 'Master.csv'), seed);
    let openBefore = 0;
    for (let round = 0; round < rounds; round++) {
      const draw = (purpose: string) => seededRandom(seed, `${round} ${purpose}`);
      const running = followAsProgram(['Master.csv', ...sending], { cwd, env });
      const kill = (latest: number) =>
        setTimeout(() => running.kill('SIGKILL'), draw('moment') * latest).unref();
      // One in eight dies while it starts; the others at some moment after one of their first requests.
      let left = 1 + Math.floor(draw('requests') * 8);
      if (draw('early') < 1 / 8) kill(150);
      else seen = () => --left === 0 && kill(20);
      const { signal, stderr } = await running.ended;
      seen = () => undefined;
      expect(signal, stderr).toBe('SIGKILL');
      const open = (await having(cwd, writer.written, /in flight|unconfirmed/)).length;
      expect(open - openBefore).toBeLessThanOrEqual(chunk * concurrency);
      openBefore = open;
    }
    writer.stop();
    expect(writer.rotations()).toBeGreaterThan(0);

    const last = followAsProgram(['Master.csv', ...sending], { cwd, env });
    const lastOne = writer.written.slice(-1);
    await eventually(async () => {
      expect(await having(cwd, lastOne, /accepted|unconfirmed/)).toEqual(lastOne);
      const settled = new Set(await having(cwd, writer.written, /accepted|unconfirmed/));
      expect(writer.written.filter((uuid) => !settled.has(uuid)).slice(0, 3)).toEqual([]);
    }, 120_000);
    const { code, stderr } = await last.stop();
    expect(code, stderr).toBe(143);

    const arrived = sandbox.requests().flatMap(({ uuids }) => uuids);
    expect(arrived.length).toBe(new Set(arrived).size);
    const queued = new Set(sandbox.calls().map(({ uuid }) => uuid));
    const accepted = await having(cwd, writer.written, /accepted/);
    expect(accepted.filter((uuid) => !queued.has(uuid))).toEqual([]);
    const unconfirmed = await having(cwd, writer.written, /unconfirmed/);
    expect(accepted.length + unconfirmed.length).toBe(writer.written.length);
  },
  300_000,
);
