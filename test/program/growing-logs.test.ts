import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/server.js';
import { linesOf } from '../pipeline/log-history.js';
import { eventually, follow } from './following.js';
import { amocalls, calls, csv, runsOnNode, service, workdir } from './harness.js';

const asterisk = ['--preset', 'asterisk', '--timezone', 'UTC'];

/** A log with this content, a service, and what follows the log. */
async function logOf(content: string, options: Partial<SandboxOptions> = {}) {
  const { sandbox, env } = await service(options);
  const cwd = workdir({ 'Master.csv': content });
  const log = path.join(cwd, 'Master.csv');
  return {
    sandbox,
    log,
    start: (...args: readonly string[]) => follow(['Master.csv', ...args], { cwd, env }),
    run: (...args: readonly string[]) =>
      amocalls(['import', 'Master.csv', '--unattended', '--output', 'json', ...args], { cwd, env }),
    /** Waits until the service holds these calls, each once, and no others. */
    holds: (uuids: readonly string[]) =>
      eventually(() => {
        expect(sandbox.calls().filter(({ times }) => times !== 1)).toEqual([]);
        expect(
          sandbox
            .calls()
            .map(({ uuid }) => uuid)
            .sort(),
        ).toEqual([...uuids].sort());
      }),
  };
}

/** The rows of a call to a ring group that talked for ten minutes and ends now; those of the legs that nobody answered come first. */
function burst(): readonly string[] {
  const call = { number: 1, talk: 600, shape: 'burst', rows: [] } as const;
  return linesOf(call, Math.floor(Date.now() / 1000)).lines;
}

test('rows that are written one after the other at the end of a long talk are one call of ten minutes', async () => {
  const { sandbox, log, start } = await logOf('');
  const running = start(...asterisk, '--settle', '2s');
  await pause(300);
  for (const line of burst()) {
    appendFileSync(log, line);
    await pause(50);
  }
  await eventually(() => expect(sandbox.calls()).toMatchObject([{ to: '103', billsec: '600' }]));
  const { stdout } = await running.stop();
  expect(stdout).not.toContain('"duplicate",');
});

test('an unattended run between two rows of a call leaves it waiting, and a later one sends it whole', async () => {
  const { sandbox, log, run } = await logOf('');
  const [first = '', ...others] = burst();
  await run(...asterisk, '--settle', '3s');
  appendFileSync(log, first);
  expect(JSON.parse((await run(...asterisk, '--settle', '3s')).stdout).summary).toMatchObject({ waiting: 1 });
  appendFileSync(log, others.join(''));
  await run(...asterisk, '--settle', '3s');
  expect(sandbox.calls()).toEqual([]);
  await pause(4000);
  await run(...asterisk, '--settle', '3s');
  expect(sandbox.calls()).toMatchObject([{ to: '103', billsec: '600' }]);
});

const header = csv([]);
const rows = (from: number, to: number) =>
  calls(to)
    .slice(from)
    .map((row) => `${row.join(',')}\n`)
    .join('');
const uuids = (count: number) => calls(count).map(([uuid]) => String(uuid));

test.each(['follow', 'an unattended run'])(
  'the unread end of a log that was rotated and compressed while nobody read it is sent, by %s',
  async (reader) => {
    const { log, start, run, holds } = await logOf(header + rows(0, 2));
    const read = async (count: number) => {
      const running = reader === 'follow' ? start() : await run();
      await holds(uuids(count));
      if ('stop' in running) await running.stop();
    };
    await read(2);
    appendFileSync(log, rows(2, 4));
    writeFileSync(`${log}.1.gz`, gzipSync(readFileSync(log)));
    rmSync(log);
    writeFileSync(log, header + rows(4, 5));
    await read(5);
  },
);

test.each(['while it is followed', 'between two starts', 'between two unattended runs'])(
  'a log that is copied and cut goes on without its header, one of whose names is empty: %s',
  async (when) => {
    const line = (number: number) =>
      `u${number};7495000000${number};101;${1_732_000_000 + number};5;inbound;\n`;
    const { log, start, run, holds } = await logOf(`uuid;caller;to;date;billsec;type;\n${line(1)}${line(2)}`);
    const isFollowed = when !== 'between two unattended runs';
    let running = isFollowed ? start() : undefined;
    if (!isFollowed) await run();
    await holds(['u1', 'u2']);
    if (when === 'between two starts') await running?.stop();
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    for (const number of [3, 4, 5, 6]) appendFileSync(log, line(number));
    if (when === 'between two starts') running = start();
    if (!isFollowed) expect(await run()).toMatchObject({ code: 0 });
    await holds(['u1', 'u2', 'u3', 'u4', 'u5', 'u6']);
    await running?.stop();
  },
);

