// What a pattern with thousands of files costs: a CUCM writes one a minute. The first start, a restart, and the memory of both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row, spread } from '../compare.mjs';
import { csvHeader, csvLine, records } from '../data.mjs';
import { bin, environment, freshFolder, writeProfile } from '../place.mjs';
import { createPlainServer } from '../plain-server.mjs';

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export async function many({ smoke }) {
  const files = smoke ? 100 : 10_000;
  const arrived = new Set();
  let requested = 0;
  const server = await createPlainServer(0, (uuids) => {
    requested += uuids.length;
    for (const uuid of uuids) arrived.add(uuid);
  });
  const folder = freshFolder('many');
  writeProfile(folder, server.facts);
  mkdirSync(join(folder, 'cdr'));
  const write = (record, number) => {
    const name = join(folder, 'cdr', `cdr_${String(number).padStart(6, '0')}.csv`);
    writeFileSync(name, `${csvHeader}\n${csvLine(record)}\n`);
    return name;
  };
  [...records(files)].forEach(write);
  try {
    const first = await started(folder, () => arrived.size === files);
    const firstEnd = await first.stop();
    // A new file, and a row in an old one: when both arrived, the restart is over.
    const [fresh, late] = [...records(2, files)];
    write(fresh, files);
    appendFileSync(join(folder, 'cdr', 'cdr_000000.csv'), `${csvLine(late)}\n`);
    const again = await started(folder, () => arrived.has(fresh.uuid) && arrived.has(late.uuid));
    const idle = await again.idle(smoke ? 1 : 60);
    const againEnd = await again.stop();
    if (requested !== files + 2) throw new Error(`${requested} calls arrived of ${files + 2}`);
    const megabytes = { atMost: 100, unit: ' MB' };
    return [
      row({ what: `${files} new files: all arrived after`, unit: 's', value: spread([first.seconds]) }),
      row({ what: 'the most memory', unit: 'MB', value: spread([firstEnd]), goal: megabytes }),
      row({
        what: 'a restart, one new file, one new row: both arrived after',
        unit: 's',
        value: spread([again.seconds]),
        goal: { atMost: 3, unit: ' s' },
      }),
      row({ what: 'the most memory of it', unit: 'MB', value: spread([againEnd]), goal: megabytes }),
      row({
        what: 'processor, a minute without a line',
        unit: 's',
        value: spread([idle]),
        goal: { atMost: 0.2, unit: ' s' },
      }),
    ];
  } finally {
    server.close();
  }
}

/** Starts following all files, and waits for what is to arrive. */
async function started(folder, isDone) {
  const out = openSync(join(folder, 'out'), 'a');
  const begun = performance.now();
  const child = spawn(
    process.execPath,
    [bin, 'follow', 'cdr/cdr_*.csv', '--ledger', 'ledger.db', '--rate', '0', '--settle', '0', '--quiet'],
    { cwd: folder, env: environment(folder), stdio: ['ignore', out, out] },
  );
  const ended = once(child, 'exit');
  for (const end = Date.now() + 300_000; !isDone(); await pause(5)) {
    if (Date.now() > end || child.exitCode !== null)
      throw new Error(`not all arrived: ${readFileSync(join(folder, 'out'), 'utf8').slice(-2000)}`);
  }
  const seconds = (performance.now() - begun) / 1000;
  const read = (file) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  const processor = () => {
    const fields = read('stat').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  };
  return {
    seconds,
    /** Seconds of the processor in so many seconds. */
    async idle(duration) {
      await pause(2000);
      const before = processor();
      await pause(duration * 1000);
      return processor() - before;
    },
    /** Ends it; gives the most megabytes that it ever held. */
    async stop() {
      const most = Number(/VmHWM:\s+(\d+)/.exec(read('status'))[1]) / 1000;
      child.kill('SIGTERM');
      await ended;
      return most;
    },
  };
}
