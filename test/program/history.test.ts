import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { amocalls, calls, csv, service, startProgram, workdir } from './harness.js';

const fast = ['--rate', '0', '--output', 'json'];

/** A folder in which an import of six calls has ended: four accepted, one rejected, one without a verdict. */
async function imported() {
  const rows = calls(6).map((row) => [...row]);
  rows[1]?.splice(0, 1, 'reject-me');
  rows[4]?.splice(0, 1, 'forget-me');
  const { sandbox, env } = await service({ rejectPattern: /^reject-/, forgetPattern: /^forget-/ });
  const cwd = workdir({ 'calls.csv': csv(rows) });
  const run = async (...args: readonly string[]) => {
    const ended = await amocalls(args, { cwd, env });
    return { ...ended, json: () => JSON.parse(ended.stdout) };
  };
  expect((await run('import', 'calls.csv', ...fast)).code).toBe(3);
  return { run, sandbox, cwd, env };
}

describe('history', () => {
  test('points out a ledger that is not there: its name may be mistyped', async () => {
    const { run, cwd } = await imported();
    const typo = await run('history', '--ledger', 'typo.db');
    expect([typo.code, typo.stderr]).toEqual([0, expect.stringContaining(': does not exist yet')]);
    expect(typo.stderr).toContain(path.join(cwd, 'typo.db'));
    expect((await run('history')).stderr).toBe('');
  });

  test.for([
    [[], /^No runs yet in the ledger .*state.amocalls.ledger\.db\n$/],
    [['--unconfirmed'], /^No unconfirmed calls\.\n$/],
    [['--waiting'], /^No waiting calls\.\n$/],
    [['--changed'], /^No changed calls\.\n$/],
    [['--problems'], /^No problems\.\n$/],
    [['call-0'], /^status +uuid\nunknown +call-0\n$/],
    [['--output', 'json'], /^\{"runs":\[\]\}\n$/],
    [['forget', '--before', '2023-11-01', '--output', 'json'], /^\{"forgotten":0\}\n$/],
    [['--ledger', 'there/is/none.db'], /^No runs yet in the ledger .*none\.db\n$/],
  ] as const)('reads without making a ledger, file or folder: history %j', async ([args, says]) => {
    const cwd = workdir();
    const { code, stdout } = await amocalls(['history', ...args], { cwd });
    expect([code, stdout]).toEqual([0, expect.stringMatching(says)]);
    expect(readdirSync(cwd)).toEqual([]);
  });

  test('tells a pause that the service asked for, with its reason and end, and lifts it', async () => {
    const { env } = await service({ faults: { '429-seconds': 1 }, retryAfterSeconds: 300 });
    const cwd = workdir({ 'calls.csv': csv(calls(1)) });
    const run = (...args: readonly string[]) => amocalls(args, { cwd, env });
    const stopped = await run('import', 'calls.csv');
    expect([stopped.code, stopped.stderr]).toEqual([5, expect.stringContaining('asked to wait')]);
    const paused = await run('history');
    expect(paused.stderr).toMatch(
      /^note: nothing is sent to http:\S+ until .* UTC: .*\n.*amocalls history resume\n$/,
    );
    const resumed = await run('history', 'resume', '--output', 'json');
    expect([resumed.code, resumed.stderr]).toEqual([
      0,
      expect.stringContaining('pause ended: nothing is sent to'),
    ]);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ resumed: [{ until: expect.any(Number) }] });
    expect((await run('history')).stderr).toBe('');
    expect((await run('history', 'resume')).stderr).toContain('there is no pause');
  });

  test('carries all that is remembered to another ledger, once, and names what is broken', async () => {
    const { run, cwd } = await imported();
    const exported = await run('history', 'export');
    const lines = exported.stdout.trim().split('\n');
    const counts = '1 run, 6 calls, 2 problems, 4 checkpoints';
    expect([exported.code, exported.stderr]).toEqual([0, `note: exported: ${counts}\n`]);
    const take = async (text: string) => {
      writeFileSync(path.join(cwd, 'ledger.ndjson'), text);
      return run('history', 'import', 'ledger.ndjson', '--ledger', 'other.db');
    };
    const taken = await take(exported.stdout);
    expect([taken.code, taken.stderr]).toEqual([
      0,
      expect.stringContaining(`other.db: ${counts}; read: ${counts}`),
    ]);
    expect((await take(exported.stdout + exported.stdout)).stderr).toContain(
      'other.db: 0 runs, 0 calls, 0 problems, 0 checkpoints',
    );
    expect((await run('history', 'export', '--ledger', 'other.db')).stdout).toBe(exported.stdout);
    const history = await run('history', '--ledger', 'other.db', '--output', 'json');
    expect(history.json()).toEqual((await run('history', '--output', 'json')).json());
    const again = await run('import', 'calls.csv', '--ledger', 'other.db', ...fast);
    expect(again.json().summary).toMatchObject({ unconfirmed: 1, accepted: 0 });
    for (const [text, message] of [
      ['{}\n', 'ledger.ndjson:1: kind is none of run, call, problem, checkpoint, end'],
      [`${lines[0]}\n{"kind":"run"`, 'ledger.ndjson:2: this is no JSON object'],
      [`${lines[0]}\n`, 'ledger.ndjson:1: the last line of an export is missing'],
      ['', 'ledger.ndjson: it is empty'],
      [
        `${lines[1]?.replace(/"at":/, '"at":"1","was":')}\n`,
        'ledger.ndjson:1: at of a call must be a whole number',
      ],
      [lines.toSpliced(1, 1).join('\n'), `ledger.ndjson:13: 13 records were exported, but 12 come before`],
    ]) {
      const broken = await take(text ?? '');
      expect([broken.code, broken.stderr]).toEqual([2, expect.stringContaining(message ?? '')]);
    }
  });

  test('names the profile that does without a ledger', async () => {
    const cwd = workdir({ '.amocallsrc': 'ledger: false\n' });
    const { code, stderr } = await amocalls(['history'], { cwd });
    expect([code, stderr]).toEqual([
      2,
      'error: amocalls history: needs a ledger, but the profile has none (ledger: false)\nhint: Name a ledger with --ledger.\n',
    ]);
  });

  test('shows the last runs with their counts, newest first, in every form', async () => {
    const { run } = await imported();
    await run('import', 'calls.csv', ...fast);
    const table = await run('history');
    expect(table.code).toBe(0);
    expect(table.stdout).toMatch(/^run +started +command +exit +seconds +files +counts\n2 /);
    expect(table.stdout).toContain('6 read, 4 accepted, 1 rejected, 1 unconfirmed');
    const { runs } = (await run('history', '--output', 'json')).json();
    expect(runs).toMatchObject([
      { run: 2, state: 'ended', exit: 3, summary: { duplicate: 4, rejected: 1, unconfirmed: 1 } },
      { run: 1, state: 'ended', exit: 3, command: 'import', files: ['calls.csv'], summary: { accepted: 4 } },
    ]);
    const lines = (await run('history', '--output', 'ndjson', '--rows', '1')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).run)).toEqual([2]);
  });

  test('tells the fate of uuids, and says of whom it knows nothing', async () => {
    const { run } = await imported();
    const args = ['history', 'call-0', 'reject-me', 'forget-me', 'nobody'];
    const { calls: fates } = (await run(...args, '--output', 'json')).json();
    expect(fates).toMatchObject([
      { uuid: 'call-0', status: 'accepted', account_id: '1000', run: 1 },
      { uuid: 'reject-me', status: 'rejected', reasons: ['the sandbox is set to reject this uuid'] },
      { uuid: 'forget-me', status: 'unconfirmed', reasons: ['the answer did not name this uuid'] },
      { uuid: 'nobody', status: 'unknown' },
    ]);
    const table = (await run(...args)).stdout;
    for (const word of ['accepted', 'rejected', 'unconfirmed', 'unknown']) expect(table).toContain(word);
    const lines = (await run(...args, '--output', 'ndjson')).stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(fates);
  });

  test('lists what has no verdict, and forgets what has one', async () => {
    const { run } = await imported();
    expect((await run('history', '--unconfirmed', '--output', 'json')).json().calls).toMatchObject([
      { uuid: 'forget-me', status: 'unconfirmed' },
    ]);
    const none = await run('history', 'forget', '--before', '2020-01-01', '--output', 'json');
    expect([none.code, none.json()]).toEqual([0, { forgotten: 0 }]);
    const typo = await run('history', 'forget', '--before', '2100-01-01');
    expect([typo.code, typo.stderr]).toEqual([2, expect.stringContaining('is in the future')]);
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const all = await run('history', 'forget', '--before', soon, '--output', 'json');
    expect(all.json()).toEqual({ forgotten: 5 });
    expect(all.stderr).toContain(
      `note: 5 calls were forgotten, sent before ${soon.slice(0, 10)} ${soon.slice(11, 19)} UTC\n`,
    );
    const { calls: fates } = (await run('history', 'call-0', 'forget-me', '--output', 'json')).json();
    expect(fates).toMatchObject([{ uuid: 'forget-me' }, { uuid: 'call-0', status: 'unknown' }]);
    expect((await run('history', 'forget')).code).toBe(2);
  });

  test('prints no more rows of calls than it was asked for, and says how many there are', async () => {
    const { run } = await imported();
    const { stdout } = await run('history', 'call-0', 'reject-me', 'nobody', '--rows', '1');
    expect(stdout.trimEnd().split('\n')).toHaveLength(3);
    expect(stdout).toContain('… and 2 more (--rows all shows them)');
  });

  test('shows a run that died as one, and its calls as unconfirmed', async () => {
    const { env } = await service({
      faults: { 'timeout-after': 1 },
      onRequest: () => running.child.kill('SIGKILL'),
    });
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const running = startProgram(['import', 'calls.csv', ...fast], { cwd, env });
    expect((await running).signal).toBe('SIGKILL');
    const { stdout } = await amocalls(['history', '--output', 'json'], { cwd });
    expect(JSON.parse(stdout).runs).toMatchObject([{ run: 1, state: 'died', command: 'import' }]);
    expect((await amocalls(['history'], { cwd })).stdout).toContain('died');
    const open = await amocalls(['history', '--unconfirmed', '--output', 'json'], { cwd });
    expect(JSON.parse(open.stdout).calls).toMatchObject(
      calls(3).map(([uuid]) => ({ uuid, status: 'unconfirmed' })),
    );
  });
});

