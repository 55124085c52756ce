import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { amocalls, calls, csv, programWords, service, startProgram, workdir } from './harness.js';

const shellWords = programWords.map((word) => `"${word}"`).join(' ');

/** A port on which nobody listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

describe('input that cannot be read ends in one clear sentence and 2', () => {
  test.each([
    ['a missing file', ['nope.csv'], {}, /nope\.csv: no such file/],
    ['an empty file', ['empty.csv'], { 'empty.csv': '' }, /empty\.csv: is empty/],
    ['a broken JSON', ['x.json'], { 'x.json': '[{"uuid": 1' }, /x\.json/],
    ['a CSV without a usable column', ['x.csv'], { 'x.csv': 'alpha,beta\n1,2\n' }, /x\.csv.*--map|columns/s],
    [
      'an unknown field in --map',
      ['x.csv', '--map', 'calller=a'],
      { 'x.csv': csv(calls(1)) },
      /calller.*caller/s,
    ],
    ['the same file twice', ['x.csv', 'x.csv'], { 'x.csv': csv(calls(1)) }, /x\.csv: is given twice/],
  ])('%s', async (_name, args, files, message) => {
    const { code, stdout, stderr } = await amocalls(['import', ...args, '--sandbox'], {
      cwd: workdir(files),
    });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('a folder', async () => {
    const cwd = workdir();
    mkdirSync(path.join(cwd, 'folder'));
    const { code, stderr } = await amocalls(['check', 'folder/'], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^error: folder\/: is a folder/)]);
    expect(stderr).toContain('hint: Name the files in it: folder/*.csv');
  });

  test('nothing of a good file is sent when another one cannot be read', async () => {
    const { sandbox, env } = await service();
    const { code } = await amocalls(['import', 'a.csv', 'nope.csv'], {
      cwd: workdir({ 'a.csv': csv(calls(3)) }),
      env,
    });
    expect([code, sandbox.requests().length]).toEqual([2, 0]);
  });
});

describe('wrong usage ends with 2', () => {
  test.each([
    ['a mistyped command', ['imprt'], /imprt.*import/],
    ['help of a mistyped command', ['help', 'imprt'], /unknown command 'imprt'.*import/],
    ['a mistyped flag', ['import', 'x', '--chunk-sise', '3'], /--chunk-sise.*--chunk-size/],
    [
      'a value out of range',
      ['import', 'x', '--chunk-size', '0'],
      /--chunk-size: "0" is not a whole number from 1 to 1000/,
    ],
    ['no file', ['import'], /file/],
    ['no credentials', ['import', 'x'], /code, key, account_id: missing \(/],
    ['plain http to another host', ['import', 'x', '--base-url', 'http://pbx.example'], /https/],
    ['an unknown shell', ['completion', 'bsh'], /bsh/],
    ['two shells', ['completion', 'bash', 'zsh'], /completion bash: takes no further word/],
    ['a number of records for what has no end', ['follow', 'x', '--limit', '3'], /unknown option '--limit'/],
    [
      'no ledger for history',
      ['history', '--no-ledger'],
      /unknown option '--no-ledger'.*\nhint: See: amocalls history --help/,
    ],
    ['no ledger for resolve', ['resolve', '--no-ledger'], /unknown option '--no-ledger'/],
    ['no ledger for doctor', ['doctor', '--no-ledger'], /unknown option '--no-ledger'/],
    ['a form of the licences', ['licenses', '--output', 'json'], /unknown option '--output'/],
    ['a form of a script', ['completion', 'bash', '--output', 'json'], /unknown option '--output'/],
    ['no rows', ['history', '--rows', '0'], /--rows: "0" is not a whole number from 1 to .*, or "all"/],
    [
      'yaml where there is none',
      ['history', '--output', 'yaml'],
      /amocalls history: does not support --output yaml/,
    ],
  ])('%s', async (_name, args, message) => {
    const { code, stdout, stderr } = await amocalls(args, { cwd: workdir() });
    expect(stderr).toMatch(message);
    expect([code, stdout]).toEqual([2, '']);
  });

  test('without a profile, config names the command that writes one', async () => {
    const { code, stderr } = await amocalls(['config'], { cwd: workdir() });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Run "amocalls init"')]);
  });

  test('help names yaml for the one command that prints it', async () => {
    const helpOf = async (name: string) => (await amocalls([name, '--help'], { cwd: workdir() })).stdout;
    expect([await helpOf('users'), await helpOf('history')]).toEqual([
      expect.stringContaining('yaml prints a users: block'),
      expect.not.stringContaining('yaml'),
    ]);
  });

  test('help and completion offer --no-ledger to the commands that send, and to no other', async () => {
    const cwd = workdir();
    const offered = async (name: string) =>
      (await amocalls(['completion', 'words', '--', name, '--no-ledger'], { cwd })).stdout;
    for (const name of ['add', 'import', 'follow'])
      expect([name, await offered(name)]).toEqual([name, expect.stringMatching(/^--no-ledger\t/)]);
    for (const name of ['history', 'resolve', 'doctor']) {
      expect([name, await offered(name)]).toEqual([name, '']);
      const { stdout } = await amocalls([name, '--help'], { cwd });
      expect([name, stdout]).toEqual([name, expect.stringContaining('--ledger <file|url>')]);
      expect(stdout).not.toContain('--no-ledger');
    }
  });

  test('help, completion and refusal of follow name the formats that it takes', async () => {
    const cwd = workdir({ 'calls.csv': '' });
    const { stdout: help } = await amocalls(['follow', '--help'], { cwd });
    expect(help.replaceAll(/\s+/g, ' ')).toContain('--format <format> csv or ndjson; by default detected');
    expect(help).not.toMatch(/xlsx|--sheet/);
    const offered = async (name: string) =>
      (await amocalls(['completion', 'words', '--', name, '--format', ''], { cwd })).stdout;
    expect([await offered('import'), await offered('check'), await offered('follow')]).toEqual([
      expect.stringContaining('xlsx'),
      expect.stringContaining('xlsx'),
      'csv\t\nndjson\t\n',
    ]);
    for (const [format, what] of [
      ['xlsx', 'an Excel workbook'],
      ['json', 'a JSON document'],
    ] as const) {
      const { code, stderr } = await amocalls(['follow', 'calls.csv', '--format', format, '--sandbox'], {
        cwd,
      });
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`--format ${format}: ${what} cannot be followed`),
      ]);
    }
  });

  test('as one JSON object where json was asked for', async () => {
    const { code, stderr } = await amocalls(['import', 'nope.csv', '--sandbox', '--output', 'json'], {
      cwd: workdir(),
    });
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toEqual({
      error: { message: expect.stringContaining('nope.csv'), hint: expect.any(String), exit: 2 },
    });
  });
});

describe('exit codes', () => {
  test('4 where the service refuses the credentials: one request, and the calls are unsent', async () => {
    const { sandbox, env } = await service();
    const wrong = { ...env, AMOCALLS_KEY: 'wrong-key-of-nobody' };
    const cwd = workdir({ 'a.csv': csv(calls(250)) });
    const run = await amocalls(['import', 'a.csv', '--concurrency', '1', '--output', 'json'], {
      cwd,
      env: wrong,
    });
    expect(run.code).toBe(4);
    expect(JSON.parse(run.stdout).summary).toMatchObject({ read: 250, unsent: 250, requests: 1 });
    expect(JSON.parse(run.stderr).error.exit).toBe(4);
    expect(sandbox.requests()).toHaveLength(1);
  });

  test('5 where nobody listens, and the same command does it later', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'a.csv': csv(calls(3)) });
    const down = { ...env, AMOCALLS_BASE_URL: `http://127.0.0.1:${await closedPort()}` };
    const run = await amocalls(['import', 'a.csv', '--retries', '1'], { cwd, env: down });
    expect([run.code, run.stderr]).toEqual([5, expect.stringContaining('connection refused')]);
    expect(run.stdout).toMatch(/3 read: 3 unsent/);
    const later = await amocalls(['import', 'a.csv'], { cwd, env });
    expect([later.code, sandbox.calls().length]).toEqual([0, 3]);
  });

  test('130 and 143 after a signal, with the counts of what is known', async () => {
    const { env } = await service({ latencyMs: 200 });
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const cwd = workdir({ 'a.csv': csv(calls(2000, signal)) });
      const run = startProgram(
        ['import', 'a.csv', '--chunk-size', '10', '--rate', '0', '--output', 'ndjson'],
        {
          cwd,
          env,
        },
      );
      run.child.stdout.once('data', () => run.child.kill(signal));
      const { code: ended, stdout } = await run;
      expect(ended).toBe(code);
      const { summary } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(summary.accepted).toBeGreaterThan(0);
      expect(summary.accepted + summary.unsent).toBe(summary.read);
    }
  });
});

describe('a pipe that ends early', () => {
  test.each([
    ['--help', 'head -n 1'],
    ['import a.csv --sandbox --rate 0 --rows all', 'head -n 2'],
    ['import a.csv --sandbox --rate 0 --output ndjson', 'head -n 1'],
  ])('%s | %s is quiet', async (args, reader) => {
    const cwd = workdir({ 'a.csv': csv(calls(3000)) });
    const shell = spawn('bash', ['-c', `set -o pipefail; ${shellWords} ${args} | ${reader}`], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd },
    });
    let stderr = '';
    shell.stderr.on('data', (text: Buffer) => {
      stderr += text.toString();
    });
    const code = await new Promise((resolve) => shell.on('close', resolve));
    expect([code, stderr]).toEqual([0, '']);
  });
});

test('a folder that was removed under the shell is named, not a stack trace', async () => {
  const script = `mkdir gone && cd gone && rmdir ../gone && ${shellWords} check a.csv`;
  const shell = spawn('sh', ['-c', script], { cwd: workdir(), env: { PATH: process.env['PATH'] } });
  let stderr = '';
  shell.stderr.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  const code = await new Promise((resolve) => shell.on('close', resolve));
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/^error: working directory: no longer exists\nhint: /),
  ]);
});

describe('a secret in a command', () => {
  test('is not repeated: --key=…', async () => {
    const { code, stdout, stderr } = await amocalls(['import', 'x.csv', '--key=5ecret5ecret'], {
      cwd: workdir(),
    });
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain('5ecret5ecret');
    expect(stderr).toContain("unknown option '--key'");
    expect(stderr).toContain('AMOCALLS_KEY');
  });

  test('is masked where the settings cannot be read', async () => {
    const { code, stderr } = await amocalls(['import', 'x.csv', '--timezone', '5ecret5ecret'], {
      cwd: workdir(),
      env: { AMOCALLS_KEY: '5ecret5ecret' },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('"***" is not an IANA time zone')]);
  });
});

test.runIf(existsSync('/dev/full'))('what stdout does not take is told, whatever it is', async () => {
  const cwd = workdir({ 'x.csv': csv(calls(1)) });
  const under = ['sh', '-c', '"$@" > /dev/full', 'sh'];
  const lines = ['--help', 'import --help', 'presets', 'config', 'history --output json', 'completion bash'];
  for (const line of [...lines, 'check x.csv', 'import x.csv --sandbox', 'sandbox --fault list']) {
    const { code, stderr } = await amocalls(line.split(' '), { cwd, under });
    expect([line, code, stderr]).toEqual([
      line,
      2,
      expect.stringContaining('stdout: the result cannot be written'),
    ]);
  }
});

test('an empty log of a system that writes no header is no error', async () => {
  const cwd = workdir({ 'Master.csv': '' });
  const args = [
    'import',
    'Master.csv',
    '--preset',
    'asterisk',
    '--timezone',
    'UTC',
    '--unattended',
    '--sandbox',
  ];
  const { code, stdout, stderr } = await amocalls(args, { cwd });
  expect([code, stdout, stderr]).toEqual([0, '', '']);
});
