import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Outcome, OutputFormat, RecordResult, ValidCall } from '../../src/core/outcome.js';
import { count, emptyTally, summarise, summariseCheck } from '../../src/core/summary.js';
import { openReporter, type ReporterOptions } from '../../src/output/reporter.js';
import { openStyle, plain } from '../../src/output/terminal.js';
import { collector } from './streams.js';

const effort = { requests: 1, retries: 0, seconds: 0.41234 };

function outcome(status: Outcome['status'], line: number, reasons?: readonly string[]): Outcome {
  const { call } = validCall(line);
  const isCall = status !== 'invalid' && status !== 'filtered';
  const origin = { file: 'calls.csv', line, local: isCall ? call.date + 10_800 : undefined };
  const base = { status, uuid: `u-${line}`, account_id: '39099', origin, ...(isCall && { call }) };
  return reasons === undefined ? base : { ...base, reasons };
}

function validCall(line: number): ValidCall {
  const uuid = `u-${line}`;
  const call = {
    uuid,
    caller: '117',
    to: '74950001122',
    date: 1504525166,
    type: 'outbound',
    billsec: 98,
  } as const;
  return { status: 'valid', uuid, call: { ...call, account_id: '' }, origin: { file: 'calls.csv', line } };
}

/** What a run is printed with, where a test does not say otherwise. */
const usual = { rows: 100, onlyProblems: false, style: plain, taker: { queues: true, isSandbox: false } };

const three = [
  outcome('accepted', 2),
  outcome('accepted', 3),
  outcome('rejected', 4, ['Неверный номер', 'to: too short']),
];

/** What a run prints; every inner list is a batch. */
async function printed(
  batches: readonly (readonly RecordResult[])[],
  options: Partial<ReporterOptions> & { readonly format: OutputFormat },
): Promise<string> {
  const stdout = collector();
  const report = openReporter({ ...usual, stdout, ...options });
  for (const batch of batches) await report.write(batch);
  const tally = batches.reduce<typeof emptyTally>(count, emptyTally);
  const check = batches.flat().some(({ status }) => status === 'valid');
  await report.end(check ? summariseCheck(tally) : summarise(tally, effort));
  return stdout.text();
}

describe('ndjson', () => {
  it('prints a line an outcome and one for the counts, with the promised fields in their order', async () => {
    const unread: Outcome = {
      status: 'invalid',
      uuid: null,
      reasons: ['uuid: is empty'],
      origin: { file: '-', line: 5 },
    };
    const text = await printed([three.slice(1), [unread]], { format: 'ndjson' });
    expect(text.split('\n')).toEqual([
      '{"uuid":"u-3","status":"accepted","account_id":"39099","file":"calls.csv","line":3}',
      '{"uuid":"u-4","status":"rejected","reasons":["Неверный номер","to: too short"],"account_id":"39099","file":"calls.csv","line":4}',
      '{"uuid":null,"status":"invalid","reasons":["uuid: is empty"],"file":"-","line":5}',
      '{"summary":{"read":3,"accepted":1,"rejected":1,"invalid":1,"duplicate":0,"filtered":0,"unconfirmed":0,"unsent":0,"waiting":0,"changed":0,"requests":1,"retries":0,"seconds":0.41}}',
      '',
    ]);
  });

  it('prints an outcome as soon as it is known', async () => {
    const stdout = collector();
    const report = openReporter({ ...usual, format: 'ndjson', stdout });
    await report.write(three.slice(0, 1));
    expect(stdout.text()).toMatch(/^\{"uuid":"u-2".*\}\n$/);
  });

  it('leaves file and line out for a call given by flags', async () => {
    const text = await printed([[{ status: 'accepted', uuid: 'a', account_id: '1', origin: {} }]], {
      format: 'ndjson',
    });
    expect(text.split('\n')[0]).toBe('{"uuid":"a","status":"accepted","account_id":"1"}');
  });

  it('leaves reasons out where there are none', async () => {
    const text = await printed([[outcome('unsent', 2, [])]], { format: 'ndjson' });
    expect(text.split('\n')[0]).not.toContain('reasons');
  });

  it('shows a valid call of a check with its fields', async () => {
    const text = await printed([[validCall(2)]], { format: 'ndjson' });
    expect(
      text
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        uuid: 'u-2',
        status: 'valid',
        file: 'calls.csv',
        line: 2,
        call: {
          uuid: 'u-2',
          caller: '117',
          to: '74950001122',
          date: 1504525166,
          type: 'outbound',
          billsec: 98,
        },
      },
      { summary: { read: 1, valid: 1, invalid: 0, duplicate: 0, filtered: 0, waiting: 0 } },
    ]);
  });

  it('escapes what could move the terminal', async () => {
    const text = await printed([[outcome('rejected', 2, ['\u009B2J\u202Ex\u001B[31m'])]], {
      format: 'ndjson',
    });
    expect(text).not.toMatch(/[\u001B\u009B\u202E]/);
    expect(JSON.parse(text.split('\n')[0] ?? '').reasons).toEqual(['\u009B2J\u202Ex\u001B[31m']);
  });
});

