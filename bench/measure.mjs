// Times processes from outside, in turn, and tells medians.
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spread } from './compare.mjs';

/** Runs a process to its end; gives the milliseconds from its spawn to its exit, and what it printed. */
export function timed([command, ...args], { cwd, env, codes = [0] }) {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-bench-'));
  const out = openSync(join(folder, 'out'), 'w');
  const error = openSync(join(folder, 'err'), 'w');
  try {
    const started = performance.now();
    const ended = spawnSync(command, args, { cwd, env, stdio: ['ignore', out, error] });
    const milliseconds = performance.now() - started;
    if (ended.error) throw ended.error;
    const stdout = readFileSync(join(folder, 'out'), 'utf8');
    if (!codes.includes(ended.status)) {
      const words = `${stdout.slice(-1000)}\n${readFileSync(join(folder, 'err'), 'utf8').slice(-2000)}`;
      throw new Error(
        `${[command, ...args].join(' ')} ended with ${ended.status ?? ended.signal}:\n${words}`,
      );
    }
    return { milliseconds, stdout };
  } finally {
    closeSync(out);
    closeSync(error);
    rmSync(folder, { recursive: true });
  }
}

/** Starts the server in a process of its own. */
export async function startServer(latencyMs = 0) {
  const child = fork(fileURLToPath(new URL('server.mjs', import.meta.url)), [String(latencyMs)]);
  const [facts] = await once(child, 'message');
  return {
    ...facts,
    async queued() {
      child.send('queued?');
      const [{ queued }] = await once(child, 'message');
      return queued;
    },
    stop: () => child.kill(),
  };
}

/**
 * Lets peers run in turn: warm-up rounds first, then the counted ones.
 *
 * @param peers name to a function that runs once and gives a number
 * @returns name to `{ median, least, most, samples }`
 */
export async function race(peers, { runs, warmUps = 1 }) {
  const samples = new Map(Object.keys(peers).map((name) => [name, []]));
  for (let round = -warmUps; round < runs; round++) {
    for (const [name, run] of Object.entries(peers)) {
      const value = await run(round + warmUps);
      if (round >= 0) samples.get(name).push(value);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, spread(values)]));
}

/** A run that sends: fails unless the server took all of the rows. */
export function sending(server, rows, run) {
  return async (round) => {
    const before = await server.queued();
    const value = await run(round);
    const taken = (await server.queued()) - before;
    if (taken !== rows) throw new Error(`the server took ${taken} calls of ${rows}`);
    return value;
  };
}