test('one call that nobody confirmed holds nothing up: rotations, while it is followed and while not, lose no other', async () => {
  const { log, start, holds } = await logOf(header + rows(0, 1), { forgetPattern: /^call-0$/ });
  let running = start();
  await eventually(() => expect(running.stdout()).toContain('unconfirmed'));
  appendFileSync(log, rows(1, 10));
  await holds(uuids(10).slice(1));
  renameSync(log, `${log}.1`);
  writeFileSync(log, header + rows(10, 20));
  await holds(uuids(20).slice(1));
  await running.stop();
  appendFileSync(log, rows(20, 40));
  rmSync(`${log}.1`);
  renameSync(log, `${log}.2`);
  writeFileSync(log, header + rows(40, 50));
  running = start();
  await holds(uuids(50).slice(1));
  await eventually(() =>
    expect(running.stderr()).toMatch(/the file that was read up to line 11 at .* UTC is gone: 1 row/),
  );
  const { stdout } = await running.stop();
  expect(stdout.match(/"accepted",/g)).toHaveLength(30);
});

test('NUL bytes that a power cut left are a row with a reason; the rows behind them are sent', async () => {
  const { log, start, holds } = await logOf(header + rows(0, 2));
  const running = start();
  await holds(uuids(2));
  appendFileSync(log, `${Buffer.alloc(5000).toString('latin1')}${rows(2, 3)}${rows(3, 5)}`);
  await holds(uuids(5).filter((uuid) => uuid !== 'call-2'));
  const { stdout } = await running.stop();
  expect(stdout.match(/a NUL byte/g)).toHaveLength(1);
});

test('a rotated log that this Node cannot decompress is told with what to do, and keeps the rest from nobody', async ({
  skip,
}) => {
  const readsZstd = !runsOnNode || Reflect.has(await import('node:zlib'), 'createZstdDecompress');
  skip(readsZstd, 'the Node of the program reads zstd');
  const { log, start, holds } = await logOf(header + rows(0, 2));
  let running = start();
  await holds(uuids(2));
  await running.stop();
  renameSync(log, `${log}.1`);
  appendFileSync(`${log}.1`, rows(2, 3));
  // The first bytes of a zstd frame.
  writeFileSync(`${log}.1.zst`, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 4, 0, 1, 0, 0]));
  rmSync(`${log}.1`);
  writeFileSync(log, header + rows(3, 5));
  running = start();
  await holds(uuids(5).filter((uuid) => uuid !== 'call-2'));
  await eventually(() => expect(running.stderr()).toMatch(/Master\.csv\.1\.zst: is compressed with zstd/));
  const { stderr } = await running.stop();
  expect(stderr.match(/compressed with zstd/g)).toHaveLength(1);
});

test('an empty file in place of the log is no error, however it came there, and what is written to it later is read', async () => {
  const [first, second, third] = [1, 2, 3].map((number) => calls(1, `c${number}`));
  const { sandbox, log, run } = await logOf(csv(first ?? []));
  const uuids = () => sandbox.calls().map(({ uuid }) => uuid);
  await run();
  appendFileSync(
    log,
    csv(second ?? [])
      .split('\n')
      .slice(1)
      .join('\n'),
  );
  renameSync(log, `${log}.1`);
  writeFileSync(log, '');
  for (const code of [0, 0]) expect((await run()).code).toBe(code);
  writeFileSync(log, csv(third ?? []));
  await run();
  expect(uuids()).toHaveLength(3);
  truncateSync(log);
  expect((await run()).code).toBe(0);
  rmSync(log);
  writeFileSync(log, '');
  for (const code of [0, 0]) expect((await run()).code).toBe(code);
  appendFileSync(log, csv(calls(1, 'c4')));
  await run();
  expect(uuids()).toHaveLength(4);
});

test.each<[string, (folder: string, rest: string, next: string) => void]>([
  [
    'is turned to another file',
    (folder, rest, next) => {
      appendFileSync(path.join(folder, 'logs/a.csv'), rest);
      writeFileSync(path.join(folder, 'logs/b.csv'), next);
      rmSync(path.join(folder, 'Master.csv'));
      symlinkSync('logs/b.csv', path.join(folder, 'Master.csv'));
    },
  ],
  [
    'leads to a file that is rotated where it is',
    (folder, rest, next) => {
      const file = path.join(folder, 'logs/a.csv');
      appendFileSync(file, rest);
      writeFileSync(`${file}.1.gz`, gzipSync(readFileSync(file)));
      rmSync(file);
      writeFileSync(file, next);
    },
  ],
])('a link that %s between two runs: the unread end of the old file is sent', async (_, rotate) => {
  const { sandbox, log, run } = await logOf('');
  const folder = path.dirname(log);
  rmSync(log);
  mkdirSync(path.join(folder, 'logs'));
  writeFileSync(path.join(folder, 'logs/a.csv'), header + rows(1, 2));
  symlinkSync('logs/a.csv', log);
  await run();
  rotate(folder, rows(2, 3), header + rows(3, 4));
  for (const code of [0, 0]) expect((await run()).code).toBe(code);
  expect(sandbox.calls().map(({ uuid, times }) => [uuid, times])).toEqual(
    uuids(4)
      .slice(1)
      .map((uuid) => [uuid, 1]),
  );
});

