import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { amocalls } from '../records/preset-fixtures.js';

/*
 * What is half understood is not sent, and told: the words of each refusal, and the row that it is about.
 */
const cabinets = fileURLToPath(new URL('../../fixtures/cases/30-cabinets/', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'amocalls-'));

async function checked(text: string, ...flags: readonly string[]) {
  writeFileSync(path.join(folder, 'calls.csv'), text);
  const args = ['check', 'calls.csv', '--timezone', 'UTC', ...flags, '-q', '--output', 'json'];
  const { code, stdout, stderr } = await amocalls(args, { cwd: folder });
  if (stdout === '') {
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '{}');
    return { code, error: `${error.message} | ${error.hint}`, calls: 0, reasons: [] };
  }
  const { calls }: { calls: readonly { status: string; reasons?: readonly string[] }[] } = JSON.parse(stdout);
  return {
    code,
    error: '',
    calls: calls.filter(({ status }) => status === 'valid').length,
    reasons: calls.flatMap(({ reasons = [] }) => reasons),
  };
}

const sheet = (...lines: readonly string[]) => `${lines.join('\n')}\n`;
const ofCabinet = (name: string) => readFileSync(path.join(cabinets, name), 'utf8');

describe('a file is refused', () => {
  it.each([
    ['full.log', ': is the log of Asterisk', '--preset asterisk'],
    ['queue_log', ': is the queue_log of Asterisk', '--preset asterisk'],
    ['sip.txt', ': is a trace of SIP messages', 'call records (CDR)'],
  ])('that is a log, with what to export: %s', async (name, what, instead) => {
    const { error } = await checked(ofCabinet(name), '--format', 'csv');
    expect(error).toContain(what);
    expect(error).toContain(instead);
  });

  it('that is a log of events, unless every row is said to be a call', async () => {
    const row = (event: string, talk: number) => `${event},c1,74950000001,101,2026-03-04 10:15:00,${talk}`;
    const text = sheet('event,call_id,from,to,date,talk', row('start', 0), row('hangup', 63));
    expect((await checked(text)).error).toContain(
      'a log of events, with several rows for a call: "event" says "start", "hangup"',
    );
    expect((await checked(text, '--keep-rows')).error).toBe('');
    const others = sheet('event,call_id,from,to,date,talk', row('hangup', 63));
    expect((await checked(others)).calls).toBe(1);
  });

  it('whose rows are legs that point at each other, until the user says that each is a call', async () => {
    const text = ofCabinet('otherleg.csv');
    expect((await checked(text)).error).toContain('"other_leg_uuid" joins lines 2 and 3');
    expect((await checked(text, '--keep-rows')).calls).toBe(4);
    expect((await checked(text, '--map', 'uuid=uuid')).calls).toBe(4);
    const own = text.replaceAll(/,b(\d),|,a(\d),/g, ',elsewhere,');
    expect((await checked(own)).calls).toBe(4);
  });

  it('whose days stand beside times that may be others', async () => {
    const row = '1,2026-03-04,10:15:10,10:16:13,74950000001,101';
    expect((await checked(sheet('id,date,answer,end,from,to', row))).error).toContain(
      '"date" says no time of day, and "answer" may be another time',
    );
    expect((await checked(sheet('id,date,start,end,from,to,talk', `${row},5`))).calls).toBe(1);
  });

  it('whose two sides are one column', async () => {
    const text = sheet('id,Number,date,talk', '1,74950000001,2026-03-04 10:15:00,5');
    const { error } = await checked(text, '--map', 'caller=Number', '--map', 'to=Number');
    expect(error).toContain('caller and to are both read from the column "Number"');
  });

  it('whose talk times would be hours long, unless the end proves milliseconds, or their name says them', async () => {
    const rows = (...talk: readonly string[]) =>
      talk.map((one, at) => `${at},74950000001,101,2026-03-04 10:15:00,2026-03-04 10:16:05,${one}`);
    const plain = sheet('id,from,to,start,other,duration', ...rows('63000', '42000'));
    expect((await checked(plain)).error).toContain(
      'most talk times would be hours long, such as 63000 seconds',
    );
    expect((await checked(plain, '--durations', 'ms')).calls).toBe(2);
    expect((await checked(sheet('id,from,to,start,end,duration', ...rows('63000', '42000')))).calls).toBe(2);
    expect((await checked(sheet('id,from,to,start,other,talk_ms', ...rows('63000', '42000')))).calls).toBe(2);
    expect((await checked(sheet('id,from,to,start,other,duration', ...rows('63000', '42', '5')))).calls).toBe(
      3,
    );
  });
});

