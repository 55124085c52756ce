import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  renameSync,
  rmdirSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.js';
import { logLine, ringGroup } from './asterisk-log.js';
import { eventually, follow, followAsProgram } from './following.js';
import { amocalls, begin, calls, csv, service, workdir } from './harness.js';

const isRoot = process.getuid?.() === 0;

/** Lines of calls, without a header. */
function lines(prefix: string, count = 1): string {
  return csv(calls(count, prefix)).split('\n').slice(1).join('\n');
}

function uuidsOf(prefix: string, count: number): readonly string[] {
  return calls(count, prefix).map(([uuid]) => String(uuid));
}

/** A folder with a log of three calls, a service, and what follows the log. */
async function logOf(options: Partial<SandboxOptions> = {}) {
  const { sandbox, env } = await service(options);
  const cwd = workdir({ 'Master.csv': csv(calls(3, 'first')) });
  const log = path.join(cwd, 'Master.csv');
  const start = (...args: readonly string[]) => follow(['Master.csv', ...args], { cwd, env });
  const startAsProgram = (...args: readonly string[]) =>
    followAsProgram(['Master.csv', ...args], { cwd, env });
  return { sandbox, env, cwd, log, start, startAsProgram };
}

/** Waits until the sandbox holds these calls, each once, and no others. */
function holds(sandbox: Sandbox, uuids: readonly string[]): Promise<void> {
  return eventually(() => {
    const all = sandbox.calls();
    expect(all.map(({ uuid }) => uuid).sort()).toEqual([...uuids].sort());
    expect(all.filter(({ times }) => times !== 1)).toEqual([]);
  });
}

const first = uuidsOf('first', 3);

describe('calls leave as they are written', () => {
  test('what is there at the start, then each line', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start('--settle', '0');
    await holds(sandbox, first);
    for (const name of ['second', 'third']) {
      appendFileSync(log, lines(name));
      await eventually(() => expect(sandbox.calls().at(-1)?.uuid).toBe(`${name}-0`));
    }
    const { code, stderr } = await running.stop();
    expect(code, stderr).toBe(143);
    const outcomes = running.outcomes();
    expect(outcomes.slice(0, -1).map(({ status, line }) => [status, line])).toEqual(
      [2, 3, 4, 5, 6].map((line) => ['accepted', line]),
    );
    expect(outcomes.at(-1)).toMatchObject({ summary: { read: 5, accepted: 5 } });
  });

  test('a ring group whose rows come one after the other is one call with its talk time', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'Master.csv': '' });
    const args = ['Master.csv', '--preset', 'asterisk', '--timezone', 'UTC', '--settle', '1s'];
    const running = follow(args, { cwd, env });
    const rows = ringGroup(1, Math.floor(Date.now() / 1000));
    for (const row of rows) {
      appendFileSync(path.join(cwd, 'Master.csv'), logLine(row));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually(() => expect(sandbox.calls()).toHaveLength(1));
    expect(sandbox.calls()).toMatchObject([
      { uuid: rows.at(-1)?.uniqueid, type: 'inbound', to: '103', billsec: '17', times: 1 },
    ]);
    expect((await running.stop()).code).toBe(143);
    expect(running.outcomes().filter(({ status }) => status === 'accepted')).toHaveLength(1);
  });

  test('the calls of a pipe that ended are waited for: nobody can read it again; import says so', async () => {
    const { sandbox, env } = await service();
    const preset = ['--preset', 'asterisk', '--timezone', 'UTC', '--format', 'csv', '--settle', '3s'];
    const rows = ringGroup(1, Math.floor(Date.now() / 1000))
      .map(logLine)
      .join('');
    const running = follow(['-', ...preset], { cwd: workdir(), env, input: rows });
    expect((await running.ended).code).toBe(0);
    expect(sandbox.calls()).toMatchObject([{ to: '103', billsec: '17', times: 1 }]);
    expect(running.stderr()).not.toContain('waiting');

    const fresh = ringGroup(2, Math.floor(Date.now() / 1000) + 60)
      .map(logLine)
      .join('');
    const once = await amocalls(['import', '-', ...preset], { cwd: workdir(), env, input: fresh });
    expect([once.code, once.stderr]).toEqual([
      0,
      expect.stringMatching(
        /1 call is waiting.*\n.*cannot be read again: give the rows of these calls once more/,
      ),
    ]);
  });

  test('a call that comes again with other content is reported as changed, and not sent', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    const [uuid, ...rest] = calls(1, 'first')[0] ?? [];
    const longer = [uuid, ...rest.slice(0, -2), 77, ''].join(',');
    appendFileSync(log, `${longer}\n${lines('next')}`);
    await holds(sandbox, [...first, 'next-0']);
    await eventually(() =>
      expect(running.outcomes().filter(({ changed }) => changed === true)).toMatchObject([
        { uuid: 'first-0', status: 'duplicate', line: 5 },
      ]),
    );
    expect((await running.stop()).code).toBe(143);
    expect(running.stderr().match(/first-0/g)).toHaveLength(1);
  });

  test('standard input, line by line, until it ends', async () => {
    const { sandbox, env } = await service();
    const running = follow(['-', '--format', 'csv'], { cwd: workdir(), env, isInputOpen: true });
    running.write(csv(calls(1, 'piped')));
    await holds(sandbox, ['piped-0']);
    running.write(lines('next'));
    await holds(sandbox, ['piped-0', 'next-0']);
    running.close();
    expect((await running.ended).code).toBe(0);
  });
});

