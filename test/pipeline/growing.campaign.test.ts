import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { ProcessSight } from '../../src/core/ledger-store.js';
import { openLedgerStore } from '../../src/ledger/store.js';
import type { QueuedCall } from '../../src/sandbox/store.js';
import { createClock } from '../input/following.js';
import { service, workdir } from '../program/harness.js';
import { seeds, size } from '../setup/campaign.js';
import { runHere } from '../setup/in-process.js';
import { type CallFate, LogFolder } from './log-folder.js';
import { type History, historyOf, type Step } from './log-history.js';

/** The way to the service, which can be cut. */
async function wayTo(port: number) {
  const sockets = new Set<Socket>();
  const way = { isOpen: true, losesNext: false };
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined).on('close', () => sockets.delete(client));
    if (!way.isOpen) {
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
    client.pipe(upstream);
    upstream.on('data', (answer) => {
      if (way.losesNext) {
        way.losesNext = false;
        client.destroy();
      } else client.write(answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    way,
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    cut(): void {
      way.isOpen = false;
      for (const socket of sockets) socket.destroy();
    },
    close: () => server.close(),
  };
}

/** A history that is played in this process, on a clock of its own. */
class Player {
  readonly #history: History;
  readonly #clock = createClock(Date.UTC(2024, 2, 5, 9));
  readonly #cwd = workdir();
  readonly log: LogFolder;
  readonly said: string[] = [];
  readonly faults: string[] = [];
  readonly #place: Awaited<ReturnType<typeof wayTo>>;
  readonly #env: Readonly<Record<string, string>>;
  #runs = 0;
  /** How often whoever follows has begun to sleep. */
  #sleeps = 0;
  #following:
    | { readonly name: string; readonly end: () => void; readonly ended: Promise<number> }
    | undefined;

  constructor(
    history: History,
    place: Awaited<ReturnType<typeof wayTo>>,
    env: Readonly<Record<string, string>>,
  ) {
    this.#history = history;
    this.#place = place;
    this.#env = env;
    this.log = new LogFolder(this.#cwd, { ...history, now: this.#clock.now, unit: 1000 });
  }

  async play(): Promise<void> {
    let now = 0;
    for (const step of this.#history.steps) {
      await this.pass(step.at - now);
      now = step.at;
      await this.#play(step);
    }
    this.log.end();
    this.#place.way.isOpen = true;
    this.#place.way.losesNext = false;
  }

  /** Lets time pass. */
  async pass(seconds: number): Promise<void> {
    const pieces = this.#following === undefined ? 1 : Math.min(10, Math.ceil(seconds / 5));
    for (let piece = 0; piece < pieces; piece++) {
      await this.#seen(() => this.#clock.advance(Math.round((seconds * 1000) / pieces)), 20);
    }
  }

  /**
   * Does something, and waits until whoever follows has looked and sleeps again; so many milliseconds at most.
   *
   * @param sleepers how many parts of it are to sleep
   */
  async #seen(act: () => void, most: number, sleepers = 1): Promise<void> {
    const enough = this.#sleeps + sleepers;
    act();
    if (this.#following === undefined) return;
    for (const end = performance.now() + most; performance.now() < end && this.#sleeps < enough; )
      await pause(1);
  }

  async #play(step: Step): Promise<void> {
    const { does } = step;
    this.said.push(
      `\n[${step.at.toFixed(1)} ${does}${'call' in step ? ` ${step.call.number}.${step.row}` : ''}]`,
    );
    const { way } = this.#place;
    if (does === 'start') await this.start();
    else if (does === 'stop') await this.stop();
    else if (does === 'crash') await this.#crash();
    else if (does === 'run') await this.run();
    else if (does === 'away') this.#place.cut();
    else if (does === 'back') way.isOpen = true;
    else if (does === 'lose') way.losesNext = true;
    else await this.#seen(() => this.log.play(step), 30);
  }

  #context() {
    const name = `run ${++this.#runs}`;
    const sink = () => ({
      stream: new Writable({
        write: (chunk, _, done) => {
          this.said.push(String(chunk));
          done();
        },
      }),
      isTTY: false,
      columns: 80,
    });
    return {
      cwd: this.#cwd,
      env: this.#env,
      stdout: sink(),
      stderr: sink(),
      processName: name,
      seeProcess: (other: string): ProcessSight => (other === this.#following?.name ? 'alive' : 'gone'),
    };
  }

  #args(command: string): readonly string[] {
    const preset = this.#history.kind === 'asterisk' ? ['--preset', 'asterisk', '--timezone', 'UTC'] : [];
    return [command, 'Master.csv', ...preset, '--rate', '0', '--ledger', 'ledger.db', '--output', 'ndjson'];
  }

  async start(): Promise<void> {
    if (this.#following !== undefined) return;
    this.log.begin();
    const ending = new AbortController();
    const context = this.#context();
    const ended = runHere(this.#args('follow'), {
      ...context,
      now: this.#clock.now,
      sleep: (milliseconds, signal) => {
        this.#sleeps++;
        return this.#clock.sleep(milliseconds, signal);
      },
      interrupt: ending.signal,
    }).then(({ code }) => {
      if (code === 2) {
        this.log.isFollowed = false;
        this.#following = undefined;
      }
      return code;
    });
    this.#following = { name: context.processName, end: () => ending.abort('SIGTERM'), ended };
    // It sleeps until the log is written, and until a call that waits is due.
    await this.#seen(() => undefined, 10_000, 2);
    // It may have ended: a log that was cut before anybody read it has no header.
    this.log.isFollowed = this.#following !== undefined;
  }

  async stop(): Promise<void> {
    const following = this.#following;
    if (following === undefined) return;
    this.log.isFollowed = false;
    following.end();
    const code = await this.#untilEnded(following.ended);
    this.#following = undefined;
    const codes = this.log.isReadable ? [143, 5] : [143, 5, 2];
    if (!codes.includes(code)) this.faults.push(`follow ended with ${code}`);
  }

  /** What it waits for may be a pause of our clock. */
  async #untilEnded(ended: Promise<number>): Promise<number> {
    for (;;) {
      const code = await Promise.race([ended, pause(5)]);
      if (code !== undefined) return code;
      this.#clock.advance(1000);
    }
  }

  /** As kill -9: the ledger stays as it is now, and from now on nothing arrives of what this process sends. */
  async #crash(): Promise<void> {
    const following = this.#following;
    if (following === undefined) return;
    this.log.isFollowed = false;
    const files = ['ledger.db', 'ledger.db-wal'].map((name) => path.join(this.#cwd, name));
    const wasOpen = this.#place.way.isOpen;
    for (const file of files) if (existsSync(file)) copyFileSync(file, `${file}.then`);
    this.#place.cut();
    following.end();
    await this.#untilEnded(following.ended);
    this.#following = undefined;
    for (const file of [...files, path.join(this.#cwd, 'ledger.db-shm')]) {
      rmSync(file, { force: true });
      if (existsSync(`${file}.then`)) copyFileSync(`${file}.then`, file);
      rmSync(`${file}.then`, { force: true });
    }
    this.#place.way.isOpen = wasOpen;
  }

  /** An unattended run, whose sleep moves the clock. */
  async run(): Promise<void> {
    if (this.#following !== undefined) return;
    this.log.begin();
    const startedAt = this.#clock.now();
    const { code } = await runHere([...this.#args('import'), '--unattended'], {
      ...this.#context(),
      now: this.#clock.now,
      sleep: async (milliseconds, signal) => {
        await pause(0);
        if (signal?.aborted !== true) this.#clock.advance(Math.ceil(milliseconds));
      },
    });
    const codes = this.log.isReadable ? [0, 3, 4, 5] : [0, 2, 3, 4, 5];
    if (!codes.includes(code)) this.faults.push(`import ended with ${code}`);
    if (code === 0) this.log.wasRead(startedAt);
  }

  /** Reads all to the end: nothing is written any more. */
  async finish(isDone: () => boolean): Promise<void> {
    if (this.#following === undefined && this.#history.steps.length % 2 === 0) {
      for (const seconds of [1, 200, 4 * 3600, 4 * 3600]) {
        await this.pass(seconds);
        await this.run();
      }
    } else {
      await this.start();
      await this.pass(200);
      for (let tries = 0; tries < 40 && (tries < 6 || !isDone()); tries++) {
        await this.pass(tries < 20 ? 60 : 1200);
        await pause(5);
      }
      await this.stop();
    }
  }

  /** Those of the uuids that nobody knows of whether they arrived. */
  async unconfirmed(uuids: readonly string[]): Promise<ReadonlySet<string>> {
    const deps = { now: this.#clock.now, processName: 'reader', seeProcess: (): ProcessSight => 'gone' };
    const store = await openLedgerStore(path.join(this.#cwd, 'ledger.db'), deps);
    try {
      const found = await store.history.findCalls([...uuids]);
      return new Set(found.filter(({ state }) => /unconfirmed|flight/.test(state)).map(({ uuid }) => uuid));
    } finally {
      await store.close();
    }
  }
}

/** Whether a run said something of a call that differs, or may. */
function isTold(said: string, uuid: string): boolean {
  return said
    .split('\n')
    .some(
      (line) => line.includes(`"${uuid}"`) && /changed since|more rows of this call|unconfirmed/.test(line),
    );
}

/** What is wrong at the end of the history of a seed; nothing where all arrived as it was written, or it was told why not. */
async function faultsOf(seed: number): Promise<readonly string[]> {
  const { sandbox, env } = await service({ seed, maxPerSecond: 1_000_000 });
  const place = await wayTo(sandbox.port);
  const player = new Player(historyOf(seed), place, { ...env, AMOCALLS_BASE_URL: place.url });
  const missing = () => {
    const held = new Set(sandbox.calls().map(({ uuid }) => uuid));
    return player.log.fates().filter(({ uuid, mayMiss }) => !mayMiss && !held.has(uuid));
  };
  try {
    await player.play();
    await player.finish(() => missing().length === 0);
    const said = player.said.join('');
    const fates = new Map(player.log.fates().map((fate) => [fate.uuid, fate]));
    const unconfirmed = await player.unconfirmed([...fates.keys()]);
    const lost = missing().filter(({ uuid }) => !unconfirmed.has(uuid));
    const faults = [
      ...lost.map(({ uuid }) => `${uuid} is lost`),
      ...sandbox.calls().flatMap((call) => faultsIn(call, fates.get(call.uuid), said)),
      ...player.faults,
      ...(said.includes('bug in amocalls') ? ['a bug'] : []),
    ];
    return faults.length === 0 ? [] : [`seed ${seed}`, ...faults, said, player.log.show()];
  } finally {
    await player.stop();
    place.close();
  }
}

/** What is wrong with a call that arrived. */
function faultsIn(call: QueuedCall, fate: CallFate | undefined, said: string): readonly string[] {
  const { uuid, times, to, billsec, date } = call;
  if (fate === undefined) return [`${uuid} was never written`];
  const [is, was] = [`${to} ${billsec} ${date}`, `${fate.to} ${fate.billsec} ${fate.date}`];
  return [
    ...(times > 1 ? [`${uuid} arrived ${times} times`] : []),
    ...(is !== was && !fate.mayDiffer ? [`${uuid} is ${is}, not ${was}`] : []),
    ...(is !== was && !fate.mayMiss && !isTold(said, uuid) ? [`${uuid} differs, and nobody told`] : []),
  ];
}

/** So many histories are played at once: most of the time they wait. */
const atOnce = 10;
const rounds = size(25, 1000);
const groups = seeds.flatMap((seed) =>
  Array.from({ length: rounds / atOnce }, (_, group) => (seed - 1) * rounds + group * atOnce + 1),
);

test.each(groups)(
  'a log that grows, is rotated and read arrives as it was written (ten seeds from %i on)',
  async (first) => {
    const played = Array.from({ length: atOnce }, (_, index) => faultsOf(first + index));
    expect((await Promise.all(played)).flat().join('\n')).toBe('');
  },
  120_000,
);
