import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { amocalls, calls, csv, service, workdir } from './harness.js';

/** Eleven records: one rejected, one named nowhere, one with a bad date. */
function eleven(): string {
  const rows = calls(11).map((row) => [...row]);
  const name = (at: number, uuid: string) => rows[at]?.splice(0, 1, uuid);
  name(3, 'reject-me');
  name(7, 'forget-me');
  rows[9]?.splice(3, 1, '32.13.2024');
  return csv(rows);
}

interface Document {
  readonly calls: readonly { readonly uuid: string | null; readonly status: string; readonly line: number }[];
  readonly summary: Readonly<Record<string, number>>;
}

const statusesByLine: Readonly<Record<number, string>> = { 5: 'rejected', 9: 'unconfirmed', 11: 'invalid' };

async function importEleven(output: string) {
  const { env } = await service({ rejectPattern: /^reject-/, forgetPattern: /^forget-/ });
  return amocalls(['import', 'eleven.csv', '--output', output], {
    cwd: workdir({ 'eleven.csv': eleven() }),
    env,
  });
}

describe('import of eleven records, three of them bad', () => {
  const counts = {
    read: 11,
    accepted: 8,
    rejected: 1,
    invalid: 1,
    duplicate: 0,
    filtered: 0,
    waiting: 0,
    changed: 0,
    unconfirmed: 1,
    unsent: 0,
  };

  test('as json: every record once, with its line, and counts that add up', async () => {
    const { code, stdout, stderr } = await importEleven('json');
    expect(code, stderr).toBe(3);
    const { calls: records, summary }: Document = JSON.parse(stdout);
    expect(summary).toMatchObject({ ...counts, requests: 1, retries: 0 });
    expect(records.map(({ line }) => line).sort((a, b) => a - b)).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
    ]);
    for (const { line, status } of records)
      expect([line, status]).toEqual([line, statusesByLine[line] ?? 'accepted']);
  });

  test('as ndjson: the same, a line each', async () => {
    const { code, stdout } = await importEleven('ndjson');
    expect(code).toBe(3);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.at(-1).summary).toMatchObject(counts);
    expect(lines).toHaveLength(12);
    for (const { line, status } of lines.slice(0, -1))
      expect(status).toBe(statusesByLine[line] ?? 'accepted');
    expect(lines.find(({ status }) => status === 'rejected')).toEqual({
      uuid: 'reject-me',
      status: 'rejected',
      reasons: expect.any(Array),
      account_id: '1000',
      file: 'eleven.csv',
      line: 5,
    });
  });

  test('as tables: two of them, and the counts', async () => {
    const { code, stdout } = await importEleven('table');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^Queued by the sandbox \(8\)$/m);
    expect(stdout).toMatch(/^unconfirmed +9 +forget-me +\S/m);
    expect(stdout).toMatch(/^rejected +5 +reject-me +\S/m);
    expect(stdout).toMatch(/^invalid +11 +call-9 +date: "32\.13\.2024" is not a date$/m);
    expect(stdout).toMatch(/^11 read: 8 queued, /m);
  });
});