describe('which files', () => {
  test('one that does not exist yet', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir();
    const running = follow(['late.csv'], { cwd, env });
    await eventually(() => expect(running.stderr()).toContain('no such file yet'));
    writeFileSync(path.join(cwd, 'late.csv'), csv(calls(2, 'late')));
    await holds(sandbox, uuidsOf('late', 2));
    expect((await running.stop()).code).toBe(143);
  });

  test('several, and those that a pattern matches, also later ones', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'a.csv': csv(calls(1, 'a')), 'cdr-20241124.csv': csv(calls(1, 'day')) });
    const running = follow(['a.csv', 'cdr-%Y%m%d.csv'], { cwd, env });
    await holds(sandbox, ['a-0', 'day-0']);
    writeFileSync(path.join(cwd, 'cdr-20241125.csv'), csv(calls(1, 'next')));
    appendFileSync(path.join(cwd, 'a.csv'), lines('more'));
    await holds(sandbox, ['a-0', 'day-0', 'next-0', 'more-0']);
    expect((await running.stop()).code).toBe(143);
  });
});

describe('the place of a call', () => {
  const hidden = ['hidden', 'anonymous', '101', '1700000000', 'inbound', '0', ''];

  test('under a pattern is the file that it matched: outcomes, warnings, and problems that are reported once', async () => {
    const { sandbox, env } = await service();
    const [spoken = []] = calls(1, 'spoken');
    const linked = [...spoken.slice(0, -1), 'http://pbx.example/1.mp3'];
    const cwd = workdir({ 'm1.csv': csv(calls(2, 'one')), 'm2.csv': csv([hidden, linked]) });
    const running = follow(['m*.csv'], { cwd, env });
    await holds(sandbox, ['one-0', 'one-1', 'spoken-0']);
    await eventually(() => expect(running.stderr()).toContain('link'));
    await running.stop();
    const places = running.outcomes().slice(0, -1);
    expect(Object.fromEntries(places.map(({ uuid, file, line }) => [uuid, `${file}:${line}`]))).toEqual({
      'one-0': 'm1.csv:2',
      'one-1': 'm1.csv:3',
      hidden: 'm2.csv:2',
      'spoken-0': 'm2.csv:3',
    });
    expect(running.stderr()).toContain('m*.csv: 1 link is not https');
    expect(running.stderr()).toContain('(m2.csv, line 3)');
    const problems = async () => {
      const { stdout } = await amocalls(['history', '--problems', '--output', 'json'], { cwd, env });
      return JSON.parse(stdout).problems;
    };
    const known = { uuid: 'hidden', file: path.join(cwd, 'm2.csv'), line: 2 };
    expect(await problems()).toMatchObject([known]);
    appendFileSync(path.join(cwd, 'm1.csv'), lines('more'));
    const again = follow(['m*.csv'], { cwd, env });
    await holds(sandbox, ['one-0', 'one-1', 'spoken-0', 'more-0']);
    await again.stop();
    expect(again.outcomes().slice(0, -1)).toMatchObject([{ uuid: 'more-0', file: 'm1.csv', line: 4 }]);
    const unattended = await amocalls(['import', 'm2.csv', '--unattended'], { cwd, env });
    expect(unattended).toMatchObject({ code: 0, stdout: '' });
    expect(await problems()).toHaveLength(1);
  });

  test('is in the file of its first row where a preset merges rows', async () => {
    const { env } = await service();
    const row = (at: number) => ringGroup(at, 1_700_000_000).map(logLine).join('');
    const cwd = workdir({ 'm1.csv': row(1), 'm2.csv': row(2) });
    const args = ['m*.csv', '--preset', 'asterisk', '--timezone', 'UTC', '--settle', '0'];
    const running = follow(args, { cwd, env });
    await eventually(() => expect(running.outcomes()).toHaveLength(2));
    await running.stop();
    const places = running.outcomes().slice(0, 2);
    expect(places).toMatchObject([
      { file: 'm1.csv', line: 1 },
      { file: 'm2.csv', line: 1 },
    ]);
  });

  test('under a plain name is that name, after a rotation too', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    const old = openSync(log, 'a');
    onTestFinished(() => closeSync(old));
    renameSync(log, `${log}.1`);
    writeSync(old, lines('old'));
    writeFileSync(log, csv(calls(1, 'new')));
    await holds(sandbox, [...first, 'old-0', 'new-0']);
    await running.stop();
    expect(
      new Set(
        running
          .outcomes()
          .slice(0, -1)
          .map(({ file }) => file),
      ),
    ).toEqual(new Set(['Master.csv']));
  });
});

