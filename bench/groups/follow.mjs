// What following a growing file costs: from the write to the arrival, over a day of a busy PBX, and while nothing is written.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row, spread } from '../compare.mjs';
import { csvHeader, csvLine, records } from '../data.mjs';
import { bin, environment, freshFolder, writeProfile } from '../place.mjs';
import { createPlainServer } from '../plain-server.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function until(isTrue, what) {
  for (const end = Date.now() + 120_000; !isTrue(); await pause(5))
    if (Date.now() > end) throw new Error(`after two minutes: ${what}`);
}

export async function follow({ smoke }) {
  const place = await start();
  try {
    const latency = await latencies(place, smoke ? 5 : 200);
    const idle = await idleSeconds(place, smoke ? 1 : 60);
    const day = await endurance(place, smoke ? { rows: 5000, batch: 500 } : { rows: 1_000_000, batch: 5000 });
    return [...latency, ...idle, ...day];
  } finally {
    await place.stop();
  }
}

/** A log of one call that is followed, and a server in this process, so that one clock times both. */
async function start() {
  const arrivals = new Map();
  let twice = 0;
  const server = await createPlainServer(0, (uuids) => {
    const now = performance.now();
    for (const uuid of uuids) {
      if (arrivals.has(uuid)) twice += 1;
      arrivals.set(uuid, now);
    }
  });
  const folder = freshFolder('follow');
  writeProfile(folder, server.facts);
  const log = join(folder, 'log.csv');
  let written = 0;
  const write = (count) => {
    const fresh = [...records(count, written)];
    written += count;
    appendFileSync(log, fresh.map((record) => `${csvLine(record)}\n`).join(''));
    return fresh.at(-1).uuid;
  };
  writeFileSync(log, `${csvHeader}\n`);
  write(1);
  const out = openSync(join(folder, 'out'), 'w');
  const child = spawn(
    process.execPath,
    [bin, 'follow', 'log.csv', '--ledger', 'ledger.db', '--rate', '0', '--settle', '0', '--quiet'],
    { cwd: folder, env: environment(folder), stdio: ['ignore', out, out] },
  );
  const ended = once(child, 'exit');
  await until(() => arrivals.size === 1, 'nothing arrived');
  return {
    arrivals,
    write,
    written: () => written,
    twice: () => twice,
    rotate(number) {
      renameSync(log, `${log}.${number}`);
      writeFileSync(log, `${csvHeader}\n`);
    },
    megabytes: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1000,
    /** Of the processor, user and system together; the kernel counts in hundredths. */
    seconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      server.close();
      if (code !== 143)
        throw new Error(`follow ended with ${code}: ${readFileSync(join(folder, 'out'), 'utf8')}`);
    },
  };
}

/** From the write of a line to the arrival of its request. */
async function latencies({ arrivals, write }, count) {
  const samples = [];
  for (let number = 0; number < count; number++) {
    await pause(50 + ((number * 37) % 100));
    const from = performance.now();
    const uuid = write(1);
    await until(() => arrivals.has(uuid), `${uuid} did not arrive`);
    samples.push(arrivals.get(uuid) - from);
  }
  const value = spread(samples);
  const late = [...samples].sort((one, other) => one - other)[Math.ceil(count * 0.95) - 1];
  return [
    row({ what: 'from the write to the arrival', value, goal: { atMost: 100, unit: ' ms' } }),
    row({
      what: 'the same, 95 of 100',
      value: { ...value, median: late },
      goal: { atMost: 300, unit: ' ms' },
    }),
  ];
}

async function idleSeconds({ seconds }, duration) {
  await pause(Math.min(duration, 5) * 1000);
  const before = seconds();
  await pause(duration * 1000);
  const value = spread([seconds() - before]);
  return [
    row({
      what: `processor, ${duration} s without a line`,
      unit: 's',
      value,
      goal: { atMost: 0.2, unit: ' s' },
    }),
  ];
}

/** Many rows as fast as they are taken, with five rotations; what the process held in the first and the last tenth. */
async function endurance(place, { rows, batch }) {
  const tenths = Array.from({ length: 10 }, () => []);
  const steps = rows / batch;
  const started = performance.now();
  for (let step = 0; step < steps; step++) {
    if (step > 0 && step % Math.ceil(steps / 6) === 0) place.rotate(step);
    place.write(batch);
    await until(() => place.written() - place.arrivals.size < 4 * batch, 'calls do not arrive');
    tenths[Math.floor((step * 10) / steps)].push(place.megabytes());
  }
  await until(
    () => place.arrivals.size === place.written(),
    `${place.arrivals.size} of ${place.written()} arrived`,
  );
  const took = (performance.now() - started) / 1000;
  if (place.twice() > 0) throw new Error(`${place.twice()} calls arrived twice`);
  const first = spread(tenths[0]);
  const last = spread(tenths[9]);
  return [
    row({ what: `${rows} rows, 5 rotations, each once`, unit: 'rows/s', value: spread([rows / took]) }),
    row({ what: 'memory in the first tenth of them', unit: 'MB', value: first }),
    row({ what: 'memory in the last tenth', unit: 'MB', value: last, against: first, goal: { atMost: 1.1 } }),
    row({
      what: 'the most memory',
      unit: 'MB',
      value: spread([Math.max(...tenths.flat())]),
      goal: { atMost: 100, unit: ' MB' },
    }),
  ];
}
