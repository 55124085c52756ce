import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amocalls, begin, calls as callRows, csv, service, workdir } from './harness.js';

const calls = readFileSync(fileURLToPath(new URL('../../fixtures/report/calls.csv', import.meta.url)));
const given = ['calls.csv', '--timezone', 'Europe/Moscow', '--report', 'report.html'];

/** The texts between the tags of a page, a line each. */
const textOf = (html: string) => html.replace(/<(style|script)>.*?<\/\1>/gs, '').replace(/<[^>]*>/g, ' ');

test('check writes a report: the outcome, the calls, every problem, how the file was read', async () => {
  const cwd = workdir({ 'calls.csv': calls });
  const { code, stderr } = await amocalls(['check', ...given], { cwd });
  expect(code).toBe(3);
  expect(stderr).toContain('note: the report was written to ');
  const html = readFileSync(path.join(cwd, 'report.html'), 'utf8');
  const text = textOf(html);
  expect(text).toContain('Nothing was sent. 600 records were read, 596 of them valid. Others: 4 invalid.');
  expect(text).toContain('Times in Europe/Moscow.');
  expect(text).toContain('in Europe/Moscow, as given');
  for (const line of [79, 213, 302, 390]) expect(html).toContain(`<td class="number">${line}</td>`);
  expect(text).toContain('billsec: &quot;-5&quot; is negative');
  expect(html.match(/<svg/g)).toHaveLength(3);
  expect(html.length).toBeLessThan(150_000);
  expect(readdirSync(cwd).sort()).toEqual(['calls.csv', 'report.html']);
});

test('no number of a customer stands in it without --report-numbers', async () => {
  const rows =
    'uuid,caller,to,date,type,billsec\n1,74950000001,101,2024-10-07,inbound,-1\n2,74950000002,101,2024-10-07,inbound,5\n3,+7 (495) 12<b>x</b> 34-56,101,2024-10-07,inbound,5\n';
  const cwd = workdir({ 'calls.csv': rows });
  await amocalls(['check', ...given], { cwd });
  const html = () => textOf(readFileSync(path.join(cwd, 'report.html'), 'utf8'));
  expect(html()).not.toMatch(/7495|\(495\)/);
  expect(html()).toContain('+• (•••) ••&lt;b&gt;x&lt;/b&gt; ••-56');
  await amocalls(['check', ...given, '--report-numbers'], { cwd });
  expect(html()).toContain('+7 (495) 12&lt;b&gt;x&lt;/b&gt; 34-56');
});

test('import adds the requests of the run', async () => {
  const cwd = workdir({ 'calls.csv': calls });
  const { env } = await service({ faults: { '429-seconds': 0.3 }, seed: 4 });
  const flags = ['--chunk-size', '60', '--rate', '0', '--no-ledger', '--concurrency', '1'];
  const { code } = await amocalls(['import', ...given, ...flags], { cwd, env });
  expect(code).toBe(3);
  const html = readFileSync(path.join(cwd, 'report.html'), 'utf8');
  expect(textOf(html)).toMatch(
    /600 records were read, 596 of them queued by the sandbox. +Others: 4 invalid\. \d+ requests in/,
  );
  // A run of seconds has nothing to show over time.
  expect(textOf(html)).not.toContain('Requests and waits over time');
  expect(html.match(/<svg/g)).toHaveLength(3);
}, 60_000);

test('a run that is interrupted writes what it knows', async () => {
  const cwd = workdir({ 'calls.csv': calls });
  const { env, sandbox } = await service({ latencyMs: 100 });
  const running = begin(['import', ...given, '--chunk-size', '10', '--rate', '5', '--no-ledger'], {
    cwd,
    env,
  });
  await expect.poll(() => sandbox.calls().length, { timeout: 20_000 }).toBeGreaterThan(0);
  running.interrupt('SIGINT');
  expect((await running).code).toBe(130);
  const text = textOf(readFileSync(path.join(cwd, 'report.html'), 'utf8'));
  expect(text).toContain('The run was interrupted by Ctrl-C.');
});