describe('rotation loses no call and sends none twice', () => {
  test('by rename, also of lines that are written to the old file after it', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    const old = openSync(log, 'a');
    onTestFinished(() => closeSync(old));
    writeSync(old, lines('before'));
    renameSync(log, `${log}.1`);
    writeSync(old, lines('after'));
    writeFileSync(log, csv(calls(2, 'new')));
    await holds(sandbox, [...first, 'before-0', 'after-0', ...uuidsOf('new', 2)]);
    expect((await running.stop()).code).toBe(143);
  });

  test('by copytruncate', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    appendFileSync(log, lines('before'));
    copyFileSync(log, `${log}.1`);
    truncateSync(log);
    appendFileSync(log, csv(calls(2, 'new')));
    await holds(sandbox, [...first, 'before-0', ...uuidsOf('new', 2)]);
    expect((await running.stop()).code).toBe(143);
  });
});

describe('a service that is down is waited for', () => {
  test.each([
    ['does not listen', undefined],
    ['answers 503', { '503': 1 }],
  ] as const)('that %s: one line when it goes, one when it is back, nothing lost', async (_, faults) => {
    const { sandbox, log, start } = await logOf();
    const running = start('--concurrency', '1');
    await holds(sandbox, first);
    const { port } = sandbox;
    await sandbox.close();
    const bad = faults && (await startSandbox({ now: Date.now, port, faults }));
    appendFileSync(log, lines('during', 250));
    await eventually(() => expect(running.stderr()).toContain('does not accept calls'));
    await bad?.close();
    const back = await startSandbox({ now: Date.now, port });
    onTestFinished(() => back.close());
    await holds(back, uuidsOf('during', 250));
    appendFileSync(log, lines('after'));
    await holds(back, [...uuidsOf('during', 250), 'after-0']);
    const { code, stderr } = await running.stop();
    expect(code, stderr).toBe(143);
    expect(stderr.match(/does not accept calls/g)).toHaveLength(1);
    expect(stderr.match(/accepts calls again/g)).toHaveLength(1);
    expect(running.outcomes().filter(({ status }) => status === 'unsent')).toEqual([]);
  });

  test('a signal ends the wait', async () => {
    const { log, start, sandbox } = await logOf({ faults: { '503': 1 } });
    const running = start();
    await eventually(() => expect(running.stderr()).toContain('does not accept calls'));
    appendFileSync(log, lines('more'));
    expect((await running.stop()).code).toBe(143);
    expect(sandbox.calls()).toEqual([]);
  });

  test('credentials that are refused end it with 4', async () => {
    const { env } = await service();
    const cwd = workdir({ 'Master.csv': csv(calls(3)) });
    const running = follow(['Master.csv'], { cwd, env: { ...env, AMOCALLS_KEY: 'wrong' } });
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(4);
  });
});