describe('running the same command again', () => {
  test('sends what is left: not the accepted, not the unconfirmed, the rejected once more', async () => {
    const { run, sandbox } = await imported();
    await run('import', 'calls.csv', ...fast);
    expect(sandbox.requests().map(({ uuids }) => uuids)).toEqual([expect.any(Array), ['reject-me']]);
    await run('import', 'calls.csv', '--on-lost-answer', 'resend', ...fast);
    expect(sandbox.requests().at(-1)?.uuids).toEqual(['reject-me', 'forget-me']);
  });

  test('with --resend sends the accepted again, and still not the unconfirmed', async () => {
    const { run, sandbox } = await imported();
    const { code, json } = await run('import', 'calls.csv', '--resend', ...fast);
    expect(code).toBe(3);
    expect(json().summary).toMatchObject({ accepted: 4, rejected: 1, unconfirmed: 1, duplicate: 0 });
    expect(sandbox.requests().at(-1)?.uuids).toEqual(['call-0', 'reject-me', 'call-2', 'call-3', 'call-5']);
  });

  test('without a ledger sends everything again, and was warned of it', async () => {
    const { env, sandbox } = await service();
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    for (const times of [1, 2]) {
      const { code, stderr } = await amocalls(['import', 'calls.csv', '--no-ledger', '--rate', '0'], {
        cwd,
        env,
      });
      expect([code, sandbox.totals().queued]).toEqual([0, 3 * times]);
      expect(stderr).toContain('warning: without a ledger nothing is recorded');
    }
  });

  test('add too knows what was sent', async () => {
    const { env, sandbox } = await service();
    const cwd = workdir();
    const flags = [
      '--caller',
      '74950000001',
      '--to',
      '101',
      '--date',
      '2024-01-01T10:00:00Z',
      '--type',
      'inbound',
    ];
    const statuses = [];
    for (let time = 0; time < 2; time++) {
      const { code, stdout } = await amocalls(['add', ...flags, '--billsec', '5', ...fast], { cwd, env });
      expect(code).toBe(0);
      statuses.push(JSON.parse(stdout).calls[0].status);
    }
    expect([statuses, sandbox.totals().requests]).toEqual([['accepted', 'duplicate'], 1]);
  });
});