describe('what reaches the service', () => {
  const link = 'https://pbx.example/rec/a b+c&d=é.mp3?x=1';
  const fields = {
    uuid: '947669bca9ca3c8dd87b1ad98a5f1bb1a8a0c',
    caller: '117',
    to: '74950000001',
    date: '1504525166',
    type: 'outbound',
    billsec: '98',
    link,
  };

  test.each([
    ['JSON', 'calls.json', JSON.stringify([{ ...fields, date: 1504525166, billsec: 98 }])],
    ['NDJSON', 'calls.ndjson', `${JSON.stringify(fields)}\n`],
    ['CSV', 'calls.csv', `${Object.keys(fields).join(';')}\n${Object.values(fields).join(';')}\n`],
  ])('from %s is what the file says, field by field', async (_name, file, content) => {
    const { sandbox, env } = await service();
    const { code, stdout, stderr } = await amocalls(['import', file], {
      cwd: workdir({ [file]: content }),
      env,
    });
    expect(code, stdout + stderr).toBe(0);
    expect(sandbox.calls()).toEqual([expect.objectContaining({ ...fields, account_id: '1000', times: 1 })]);
  });

  test('comes from standard input, with mapped columns and constants, too', async () => {
    const { sandbox, env } = await service();
    const input = 'id|from|dst|when|seconds\nx1|+7 (495) 000-00-01|101|2024-01-01T10:00:00+03:00|7\n';
    const args = [
      'import',
      '-',
      '--format',
      'csv',
      '--map',
      'uuid=id',
      '--map',
      'date=when',
      '--map',
      'billsec=seconds',
    ];
    const { code, stderr } = await amocalls([...args, '--set', 'type=inbound'], {
      cwd: workdir(),
      env,
      input,
    });
    expect(code, stderr).toBe(0);
    expect(sandbox.calls()).toEqual([
      expect.objectContaining({
        uuid: 'x1',
        caller: '74950000001',
        to: '101',
        date: '1704092400',
        billsec: '7',
      }),
    ]);
  });

  test('is cut into requests of --chunk-size, from several files', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir({ 'a.csv': csv(calls(25, 'a')), 'b.csv': csv(calls(25, 'b')) });
    const { code, stderr } = await amocalls(
      ['import', 'a.csv', 'b.csv', '--chunk-size', '20', '--rate', '0'],
      { cwd, env },
    );
    expect(code, stderr).toBe(0);
    expect(
      sandbox
        .requests()
        .map((request) => request.calls)
        .sort(),
    ).toEqual([10, 20, 20]);
    expect(sandbox.calls()).toHaveLength(50);
  });

  test('is nothing with --dry-run, which shows what would go', async () => {
    const { sandbox, env } = await service();
    const { code, stdout } = await amocalls(['import', 'a.csv', '--dry-run'], {
      cwd: workdir({ 'a.csv': csv(calls(3)) }),
      env,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Would be sent (3)');
    expect(sandbox.requests()).toHaveLength(0);
  });
});

describe('add', () => {
  const args = ['add', '--caller', '+7 495 000-00-01', '--to', '101', '--type', 'inbound', '--billsec', '5'];

  test('sends one call; the same command typed twice is the same call', async () => {
    const { sandbox, env } = await service();
    const cwd = workdir();
    const date = ['--date', '2024-01-01T10:00:00+03:00', '--output', 'json'];
    const first = await amocalls([...args, ...date], { cwd, env });
    const second = await amocalls([...args, ...date], { cwd, env });
    expect([first.code, second.code]).toEqual([0, 0]);
    const [one] = JSON.parse(first.stdout).calls;
    expect(one).toEqual({
      uuid: expect.stringMatching(/^[0-9a-f]{24}$/),
      status: 'accepted',
      account_id: '1000',
    });
    expect(JSON.parse(second.stdout).calls[0]).toMatchObject({ uuid: one.uuid, status: 'duplicate' });
    expect(sandbox.calls()).toHaveLength(1);
  });

  test('without a date is now', async () => {
    const { sandbox, env } = await service();
    const before = Math.floor(Date.now() / 1000);
    await amocalls(args, { cwd: workdir(), env });
    expect(Number(sandbox.calls()[0]?.date)).toBeGreaterThanOrEqual(before);
  });

  test('names every flag that is missing or wrong, and ends with 2', async () => {
    const cwd = workdir();
    const missing = await amocalls(['add', '--sandbox', '--caller', '1'], { cwd });
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('missing: --to, --type, --billsec'),
    ]);
    const wrong = await amocalls(
      ['add', '--sandbox', '--caller', 'anonymous', '--to', '101', '--type', 'sideways', '--billsec', '-1'],
      { cwd },
    );
    expect(wrong.code).toBe(2);
    for (const flag of ['--caller', '--type', '--billsec']) expect(wrong.stderr).toContain(flag);
  });
});

describe('the demo file', () => {
  test('goes into the sandbox inside the process with no profile at all', async () => {
    const demo = readFileSync(new URL('../../fixtures/demo-calls.csv', import.meta.url));
    const { code, stdout } = await amocalls(['import', 'demo.csv', '--sandbox'], {
      cwd: workdir({ 'demo.csv': demo }),
    });
    expect(code).toBe(3);
    expect(stdout).toContain('11 read: 8 queued, 2 invalid, 1 duplicate');
  });
});
