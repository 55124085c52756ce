import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amocalls, calls, csv, workdir } from './harness.js';

const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/presets/${name}`, import.meta.url)));

/** Rows of Master.csv, an hour apart, whose clock stands so many hours east of UTC at each unix second. */
function master(rows: number, hoursEast: (epoch: number) => number): string {
  return Array.from({ length: rows }, (_, index) => {
    const epoch = 1_704_067_200 + index * 3600;
    const time = new Date((epoch + hoursEast(epoch) * 3600) * 1000)
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ');
    return `"","74950000001","101","in","<1>","SIP/t-1","SIP/101-2","Dial","","${time}","${time}","${time}",30,20,"ANSWERED","DOCUMENTATION","${epoch}.${index}",""\n`;
  }).join('');
}

test('standard input is recognised, and all of it is read', async () => {
  const input = master(5000, () => 0);
  const { code, stdout } = await amocalls(['check', '-'], { cwd: workdir(), input });
  expect(code).toBe(0);
  expect(stdout).toContain('- looks like Asterisk: Master.csv of cdr_csv (sure). Its unique ids say UTC');
  expect(stdout).toContain('5000 read: 5000 valid');
  expect(stdout).toContain('to send it: amocalls import - --preset asterisk --timezone UTC');
});

test('a call between extensions is left out where nothing names its direction, and obeyed where something does', async () => {
  const cwd = workdir({
    'typed.csv': csv([['a', 101, 102, 1_700_000_000, 'outbound', 5, '']]),
    'bare.csv': 'uuid,caller,to,date,billsec\na,101,102,1700000000,5\n',
  });
  const found = async (...args: readonly string[]) => {
    const { stdout } = await amocalls(['check', ...args, '--output', 'json'], { cwd });
    const { valid, filtered } = JSON.parse(stdout).summary;
    return { valid, filtered };
  };
  expect(await found('typed.csv')).toEqual({ valid: 1, filtered: 0 });
  expect(await found('typed.csv', '--type-map', 'outbound=internal')).toEqual({ valid: 0, filtered: 1 });
  expect(await found('bare.csv')).toEqual({ valid: 0, filtered: 1 });
  expect(await found('bare.csv', '--set', 'type=outbound')).toEqual({ valid: 1, filtered: 0 });
});

test('answered and missed calls are 100 % together, on the terminal and in the report', async () => {
  const cwd = workdir({ 'calls.csv': csv(calls(8)) });
  const { stdout } = await amocalls(['check', 'calls.csv', '--report', 'r.html'], { cwd });
  expect(stdout).toContain('answered 88 %   missed 12 %');
  const page = readFileSync(path.join(cwd, 'r.html'), 'utf8');
  expect(page).toContain('<dt>Answered</dt><dd>88 %</dd></div><div><dt>Missed</dt><dd>12 %</dd>');
});

test('hours are those of this machine, so that a wrong zone shows as calls at night', async () => {
  const cwd = workdir({ 'Master.csv': master(3, () => 0) });
  const args = ['check', 'Master.csv', '--output', 'json'];
  const { stdout } = await amocalls(args, { cwd, env: { TZ: 'Asia/Omsk' } });
  const { summary } = JSON.parse(stdout);
  expect(summary.by_hour_zone).toBe('Asia/Omsk');
  expect(
    summary.by_hour
      .map((calls: number, hour: number) => (calls > 0 ? hour : -1))
      .filter((hour: number) => hour >= 0),
  ).toEqual([6, 7, 8]);
  const tokyo = workdir({ 'Master.csv': master(3, () => 9) });
  const utc = await amocalls([...args, '--timezone', 'Asia/Tokyo'], { cwd: tokyo });
  expect(JSON.parse(utc.stdout).summary.by_hour_zone).toBe('Asia/Tokyo');
});

test('ids are right on both sides of a change of summer time, far behind the first rows', async () => {
  const summer = 1_711_846_800;
  const cwd = workdir({ 'Master.csv': master(4000, (epoch) => (epoch < summer ? 1 : 2)) });
  const { code, stdout } = await amocalls(['check', 'Master.csv', '--output', 'json'], { cwd });
  expect(code).toBe(0);
  const { calls, summary } = JSON.parse(stdout);
  expect(
    calls.every(({ call }: { call: { uuid: string; date: number } }) =>
      call.uuid.startsWith(`${call.date}.`),
    ),
  ).toBe(true);
  expect(summary).toMatchObject({
    valid: 4000,
    import: ['amocalls import Master.csv --preset asterisk --timezone ids'],
  });
  const winter = await amocalls(['check', 'Master.csv', '--timezone', '+01:00', '--output', 'json'], { cwd });
  expect(JSON.parse(winter.stdout).summary).toMatchObject({ valid: 2161, invalid: 1839 });
  const given = await amocalls(['check', 'Master.csv', '--timezone', 'Europe/Berlin'], { cwd });
  expect(given.stdout).toContain(
    'to send it: amocalls import Master.csv --preset asterisk --timezone Europe/Berlin',
  );
});

test('nothing is to be sent where no call is valid', async () => {
  const bad = master(2, () => 0)
    .replaceAll('74950000001', 'anonymous')
    .replaceAll('"101"', '"x"');
  const { code, stdout } = await amocalls(['check', 'Master.csv'], { cwd: workdir({ 'Master.csv': bad }) });
  expect([code, stdout.includes('to send it')]).toEqual([3, false]);
  expect(stdout).not.toContain('by hour');
});

test('an order of dates that nothing tells is guessed only for display', async () => {
  const header = 'uuid,caller,to,date,type,billsec';
  const rows = [
    'a,74950000001,101,03/04/2024 10:00,inbound,5',
    'b,74950000002,101,04/05/2024 10:00,inbound,5',
  ];
  const cwd = workdir({ 'calls.csv': `${[header, ...rows].join('\n')}\n` });
  const { code, stdout } = await amocalls(['check', 'calls.csv', '--timezone', 'UTC'], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('THE ORDER OF DAY AND MONTH IS NOT KNOWN');
  expect(stdout).not.toContain('to send it');
  expect(stdout).toContain('amocalls check calls.csv --date-order dmy --timezone UTC');
});

test('several files that need different flags get a command each', async () => {
  const cwd = workdir({
    'Master.csv': master(2, () => 0),
    'queue.csv': fixture('freepbx-queue.csv'),
  });
  const { stdout } = await amocalls(['check', 'Master.csv', 'queue.csv'], { cwd });
  expect(stdout).toContain('to send it: amocalls import Master.csv --preset asterisk --timezone UTC\n');
  expect(stdout).toContain('to send it: amocalls import queue.csv --preset freepbx --timezone ids\n');
});