test.each(['', '\n'])(
  'a list that a phone system writes anew, ended with %j, is read whole by each run',
  async (end) => {
    const { sandbox, env } = await service({});
    const cwd = workdir({});
    const write = (...uuids: readonly string[]) => {
      const list = uuids.map((uuid) => ({
        ...{ uuid, caller: '74950000001', to: '101', date: 1_732_000_000, type: 'inbound', billsec: 5 },
      }));
      writeFileSync(path.join(cwd, 'calls.json'), JSON.stringify(list) + end);
      return amocalls(['import', 'calls.json', '--unattended'], { cwd, env });
    };
    expect(await write('u1', 'u2')).toMatchObject({ code: 0 });
    expect(await write('u1', 'u2', 'u3')).toMatchObject({ code: 0 });
    expect(await write('u4')).toMatchObject({ code: 0 });
    expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['u1', 'u2', 'u3', 'u4']);
  },
);

/** Nobody has written to a file for an hour. */
const age = (file: string) => {
  const at = Date.now() / 1000 - 3600;
  utimesSync(file, at, at);
};

test.each([
  'is written anew',
  'is written anew without a header',
  'is new beside a rotated one that is not read to its end',
])('one row without a line end in a known log that %s is sent when nobody writes on', async (how) => {
  const { log, run, holds } = await logOf(header + rows(0, 2));
  await run();
  await holds(uuids(2));
  const first = how.endsWith('header') ? '' : header;
  if (how.startsWith('is new')) {
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, rows(2, 3));
  } else truncateSync(log);
  const sent = how.startsWith('is new') ? 3 : 2;
  writeFileSync(log, first + rows(sent, sent + 1).trimEnd());
  // Half a line perhaps, as long as it is young.
  expect(await run()).toMatchObject({ code: 0 });
  await holds(uuids(sent));
  age(log);
  expect(await run()).toMatchObject({ code: 0 });
  await holds(uuids(sent + 1));
  appendFileSync(log, `\n${rows(sent + 1, sent + 2)}`);
  expect(await run()).toMatchObject({ code: 0 });
  await holds(uuids(sent + 2));
});

test('one line of NDJSON without a line end in a known log is sent when nobody writes on', async () => {
  const { sandbox, env } = await service({});
  const cwd = workdir({});
  const file = path.join(cwd, 'calls.ndjson');
  const line = (uuid: string) =>
    JSON.stringify({
      uuid,
      caller: '74950000001',
      to: '101',
      date: 1_732_000_000,
      type: 'inbound',
      billsec: 5,
    });
  const run = () => amocalls(['import', 'calls.ndjson', '--unattended'], { cwd, env });
  writeFileSync(file, `${line('u1')}\n${line('u2')}\n`);
  await run();
  writeFileSync(file, line('u3'));
  age(file);
  for (const code of [0, 0]) expect((await run()).code).toBe(code);
  expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['u1', 'u2', 'u3']);
});

test('half a header in a known log is quiet, and its rows are sent when it is whole', async () => {
  const { log, run, holds } = await logOf(header + rows(0, 2));
  await run();
  truncateSync(log);
  writeFileSync(log, header.slice(0, 20));
  for (const makeOld of [() => undefined, age]) {
    makeOld(log);
    expect(await run()).toMatchObject({ code: 0, stderr: '' });
  }
  appendFileSync(log, header.slice(20) + rows(2, 3));
  expect(await run()).toMatchObject({ code: 0 });
  await holds(uuids(3));
});

test.each([
  ['rows', header + rows(3, 4)],
  ['nothing yet', ''],
])(
  'an unattended run tells of rows that nobody read and that are gone, once, where the new log holds %s',
  async (_, next) => {
    const { log, run, holds } = await logOf(header + rows(0, 2), { forgetPattern: /^call-1$/ });
    await run();
    rmSync(log);
    writeFileSync(log, next);
    const { code, stdout } = await run();
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /the file that was read up to line 3 at .* UTC is gone: 1 row needs attention.*"line":3/,
    );
    expect(await run()).toMatchObject({ code: 0 });
    await holds(next === '' ? uuids(1) : ['call-0', 'call-3']);
  },
);

test.each(['.1.xz', '.1.gz'])(
  'an unattended run tells of a rotated log that cannot be decompressed, %s, once, and a later one reads it when it can',
  async (suffix) => {
    const { log, run, holds } = await logOf(header + rows(0, 2));
    await run();
    await holds(uuids(2));
    appendFileSync(log, rows(2, 4));
    const whole = gzipSync(readFileSync(log));
    const broken =
      suffix === '.1.gz' ? whole.subarray(0, -20) : Buffer.from('\xfd7zXZ\0\0\x04 and more', 'latin1');
    writeFileSync(`${log}${suffix}`, broken);
    rmSync(log);
    writeFileSync(log, header + rows(4, 5));
    const { code, stdout } = await run();
    expect(code).toBe(3);
    expect(stdout).toContain(`Master.csv${suffix}`);
    const again = await run();
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('"calls":[]');
    writeFileSync(log, header + rows(4, 6));
    rmSync(`${log}${suffix}`);
    writeFileSync(`${log}.1.gz`, whole);
    expect(await run()).toMatchObject({ code: 0 });
    await holds(uuids(6));
  },
);