test('--max-errors stops a run after so many calls that were not accepted', async () => {
  const { env, sandbox } = await service({ rejectPattern: /./ });
  const cwd = workdir({ 'calls.csv': csv(calls(100)) });
  const args = [
    'import',
    'calls.csv',
    '--chunk-size',
    '5',
    '--concurrency',
    '1',
    '--max-errors',
    '10',
    ...fast,
  ];
  const { code, stdout, stderr } = await amocalls(args, { cwd, env });
  expect(code).toBe(3);
  expect(JSON.parse(stdout).summary).toMatchObject({ read: 100, rejected: 10, unsent: 90 });
  expect(stderr).toContain('stopped: 10 not accepted (--max-errors 10)');
  expect(sandbox.totals().requests).toBe(2);
});

test.each(['calls-add', 'v4'] as const)(
  '--max-errors does not count what an earlier run left without a verdict (%s)',
  async (api) => {
    const { env, sandbox } = await service({ api, forgetPattern: /old/ });
    const old = calls(10, 'old');
    const cwd = workdir({ 'old.csv': csv(old), 'all.csv': csv([...old, ...calls(10, 'new')]) });
    const args = ['--unattended', '--chunk-size', '5', '--concurrency', '1', ...fast];
    await amocalls(['import', 'old.csv', ...args], { cwd, env });
    const { stdout } = await amocalls(['import', 'all.csv', '--max-errors', '5', ...args], { cwd, env });
    expect(JSON.parse(stdout).summary).toMatchObject({ accepted: 10, unconfirmed: 10, unsent: 0 });
    expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(calls(10, 'new').map(([uuid]) => uuid));
  },
);
