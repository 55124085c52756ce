import { appendFileSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ApiName } from '../../src/sandbox/api.js';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import type { Faults } from '../../src/sandbox/faults.js';
import { sandboxEnvironment, startSandbox } from '../../src/sandbox/server.js';
import { createClock } from '../delivery/world.js';
import { calls, csv, workdir } from '../program/harness.js';
import { seeds, size } from '../setup/campaign.js';
import { type EndedHere, runHere } from '../setup/in-process.js';

/** Every way in which an answer may be lost, refused or put off that costs no time of this machine. */
const faults: Faults = {
  '500-after': 0.03,
  '502': 0.03,
  '503': 0.03,
  '429-seconds': 0.03,
  'close-after': 0.03,
  reset: 0.03,
  truncated: 0.03,
  '401': 0.01,
  forget: 0.02,
  shuffle: 0.2,
};

/** A log as a PBX writes it: rows that come together, some that can never be sent, and now and then half of one. */
function startLog(cwd: string, draw: (purpose: string) => number) {
  const file = path.join(cwd, 'Master.csv');
  const good = new Map<string, number>();
  const bad: string[] = [];
  let half = '';
  let rows = 0;
  let rotations = 0;

  function row(): string {
    const [first = []] = calls(1, `c${rows++}-`);
    const uuid = String(first[0]);
    const isBad = draw(`bad ${rows}`) < 0.1;
    const billsec = Math.floor(draw(`talk ${rows}`) * 300);
    if (isBad) bad.push(uuid);
    else good.set(uuid, billsec);
    const caller = isBad ? 'anonymous' : draw(`stranger ${rows}`) < 0.1 ? '74990000001' : first[1];
    return `${[uuid, caller, ...first.slice(2, 5), billsec, ''].join(',')}\n`;
  }

  return {
    good,
    bad,
    rotations: () => rotations,
    grow(most: number): void {
      if (!existsSync(file)) writeFileSync(file, csv([]));
      const text = half + Array.from({ length: Math.floor(draw('rows') * most) }, row).join('');
      const isCut = text.length > 0 && draw('cut') < 0.3;
      const at = isCut ? text.length - 1 - Math.floor(draw('where') * 20) : text.length;
      appendFileSync(file, text.slice(0, at));
      half = text.slice(at);
    },
    /** The old file keeps what belongs to it: a PBX ends the line that it has begun. */
    rotate(): void {
      appendFileSync(file, half);
      half = '';
      rotations += 1;
      renameSync(file, `${file}.${rotations}`);
      writeFileSync(file, csv([]));
    },
    /** As the recipe for logrotate has them: the file before this one, then this one. */
    names: () => (rotations === 0 ? ['Master.csv'] : [`Master.csv.${rotations}`, 'Master.csv']),
    allNames: () => [...Array(rotations).keys()].map((at) => `Master.csv.${at + 1}`).concat('Master.csv'),
  };
}

const apis: readonly ApiName[] = ['calls-add', 'v4'];

test.each(seeds.flatMap((seed) => apis.map((api) => ({ api, seed }))))(
  'a log that grows for a day, through $api in a storm, is sent once by runs that nobody looks at (seed $seed)',
  async ({ api, seed }) => {
    let step = 0;
    const draw = (purpose: string) => seededRandom(seed, `${step} ${purpose}`);
    const clock = createClock();
    const cwd = workdir();
    const log = startLog(cwd, draw);
    const stormy = await startSandbox({ api, now: clock.now, faults, seed, unknownNumber: /^7499/ });
    onTestFinished(() => stormy.close());
    /** By uuid, and by how often the log had been rotated: a problem is known by the name of its file. */
    const told = new Map<string, number>();
    let run = 0;

    async function importFrom(url: string, args: readonly string[] = log.names()): Promise<EndedHere> {
      run += 1;
      const env = Object.fromEntries(sandboxEnvironment({ ...stormy, url }));
      const sending = ['--unattended', '--chunk-size', '5', '--rate', '0', '--retries', '1'];
      const ended = await runHere(['import', ...args, '--ledger', 'ledger.db', ...sending], {
        ...clock,
        cwd,
        env,
        random: () => draw(`chance ${run}`),
        processName: `run ${run}`,
      });
      const said = ended.stdout + ended.stderr;
      expect(said).not.toContain('bug in amocalls');
      if (ended.code === 0) expect(said).toBe('');
      else expect([3, 4, 5]).toContain(ended.code);
      for (const uuid of log.bad) {
        const key = `${uuid} ${log.rotations()}`;
        if (said.includes(uuid)) told.set(key, (told.get(key) ?? 0) + 1);
      }
      return ended;
    }

    for (step = 1; step <= size(30, 400); step++) {
      if (draw('rotation') < 0.05) log.rotate();
      log.grow(12);
      await clock.sleep(60_000);
      await importFrom(stormy.url);
      const times = stormy.requests().flatMap(({ uuids, queued }) => (queued === 0 ? [] : uuids));
      expect(stormy.calls().filter((call) => call.times > 1)).toEqual([]);
      expect(times.filter((uuid) => log.bad.includes(uuid))).toEqual([]);
    }
    expect(log.rotations()).toBeGreaterThan(0);

    // The storm is over, and every number has a contact: what was never received goes out by itself, what was lost when a
    // person has looked.
    log.rotate();
    const { port } = stormy;
    await stormy.close();
    const calm = await startSandbox({ api, now: clock.now, port });
    onTestFinished(() => calm.close());
    await clock.sleep(2 * 3_600_000);
    await importFrom(calm.url, log.allNames());
    const sent = [...stormy.calls(), ...calm.calls()].map(({ uuid }) => uuid);
    expect(sent.length).toBe(new Set(sent).size);
    await importFrom(calm.url, [...log.allNames(), '--on-lost-answer', 'resend']);
    const arrived = new Set([...stormy.calls(), ...calm.calls()].map(({ uuid }) => uuid));
    expect([...log.good.keys()].filter((uuid) => !arrived.has(uuid))).toEqual([]);
    expect([...told].filter(([, times]) => times > 1)).toEqual([]);
    const everTold = new Set([...told.keys()].map((key) => key.split(' ')[0]));
    expect(log.bad.filter((uuid) => !everTold.has(uuid))).toEqual([]);
    expect(await importFrom(calm.url)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  },
  600_000,
);
