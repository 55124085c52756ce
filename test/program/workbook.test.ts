import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { rowsOf, workbookOf } from '../input/workbooks.js';
import { amocalls, service, workdir } from './harness.js';

const header = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link'];
/** 2024-11-20 10:15:00 on the clock of the cabinet. */
const date = '<c s="1"><v>45616.427083333336</v></c>';
const talk = '<c s="2"><v>1.1342592592592593E-3</v></c>';
const workbook = workbookOf({
  sheets: {
    Summary: rowsOf([['Calls', 4]]),
    Calls: rowsOf([
      ['Calls of November 2024'],
      header,
      ['a1', '<c><v>7.4950000001E10</v></c>', 101, date, 'inbound', talk],
      ['reject-me', 102, 74950000002, date, 'outbound', 98],
      ['a3', '<c><v>7.495E10</v></c>', 101, date, 'inbound', 0],
      ['<c><v>1.23456789012345E+18</v></c>', 74950000003, 101, date, 'inbound', 0],
      ['a5', 74950000004, 101, '<c s="1"><v>-1</v></c>', 'inbound', 0],
      ['Total', '', '', '', '', 5],
    ]),
  },
  formats: [22, '[h]:mm:ss'],
});
const options = ['--timezone', 'Europe/Moscow', '--rate', '0'];
const rejected = ['--rejects', 'rejects.csv'];

test('import sends the calls of a workbook, and writes the others as CSV that can be imported', async () => {
  const { sandbox, env } = await service({ rejectPattern: /^reject-/ });
  const cwd = workdir({ 'calls.xlsx': workbook });
  const args = ['import', 'calls.xlsx', '--sheet', 'calls', ...options, ...rejected, '--output', 'json'];
  const { code, stdout, stderr } = await amocalls(args, { cwd, env });
  expect(code, stderr).toBe(3);
  expect(sandbox.calls().filter(({ uuid }) => uuid === 'a1')).toEqual([
    expect.objectContaining({
      uuid: 'a1',
      caller: '74950000001',
      to: '101',
      date: String(Date.UTC(2024, 10, 20, 7, 15) / 1000),
      billsec: '98',
    }),
  ]);
  const { calls, summary } = JSON.parse(stdout);
  expect(summary).toMatchObject({ read: 5, accepted: 1, rejected: 1, invalid: 3 });
  const reasons = new Map(
    calls.map((call: { line: number; reasons?: string[] }) => [call.line, call.reasons?.join()]),
  );
  expect(reasons.get(5)).toContain('"7.495E10" was shortened by Excel');
  expect(reasons.get(6)).toContain('uuid: "1.23456789012345E+18" was shortened by Excel');
  expect(reasons.get(7)).toContain('date: ');
  const rejects = readFileSync(path.join(cwd, 'rejects.csv'), 'utf8').trimEnd().split('\n');
  expect(rejects[0]).toBe([...header, 'line', 'status', 'reasons'].join(','));
  expect(rejects).toHaveLength(5);
  expect(rejects.find((line) => line.startsWith('reject-me'))).toMatch(
    /^reject-me,102,74950000002,2024-11-20 10:15:00,outbound,98,,4,rejected,/,
  );
  const again = await amocalls(['check', 'rejects.csv', ...options.slice(0, 2), '--output', 'json'], { cwd });
  expect(JSON.parse(again.stdout).summary).toMatchObject({ read: 4, valid: 1, invalid: 3 });
});

test('check says what it reads, and import and check agree on a sheet that is not there', async () => {
  const cwd = workdir({ 'calls.xlsx': workbook });
  const { stdout } = await amocalls(['check', 'calls.xlsx', '--sheet', '2', ...options.slice(0, 2)], { cwd });
  expect(stdout).toMatch(/format +xlsx/);
  expect(stdout).toMatch(/header +line 2, 7 columns/);
  const { env } = await service();
  for (const command of ['check', 'import']) {
    const { code, stderr } = await amocalls([command, 'calls.xlsx', '--sheet', 'Lost'], { cwd, env });
    expect(code).toBe(2);
    expect(stderr).toContain('there is no sheet "Lost"');
    expect(stderr).toContain('"Summary", "Calls"');
  }
});

test('follow refuses a workbook with a reason', async () => {
  const { env } = await service();
  const cwd = workdir({ 'calls.xlsx': workbook });
  const { code, stderr } = await amocalls(['follow', 'calls.xlsx', '--no-ledger'], { cwd, env });
  expect(code).toBe(2);
  expect(stderr).toContain('is an Excel workbook, which cannot be followed');
});

test('a title that is merged over the columns is none of them, and a value that is merged over rows counts in the first of them', async () => {
  const rows = [
    ['Calls of November 2024', '', '', '', '', ''],
    ['', '', '', '', '', ''],
    ['uuid', 'client', 'employee', 'direction', 'date', 'talk'],
    ['a1', 74950000001, 101, 'inbound', '2024-11-20 10:15:00', 63],
    ['a2', '', 102, 'inbound', '2024-11-20 10:20:00', 42],
    ['a3', 74950000003, 101, 'outbound', '2024-11-20 10:25:00', 5],
  ];
  const merged = ['A1:F2', 'B4:B5'];
  const cwd = workdir({ 'calls.xlsx': workbookOf({ sheets: { Calls: rowsOf(rows) }, merged }) });
  const args = ['check', 'calls.xlsx', '--timezone', 'UTC', '--output', 'json'];
  const { stdout, stderr } = await amocalls(args, { cwd });
  const { calls, summary } = JSON.parse(stdout);
  expect(summary, stderr).toMatchObject({ read: 3, valid: 2, invalid: 1 });
  expect(calls).toMatchObject([
    { uuid: 'a1', call: { caller: '74950000001', to: '101', type: 'inbound', billsec: 63 } },
    { uuid: 'a2', status: 'invalid', reasons: [expect.stringContaining('caller: is empty')] },
    { uuid: 'a3', call: { caller: '101', to: '74950000003', type: 'outbound', billsec: 5 } },
  ]);
});
