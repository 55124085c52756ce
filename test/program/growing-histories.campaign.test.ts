import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openLedgerStore } from '../../src/ledger/store.js';
import { type CallFate, LogFolder } from '../pipeline/log-folder.js';
import { type History, historyOf, type Step } from '../pipeline/log-history.js';
import { seeds, size } from '../setup/campaign.js';
import { type FollowingProgram, followAsProgram } from './following.js';
import { amocalls, service, workdir } from './harness.js';

/** A second of a history takes so many milliseconds: `--settle 2s` is two minutes of it. */
const unit = 1000 / 60;

/** A history that is played with the built program, by the clock of this machine. */
class Player {
  readonly said: string[] = [];
  readonly log: LogFolder;
  readonly cwd = workdir();
  readonly #history: History;
  readonly #env: Readonly<Record<string, string>>;
  #following: FollowingProgram | undefined;

  constructor(history: History, env: Readonly<Record<string, string>>) {
    this.#history = history;
    this.#env = env;
    this.log = new LogFolder(this.cwd, { ...history, now: Date.now, unit });
  }

  async play(): Promise<void> {
    const started = performance.now();
    for (const step of this.#history.steps) {
      await pause(Math.max(0, started + step.at * unit - performance.now()));
      await this.#play(step);
    }
    this.log.end();
  }

  async #play(step: Step): Promise<void> {
    const { does } = step;
    this.said.push(`\n[${step.at.toFixed(1)} ${does}]\n`);
    if (does === 'start') this.start();
    else if (does === 'stop') await this.end('SIGTERM');
    else if (does === 'crash') await this.end('SIGKILL');
    else if (does === 'run') await this.#run();
    else this.log.play(step);
  }

  #words(): readonly string[] {
    const preset = this.#history.kind === 'asterisk' ? ['--preset', 'asterisk', '--timezone', 'UTC'] : [];
    return ['Master.csv', ...preset, '--settle', '2s', '--ledger', 'ledger.db'];
  }

  start(): void {
    if (this.#following !== undefined) return;
    this.log.begin();
    this.#following = followAsProgram(this.#words(), { cwd: this.cwd, env: this.#env });
    this.log.isFollowed = true;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const following = this.#following;
    if (following === undefined) return;
    this.#following = undefined;
    this.log.isFollowed = false;
    following.kill(signal);
    const { stdout, stderr } = await following.ended;
    this.said.push(stdout, stderr);
  }

  async #run(): Promise<void> {
    if (this.#following !== undefined) return;
    this.log.begin();
    const startedAt = Date.now();
    const words = ['import', ...this.#words(), '--unattended', '--rate', '0', '--output', 'ndjson'];
    const { code, stdout, stderr } = await amocalls(words, { cwd: this.cwd, env: this.#env });
    this.said.push(stdout, stderr);
    if (code === 0) this.log.wasRead(startedAt);
  }

  /** Those of the uuids that nobody knows of whether they arrived. */
  async unconfirmed(uuids: readonly string[]): Promise<ReadonlySet<string>> {
    const name = path.join(this.cwd, 'ledger.db');
    if (!existsSync(name)) return new Set();
    const deps = { now: Date.now, processName: 'reader', seeProcess: () => 'gone' as const };
    const store = await openLedgerStore(name, deps);
    try {
      const found = await store.history.findCalls([...uuids]);
      return new Set(found.filter(({ state }) => /unconfirmed|flight/.test(state)).map(({ uuid }) => uuid));
    } finally {
      await store.close();
    }
  }
}

/** What is wrong at the end of the history of a seed: a call that is lost, came twice, or is another one, and nobody told. */
async function faultsOf(seed: number): Promise<readonly string[]> {
  const { sandbox, env } = await service({ seed, maxPerSecond: 1_000_000 });
  const player = new Player(historyOf(seed), env);
  onTestFinished(() => player.end('SIGKILL'));
  await player.play();
  player.start();
  const missing = () => {
    const held = new Set(sandbox.calls().map(({ uuid }) => uuid));
    return player.log.fates().filter(({ uuid, mayMiss }) => !mayMiss && !held.has(uuid));
  };
  await pause(3000);
  for (const end = Date.now() + 30_000; missing().length > 0 && Date.now() < end; ) await pause(100);
  await player.end('SIGTERM');
  const said = player.said.join('');
  const fates = new Map<string, CallFate>(player.log.fates().map((fate) => [fate.uuid, fate]));
  const unconfirmed = await player.unconfirmed([...fates.keys()]);
  const faults = missing()
    .filter(({ uuid }) => !unconfirmed.has(uuid))
    .map(({ uuid }) => `${uuid} is lost`);
  for (const { uuid, times, to, billsec, date } of sandbox.calls()) {
    const fate = fates.get(uuid);
    const [is, was] = [`${to} ${billsec} ${date}`, fate && `${fate.to} ${fate.billsec} ${fate.date}`];
    if (times > 1) faults.push(`${uuid} arrived ${times} times`);
    const isTold = said.includes(`${uuid}: `) || said.includes(`"${uuid}","status":"duplicate"`);
    if (is !== was && fate?.mayMiss !== true && !isTold) faults.push(`${uuid} is ${is}, not ${was}`);
  }
  return faults.length === 0 ? [] : [`seed ${seed}`, ...faults, said, player.log.show()];
}

/** So many histories are played at once: most of the time they wait. */
const atOnce = size(1, 4);
const rounds = size(1, 20);
const groups = seeds.flatMap((seed) =>
  Array.from({ length: rounds / atOnce }, (_, group) => (seed - 1) * rounds + group * atOnce + 1),
);

/** In `npm test` a short one. */
function seedFrom(seed: number): number {
  return rounds > 1 || historyOf(seed).seconds < 340 ? seed : seedFrom(seed + 1);
}

test.each(groups)(
  'a log that grows, is rotated, read and left by kill -9 arrives as it was written (seeds from %i on)',
  async (first) => {
    const played = Array.from({ length: atOnce }, (_, index) => faultsOf(seedFrom(first + index)));
    expect((await Promise.all(played)).flat().join('\n')).toBe('');
  },
  180_000,
);