describe('a signal', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s: what is in flight is waited for, then the summary, exit %i', async (signal, exit) => {
    const { sandbox, startAsProgram } = await logOf({
      latencyMs: 400,
      onRequest: () => running.kill(signal),
    });
    const running = startAsProgram();
    const { code, stderr } = await running.ended;
    expect(code, stderr).toBe(exit);
    expect(running.outcomes().at(-1)).toMatchObject({ summary: { accepted: 3, unconfirmed: 0 } });
    expect(sandbox.calls()).toHaveLength(3);
  });
});

describe('a restart', () => {
  test.each([
    ['after a plain stop', 'SIGTERM'],
    ['after kill -9', 'SIGKILL'],
  ] as const)('%s goes on from the checkpoint: nothing lost, nothing read again', async (_, signal) => {
    const { sandbox, log, start, startAsProgram } = await logOf();
    appendFileSync(log, lines('bulk', 500));
    const one = startAsProgram();
    const before = [...first, ...uuidsOf('bulk', 500)];
    await holds(sandbox, before);
    if (signal === 'SIGKILL') {
      // The checkpoint is saved with outcomes, at most once a second.
      await eventually(() => {
        appendFileSync(log, lines(`tick${before.length}`));
        before.push(`tick${before.length}-0`);
        expect(before.length).toBeGreaterThan(600);
      });
      await holds(sandbox, before);
    }
    one.kill(signal);
    await one.ended;
    appendFileSync(log, lines('missed', 5));
    const two = start();
    await holds(sandbox, [...before, ...uuidsOf('missed', 5)]);
    expect((await two.stop()).code).toBe(143);
    const { summary } = two.outcomes().at(-1) ?? {};
    expect(summary).toMatchObject({ accepted: 5 });
    expect(JSON.parse(JSON.stringify(summary)).read).toBeLessThan(signal === 'SIGKILL' ? 300 : 6);
  });

  test('reads the rest of a file that was rotated away while it was down, then the new one', async () => {
    const { sandbox, log, start } = await logOf();
    const one = start();
    await holds(sandbox, first);
    await one.stop();
    appendFileSync(log, lines('rest'));
    renameSync(log, `${log}.1`);
    writeFileSync(log, csv(calls(2, 'new')));
    const two = start();
    await holds(sandbox, [...first, 'rest-0', ...uuidsOf('new', 2)]);
    await two.stop();
    expect(two.outcomes().at(-1)).toMatchObject({ summary: { read: 3, accepted: 3 } });
  });

  test('after kill -9 before the first verdict reads the file that was rotated away since', async () => {
    const { sandbox, log, start, startAsProgram } = await logOf({
      onRequest: () => one.kill('SIGKILL'),
      latencyMs: 100,
    });
    const one = startAsProgram('--on-lost-answer', 'resend');
    expect((await one.ended).signal).toBe('SIGKILL');
    renameSync(log, `${log}.1`);
    writeFileSync(log, csv(calls(1, 'new')));
    const two = start('--on-lost-answer', 'resend');
    await eventually(() =>
      expect(new Set(sandbox.calls().map(({ uuid }) => uuid))).toEqual(new Set([...first, 'new-0'])),
    );
    await two.stop();
  });

  test('reports nothing again that was reported', async () => {
    const { sandbox, log, start, startAsProgram } = await logOf();
    appendFileSync(log, 'hidden,anonymous,101,1700000000,inbound,0,\n');
    const one = startAsProgram();
    await eventually(() => expect(one.outcomes().some(({ status }) => status === 'invalid')).toBe(true));
    await holds(sandbox, first);
    one.kill('SIGKILL');
    await one.ended;
    const two = start();
    appendFileSync(log, lines('more'));
    await holds(sandbox, [...first, 'more-0']);
    await two.stop();
    expect(two.outcomes().filter(({ status }) => status === 'invalid')).toEqual([]);
  });
});

