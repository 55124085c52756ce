import { appendFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { amocalls, calls, csv, service, workdir } from './harness.js';

type Rows = ReturnType<typeof calls>;

function lines(rows: Rows): string {
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

/** A file of many calls that was imported once, and what imports it again. */
async function settledFile(rows: Rows) {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'Master.csv': csv(rows) });
  const file = path.join(cwd, 'Master.csv');
  const again = async (...args: readonly string[]) => {
    const seen = args.includes('--no-unattended') ? [] : ['--unattended'];
    const flags = [
      '--rate',
      '0',
      '--output',
      'json',
      ...seen,
      ...args.filter((arg) => arg !== '--no-unattended'),
    ];
    const { code, stdout, stderr } = await amocalls(['import', 'Master.csv', ...flags], { cwd, env });
    const { calls: records, summary } = JSON.parse(stdout);
    return { code, stderr, records, summary };
  };
  await again();
  return { sandbox, file, again };
}

const many = calls(300, 'old');

describe('a file that only grows', () => {
  test('is entered where the last run left it: only what is new is read and sent', async () => {
    const { sandbox, file, again } = await settledFile(many);
    appendFileSync(file, lines(calls(3, 'new')));
    const { code, summary, records } = await again();
    expect([code, summary.read, summary.accepted]).toEqual([0, 3, 3]);
    expect(records.map(({ line }: { line: number }) => line)).toEqual([302, 303, 304]);
    expect(sandbox.calls()).toHaveLength(303);
  });

  test('is not read at all when nothing is new', async () => {
    const { again } = await settledFile(many);
    expect((await again()).summary.read).toBe(0);
  });

  test('has its invalid records told once: what was told stays settled until the file or the flags change', async () => {
    const rows = many.map((row, at) => (at === 150 ? [...row.slice(0, 3), 'never', ...row.slice(4)] : row));
    const { file, again } = await settledFile(rows);
    appendFileSync(file, lines(calls(2, 'new')));
    const { code, summary } = await again();
    expect([code, summary.read, summary.accepted]).toEqual([0, 2, 2]);
    const { records } = await again('--country', 'RU');
    expect(records.find(({ status }: { status: string }) => status === 'invalid')).toMatchObject({
      line: 152,
    });
  });

  test('is entered there whatever its size, and read whole where a person looks', async () => {
    const { file, again } = await settledFile(calls(100, 'old'));
    appendFileSync(file, lines(calls(3, 'new')));
    expect((await again()).summary).toMatchObject({ read: 3, accepted: 3 });
    expect((await again('--no-unattended')).summary).toMatchObject({ read: 103, duplicate: 103 });
  });

  test('leaves a last line alone that is still being written, and takes it when it is whole', async () => {
    const { sandbox, file, again } = await settledFile(many);
    const [line = ''] = lines(calls(1, 'new')).split('\n');
    appendFileSync(file, line.slice(0, 20));
    expect((await again()).summary.read).toBe(0);
    appendFileSync(file, `${line.slice(20)}\n`);
    expect((await again()).summary.accepted).toBe(1);
    expect(sandbox.calls().at(-1)).toMatchObject({ uuid: 'new-0', caller: '74950000001' });
  });

  test.each([false, true])(
    'leaves a last line whose last value may be cut, until it is whole or a minute old: %s',
    async (isOld) => {
      const { sandbox, env } = await service();
      const head = 'caller,to,date,type,billsec,uuid\n74950000001,101,1700000000,inbound,5,first-1\n';
      const cwd = workdir({ 'Master.csv': `${head}74950000002,101,1700000001,inbound,9,call-12` });
      const file = path.join(cwd, 'Master.csv');
      const again = () => amocalls(['import', 'Master.csv', '--unattended', '--rate', '0'], { cwd, env });
      expect((await again()).code).toBe(0);
      expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['first-1']);
      if (isOld) {
        const then = new Date(Date.now() - 61_000);
        utimesSync(file, then, then);
      } else appendFileSync(file, '345\n');
      expect(await again()).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['first-1', isOld ? 'call-12' : 'call-12345']);
    },
  );
});

describe('a file that did not only grow is read whole, and nothing is sent twice', () => {
  test.each([
    [
      'was rotated',
      (file: string) => {
        renameSync(file, `${file}.1`);
        writeFileSync(file, csv([...many.slice(-5), ...calls(4, 'new')]));
      },
      9,
    ],
    ['was truncated and filled again', (file: string) => writeFileSync(file, csv(calls(4, 'new'))), 4],
    [
      'was changed near its start',
      (file: string) => {
        const text = readFileSync(file, 'utf8').replace('old-1,', 'OLD-1,');
        writeFileSync(file, text + lines(calls(3, 'new')));
      },
      303,
    ],
  ])('%s', async (_name, change, read) => {
    const { sandbox, file, again } = await settledFile(many);
    change(file);
    const { code, summary } = await again();
    expect([code, summary.read]).toEqual([0, read]);
    expect(sandbox.calls().every(({ times }) => times === 1)).toBe(true);
    expect(sandbox.calls().some(({ uuid }) => uuid.startsWith('new-'))).toBe(true);
  });

  test('is imported with other flags', async () => {
    const { again } = await settledFile(many);
    expect((await again('--inbound-layout', 'extension-first')).summary.read).toBe(300);
  });

  test('is imported with --resend', async () => {
    const { sandbox, again } = await settledFile(many);
    const { summary } = await again('--resend');
    expect([summary.read, summary.accepted]).toEqual([300, 300]);
    expect(sandbox.calls().every(({ times }) => times === 2)).toBe(true);
  });
});

describe('calls that are not settled', () => {
  test('are read again by the next run: rejected ones are sent again, unconfirmed ones are held', async () => {
    const { sandbox, env } = await service({ rejectPattern: /^old-10$/, forgetPattern: /^old-290$/ });
    const cwd = workdir({ 'Master.csv': csv(many) });
    const run = async (...flags: readonly string[]) => {
      const { stdout } = await amocalls(
        ['import', 'Master.csv', '--rate', '0', '--output', 'json', ...flags],
        { cwd, env },
      );
      return JSON.parse(stdout).summary;
    };
    expect(await run()).toMatchObject({ read: 300, accepted: 298, rejected: 1, unconfirmed: 1 });
    const second = await run();
    expect(second).toMatchObject({ accepted: 0, rejected: 1, unconfirmed: 1, requests: 1 });
    expect(await run('--on-lost-answer', 'resend')).toMatchObject({
      rejected: 1,
      unconfirmed: 1,
      requests: 1,
    });
    expect(sandbox.calls()).toHaveLength(298);
  });
});