describe('json', () => {
  it.each([
    ['no calls', []],
    ['an empty batch', [[]]],
    ['one batch', [three]],
    ['several batches', [three.slice(0, 1), [], three.slice(1)]],
  ])('is one document with the same fields: %s', async (_, batches) => {
    const document = JSON.parse(await printed(batches, { format: 'json' }));
    const lines = (await printed(batches, { format: 'ndjson' }))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect({ calls: document.calls, summary: document.summary }).toEqual({
      calls: lines.slice(0, -1),
      summary: lines.at(-1).summary,
    });
  });

  it('stays whole where nobody looks', async () => {
    expect(JSON.parse(await printed([three], { format: 'json', onlyProblems: true })).calls).toHaveLength(3);
  });
});

describe('table', () => {
  it('prints what was queued, what was not, the counts, and what becomes of a queued call', async () => {
    expect(await printed([three], { format: 'table' })).toBe(`Queued by amoCRM (2)
type  number       employee  date (+03:00)        talk  line  uuid
out   74950001122  117       2017-09-04 14:39:26  1:38  2     u-2
out   74950001122  117       2017-09-04 14:39:26  1:38  3     u-3

Not accepted (1)
status    line  uuid  number       date                 reasons
rejected  4     u-4   74950001122  2017-09-04 14:39:26  Неверный номер; to: too short

3 read: 2 queued, 1 rejected · 1 request, 0 retries, 0.4 s
If no contact with the number appears within 18 hours, amoCRM drops a queued call without a report.
`);
  });

  it('prints the counts alone when nothing was read', async () => {
    expect(await printed([], { format: 'table' })).toBe('0 read · 1 request, 0 retries, 0.4 s\n');
  });

  it('puts what is most urgent first, and keeps the order of the input within a status', async () => {
    const statuses = [
      'filtered',
      'duplicate',
      'unsent',
      'invalid',
      'rejected',
      'unconfirmed',
      'invalid',
    ] as const;
    const text = await printed([statuses.map((status, at) => outcome(status, at + 2))], { format: 'table' });
    expect(text.match(/^\w+ +\d +u-\d/gm)?.map((line) => line.replace(/ +\d +/, ' '))).toEqual([
      'unconfirmed u-7',
      'rejected u-6',
      'invalid u-5',
      'invalid u-8',
      'unsent u-4',
      'duplicate u-3',
      'filtered u-2',
    ]);
    expect(text).not.toContain('Queued');
    expect(text).not.toContain('18 hours');
  });

  it('prints no more rows than --rows, and says how many more there are', async () => {
    const many = Array.from({ length: 1000 }, (_, at) =>
      outcome(at % 2 ? 'accepted' : 'invalid', at + 2, ['x']),
    );
    const text = await printed([many], { format: 'table', rows: 2 });
    expect(text.match(/u-\d+/g)).toEqual(['u-3', 'u-5', 'u-2', 'u-4']);
    expect(text.match(/… and 498 more \(--rows all shows them\)/g)).toHaveLength(2);
    const mixed = ['unsent', 'invalid', 'rejected'] as const;
    const rest = await printed([mixed.map((status, at) => outcome(status, at))], {
      format: 'table',
      rows: 2,
    });
    expect(rest.match(/u-\d+/g)).toEqual(['u-2', 'u-1']);
    expect(rest).toContain('… and 1 more');
    const all = await printed([many], { format: 'table', rows: Number.POSITIVE_INFINITY });
    expect(all.match(/u-\d+/g)).toHaveLength(1000);
    expect(all).not.toContain('more (');
  });

  it('says nothing where nobody looks when all is well', async () => {
    const well = [outcome('accepted', 2), outcome('duplicate', 3), outcome('filtered', 4)];
    expect(await printed([well], { format: 'table', onlyProblems: true })).toBe('');
  });

  it('says what went wrong where nobody looks', async () => {
    const text = await printed([[...three, outcome('duplicate', 9)]], {
      format: 'table',
      onlyProblems: true,
    });
    expect(text).toContain('Not accepted (1)');
    expect(text).toContain('4 read: 2 queued, 1 rejected, 1 duplicate');
    expect(text).not.toMatch(/u-2|u-9|18 hours/);
  });

  it('shows a record without a uuid, and no place where there is none', async () => {
    const text = await printed([[{ status: 'invalid', uuid: null, reasons: ['a'], origin: {} }]], {
      format: 'table',
    });
    expect(text).toContain('status   uuid  reasons\ninvalid  -     a\n');
  });

  it('wraps reasons to a terminal, and cuts nothing', async () => {
    const words = Array.from({ length: 30 }, (_, at) => `word${at}`).join(' ');
    const finding = [outcome('rejected', 4, [words])];
    const stdout = collector({ isTTY: true, columns: 60 });
    const wrapped = await (async () => {
      const report = openReporter({ ...usual, format: 'table', onlyProblems: true, width: 60, stdout });
      await report.write(finding);
      await report.end(summarise(count(emptyTally, finding), effort));
      return stdout.text();
    })();
    expect(Math.max(...wrapped.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(wrapped.replace(/\s+/g, ' ')).toContain(words);
    expect(await printed([finding], { format: 'table' })).toContain(words);
  });

  it.each([80, 100, 160, 400])(
    'keeps to a terminal of %i columns, and drops what matters least',
    async (columns) => {
      const files = ['a.csv', `${'long-folder/'.repeat(12)}calls.csv`];
      const findings = files.flatMap((file, at) =>
        (['accepted', 'rejected', 'duplicate'] as const).map((status): Outcome => {
          const receipt = { entity_type: 'contact', entity_id: 12_345_678, note_id: 87_654_321 };
          const one = outcome(status, at * 3 + 2, ['Local/103@queue-00000001;2 is '.repeat(6)]);
          return {
            ...one,
            account_id: `${at}`,
            uuid: `mikopbx-172665590${at}.1162-very-long`,
            origin: { ...one.origin, file },
            receipt,
          };
        }),
      );
      const stdout = collector({ isTTY: true, columns });
      const report = openReporter({ ...usual, format: 'table', width: columns, stdout });
      await report.write(findings);
      await report.end(summarise(count(emptyTally, findings), effort));
      const lines = stdout.text().split('\n').slice(0, -2);
      expect(lines.filter((line) => line.length > columns)).toEqual([]);
      expect(lines.find((line) => line.startsWith('out '))).toMatch(
        /^out +74950001122 +117 +2017-09-04 14:39:26 +1:38 /,
      );
      expect(lines.some((line) => line.includes('note 87654321'))).toBe(columns > 140);
    },
  );

  it('lets no control character of a file or the service through', async () => {
    const evil = '\u001B[2Ja\u202Eb\rc\nd\u009Be';
    const finding: Outcome = {
      status: 'rejected',
      uuid: evil,
      reasons: [evil],
      account_id: evil,
      origin: { file: evil, line: 1 },
    };
    const text = await printed([[finding, { ...finding, status: 'accepted' }]], { format: 'table' });
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202E]/u);
    expect(text.match(/\n/g)).toHaveLength(10);
  });

  it('aligns columns by what is seen: wide letters, colours', async () => {
    const style = await openStyle(true);
    const findings = [
      { ...outcome('invalid', 2, ['r1']), uuid: '漢字' },
      { ...outcome('unconfirmed', 3, ['r2']), uuid: 'abcdefg' },
    ];
    const text = await printed([findings], { format: 'table', style });
    const bare = text.replace(/\u001B\[\d+m/g, '').split('\n');
    expect(bare.slice(1, 4)).toEqual([
      'status       line  uuid     number       date                 reasons',
      'unconfirmed  3     abcdefg  74950001122  2017-09-04 14:39:26  r2',
      'invalid      2     漢字                                       r1',
    ]);
    expect(text).toContain('\u001B[31minvalid\u001B[39m');
  });

  it('previews what a check would send', async () => {
    const text = await printed([[validCall(2), outcome('invalid', 3, ['date: "x" is not a date'])]], {
      format: 'table',
    });
    expect(text).toBe(`Would be sent (1)
type  number       employee  date (UTC)           talk  line  uuid
out   74950001122  117       2017-09-04 11:39:26  1:38  2     u-2

Cannot be sent (1)
status   line  uuid  reasons
invalid  3     u-3   date: "x" is not a date

2 read: 1 valid, 1 invalid
`);
  });
});

describe('stdout', () => {
  it('may lose its reader: the run goes on, the printing is over', async () => {
    const reader = spawn('head', ['-n', '1'], { stdio: ['pipe', 'pipe', 'inherit'] });
    const stdout = { stream: reader.stdin, isTTY: false, columns: 80 };
    const report = openReporter({ ...usual, format: 'ndjson', stdout });
    const read = once(reader.stdout, 'data');
    while (!report.closed) await report.write(three);
    await report.write(three);
    await report.end(summarise(emptyTally, effort));
    expect(String((await read)[0])).toMatch(/^\{"uuid":"u-2"/);
  });

  it('may be closed by somebody else', async () => {
    const stdout = collector();
    const report = openReporter({ ...usual, format: 'ndjson', stdout });
    stdout.stream.destroy();
    await report.write(three);
    expect(report.closed).toBe(true);
    await report.end(summarise(emptyTally, effort));
  });

  it('holds the run back while its reader is slow', async () => {
    const taken: (() => void)[] = [];
    const stream = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) });
    const report = openReporter({
      ...usual,
      format: 'ndjson',
      stdout: { stream, isTTY: false, columns: 80 },
    });
    let written = false;
    const writing = report.write(three).then(() => {
      written = true;
    });
    await new Promise(setImmediate);
    expect(written).toBe(false);
    taken.pop()?.();
    await writing;
    expect(written).toBe(true);
  });

  it('that fails is a failure with a name', async () => {
    const failure = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(failure) });
    const stdout = { stream, isTTY: false, columns: 80 };
    const report = openReporter({ ...usual, format: 'json', stdout });
    await report.write(three);
    await report.write(three);
    await expect(report.end(summarise(emptyTally, effort))).rejects.toThrow(
      'stdout: the result cannot be written: ENOSPC: no space left on device, write',
    );
  });
});