describe('bad input is reported once, survived, and loses nothing', () => {
  /** Follows a log to which something bad happens and after which it is right again. */
  async function survives(spoil: (log: string) => void, repair: (log: string) => void, word: RegExp) {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    spoil(log);
    await eventually(() => expect(running.stderr()).toMatch(word));
    repair(log);
    await eventually(() => expect(sandbox.calls().map(({ uuid }) => uuid)).toContain('after-0'));
    await holds(sandbox, [...first, 'after-0']);
    const { code, stderr } = await running.stop();
    expect(code, stderr).toBe(143);
    expect(stderr.match(new RegExp(word, 'g')), stderr).toHaveLength(1);
  }

  test('a folder in its place', () =>
    survives(
      (log) => {
        renameSync(log, `${log}.1`);
        mkdirSync(log);
      },
      (log) => {
        rmdirSync(log);
        writeFileSync(log, csv(calls(1, 'after')));
      },
      /a folder, not a file/,
    ));

  test('no permission to read the file that came in its place', async ({ skip }) => {
    skip(isRoot, 'root may read every file');
    await survives(
      (log) => {
        renameSync(log, `${log}.1`);
        writeFileSync(log, csv(calls(1, 'after')));
        chmodSync(log, 0);
      },
      (log) => chmodSync(log, 0o600),
      /permission/,
    );
  });

  test('binary data in its place', () =>
    survives(
      (log) => {
        renameSync(log, `${log}.1`);
        writeFileSync(log, Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 2, 3, 255, 254]));
      },
      (log) => {
        renameSync(log, `${log}.2`);
        writeFileSync(log, csv(calls(1, 'after')));
      },
      /compressed/,
    ));

  test('a line of 100 MB without an end', async () => {
    const { sandbox, log, start } = await logOf();
    const running = start();
    await holds(sandbox, first);
    const megabyte = Buffer.alloc(1 << 20, 'x');
    for (let written = 0; written < 100; written++) appendFileSync(log, megabyte);
    await eventually(() => expect(running.stderr()).toContain('longer than 16 MiB'));
    appendFileSync(log, `\n${lines('after')}`);
    await holds(sandbox, [...first, 'after-0']);
    const { code, stderr } = await running.stop();
    expect(code).toBe(143);
    expect(stderr.match(/longer than 16 MiB/g)).toHaveLength(1);
    expect(running.outcomes().filter(({ status }) => status === 'invalid')).toHaveLength(1);
  });
});

test('the log for people has one line an outcome, with its time and no colour', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'Master.csv': csv(calls(1)) });
  const args = ['Master.csv', '--output', 'table'];
  const running = begin(['follow', ...args, '--rate', '0'], { cwd, env: { ...env, FORCE_COLOR: '' } });
  await holds(sandbox, ['call-0']);
  running.interrupt('SIGTERM');
  const { code, stdout } = await running;
  expect(code).toBe(143);
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}queued {7}call-0 {2}Master\.csv:2\n/);
  expect(stdout).toMatch(/\n1 read: 1 queued.*\n$/);
});