describe('a row is invalid', () => {
  const header = 'id,from,to,date,talk,agent,note';
  const row = (id: string, ...more: readonly string[]) =>
    `${id},74950000001,101,2026-03-04 10:15:00,${more.join(',')}`;

  it('with a cell too few where rows end with empty cells, too many where no other row has more', async () => {
    const whole = [row('a', '5', 'Ann', ''), row('b', '5', '', 'x')];
    const few = await checked(sheet(header, ...whole, row('c', 'Ann', 'y')));
    expect(few.reasons).toEqual([
      'it has 6 cells, the header has 7 columns: any of them may be missing (--allow cells)',
    ]);
    expect(few.calls).toBe(2);
    const many = await checked(sheet(header, ...whole, row('c', '5', 'Ann', '', '')));
    expect(many.reasons).toEqual([
      'it has 8 cells, the header has 7 columns: no cell of it can be trusted (--allow cells)',
    ]);
    expect((await checked(sheet(header, ...whole, row('c', '5', 'Ann')), '--allow', 'cells')).calls).toBe(3);
  });

  it('but not where rows leave out empty cells at their end, or all have a delimiter there', async () => {
    expect((await checked(sheet(header, row('a', '5', 'Ann', 'x.y'), row('b', '5')))).calls).toBe(2);
    expect(
      (await checked(sheet(header, row('a', '5', 'Ann', 'x', ''), row('b', '5', '', 'y', '')))).calls,
    ).toBe(2);
  });

  it.each(['2026-03-04', '04.03.2026', '10:15:00', '1772608500.1', '42,0'])(
    'whose number is none: %s',
    async (number) => {
      const text = sheet(
        'id;from;to;date;talk',
        `a;${number};101;2026-03-04 10:15:00;5`,
        'b;74950000001;101;2026-03-04 10:15:00;5',
      );
      const { calls, reasons } = await checked(text);
      expect([calls, reasons.length]).toEqual([1, 1]);
      expect(reasons[0]).toMatch(/^caller: "[^"]*" (?:is a date or a time|holds no number)/);
    },
  );
});

it('one row whose cells are not in their columns changes nothing about the others', async () => {
  const row = (id: string, clock: string) => `${id},2026-03-04,${clock},74950000001,101,5,no`;
  const text = sheet(
    'id,day,clock,from,to,duration,missed',
    row('a', '10:15:00'),
    row('b', 'x'),
    row('c', '11:15:00'),
  );
  const { calls, reasons } = await checked(text);
  expect([calls, reasons]).toEqual([2, ['date: "2026-03-04 x" is not a date']]);
});

it('a call that is answered before midnight and ends behind it has the talk in between', async () => {
  const rows = [
    'a,2026-03-04,23:59:30,23:59:40,00:00:10,74950000001,101',
    'b,2026-03-04,10:15:00,10:15:10,10:15:20,74950000001,101',
  ];
  const args = ['check', 'night.csv', '--timezone', 'UTC', '-q', '--output', 'json'];
  writeFileSync(path.join(folder, 'night.csv'), sheet('id,date,start,answer,end,from,to', ...rows));
  const { calls } = JSON.parse((await amocalls(args, { cwd: folder })).stdout);
  expect(calls.map(({ call }: { call: { billsec: number } }) => call.billsec)).toEqual([30, 10]);
});

it('a duration is no id: its column is under the name of another', async () => {
  const text = sheet('id,from,to,date,talk', '0:01:03,74950000001,101,2026-03-04 10:15:00,1001');
  expect((await checked(text)).reasons[0]).toMatch(/^uuid: "0:01:03" is a time or a duration/);
});

it.each([
  ['channel', 'SEO', 'Telegram', 2],
  ['type', 'Voice', 'SMS', 1],
])('a column "%s" with %s and %s', async (name, first, second, calls) => {
  const row = (id: string, word: string) => `${id},${word},in,74950000001,101,2026-03-04 10:15:00,63`;
  const text = sheet(`id,${name},direction,from,to,start,talk`, row('1', first), row('2', second));
  expect((await checked(text)).calls).toBe(calls);
});