test('a report is replaced by the next one, and a file that is none is left alone', async () => {
  const cwd = workdir({ 'calls.csv': calls });
  await amocalls(['check', ...given], { cwd });
  const first = statSync(path.join(cwd, 'report.html')).ino;
  expect((await amocalls(['check', ...given, '--limit', '5'], { cwd })).code).toBe(0);
  expect(statSync(path.join(cwd, 'report.html')).ino).not.toBe(first);
  expect(readFileSync(path.join(cwd, 'report.html'), 'utf8')).toContain('5 records were read');
  writeFileSync(path.join(cwd, 'report.html'), '<!doctype html><p>mine</p>');
  const { code, stderr } = await amocalls(['check', ...given], { cwd });
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is not a report of amocalls'),
  });
  expect(readFileSync(path.join(cwd, 'report.html'), 'utf8')).toBe('<!doctype html><p>mine</p>');
});

test.each([
  [['--report', 'calls.csv'], 'is one of the files that are read'],
  [['--report', 'folder'], 'is a folder'],
  [['--report', '-'], '--report -: is not a file'],
  [['--report', 'nowhere/report.html'], 'nowhere/report.html: cannot be written: the folder '],
  [
    ['--report', 'nowhere/report.html'],
    'nowhere does not exist\nhint: Create the folder, or name a file in one',
  ],
  [['--rejects', 'nowhere/bad.csv'], 'nowhere/bad.csv: cannot be written: the folder '],
  [
    ['--rejects', 'nowhere/bad.csv'],
    'nowhere does not exist\nhint: Create the folder, or name a file in one',
  ],
  [['--report-numbers'], '--report-numbers: needs --report'],
])('%j is refused before anything is sent', async (flags, message) => {
  const cwd = workdir({ 'calls.csv': calls });
  mkdirSync(path.join(cwd, 'folder'));
  const { env, sandbox } = await service();
  const { code, stderr } = await amocalls(['import', 'calls.csv', '--timezone', 'UTC', ...flags], {
    cwd,
    env,
  });
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/\.tmp|Free some space/);
  expect(sandbox.calls()).toEqual([]);
});

test('follow writes it at the interval of --report-every, and at its end', async () => {
  const { env } = await service();
  const cwd = workdir({ 'calls.csv': csv(callRows(3)) });
  const file = path.join(cwd, 'report.html');
  const textNow = () => (existsSync(file) ? textOf(readFileSync(file, 'utf8')) : '');
  const words = ['follow', 'calls.csv', '--settle', '0', '--report', 'report.html', '--report-every', '1s'];
  const run = begin(words, { cwd, env });
  await expect.poll(textNow, { timeout: 20_000 }).toContain('3 records were read');
  expect(textNow()).toContain('The run was still going on when this was written, at ');
  appendFileSync(path.join(cwd, 'calls.csv'), 'late,74950000001,101,1700000000,inbound,5,\n');
  await expect.poll(textNow, { timeout: 20_000 }).toContain('4 records were read');
  run.interrupt('SIGTERM');
  const { code, stderr } = await run;
  expect([code, stderr]).toEqual([143, expect.stringContaining('note: the report was written to ')]);
  expect(textNow()).toContain('The run was ended by SIGTERM.');
  expect(textNow()).not.toContain('had not ended');
  expect(readdirSync(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
}, 60_000);

test.each(['0', '25h', 'often'])('--report-every %s is no interval', async (interval) => {
  const cwd = workdir({ 'calls.csv': csv(callRows(1)) });
  const words = ['follow', 'calls.csv', '--sandbox', '--report', 'report.html', '--report-every', interval];
  const { code, stderr } = await amocalls(words, { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining('from 1s to 24h')]);
});

test('--report-every needs --report', async () => {
  const cwd = workdir({ 'calls.csv': csv(callRows(1)) });
  const { code, stderr } = await amocalls(['follow', 'calls.csv', '--sandbox', '--report-every', '5m'], {
    cwd,
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining('--report-every: needs --report')]);
});
