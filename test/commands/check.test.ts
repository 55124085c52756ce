import { describe, expect, it } from 'vitest';
import { amocalls, check, expectedOf, fixtures, flagOf, importInto } from '../records/preset-fixtures.js';

const files = fixtures().map(({ file, expected }) => ({ file, expected: expectedOf(expected) }));

/** Files whose dates have no zone that anything in the file tells. */
const withoutZone = [
  '3cx-report-v20.csv',
  'asterisk-16-columns-twice-in-a-second.csv',
  'freeswitch-15-columns.csv',
  'freeswitch-asterisk-template.csv',
  'freeswitch-saved-from-excel.csv',
  'uis-calls-report.json',
  'yeastar-p-series-labels.csv',
];

/** The words of the command in a line that begins with these words; undefined where there is no such line. */
function commandIn(stdout: string, before: string): readonly string[] | undefined {
  const line = stdout.split('\n').find((text) => text.startsWith(before) && text.includes('amocalls '));
  const command = line?.slice(line.indexOf('amocalls ') + 'amocalls '.length);
  return command?.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", ''));
}

const momentsOf = (calls: readonly Readonly<Record<string, string | number>>[]) =>
  calls.map(({ uuid, date }) => ({ uuid, date }));

describe('check without flags shows the calls of a file of every preset', () => {
  it.each(files)('$file', async ({ file, expected }) => {
    const { code, stdout } = await amocalls(['check', file]);
    const { calls } = await check(file, []);
    const isUnknown = withoutZone.includes(file);
    expect(stdout).toMatch(/^\S+ looks like .+ \((?:sure|\d\d % sure)\)/);
    expect(stdout).toContain(`With --preset ${flagOf(expected, '--preset')}`);
    expect(stdout).toContain('Would be sent');
    expect(stdout).toMatch(
      /^by hour {3}00 [▁▂▃▄▅▆▇█]{24} 23 \(.+answered \d+ % {3}missed \d+ % {3}inbound \d+ %/m,
    );
    expect(code).toBe(expected.invalid.length === 0 ? 0 : 3);
    expect(stdout.includes('THE TIME ZONE IS NOT KNOWN')).toBe(isUnknown);
    expect(calls.length).toBe(expected.calls.length);
    if (!isUnknown) expect(momentsOf(calls)).toEqual(momentsOf(expected.calls));
    const words = commandIn(stdout, isUnknown ? 'Before it can be sent' : 'to send it: ') ?? [];
    expect(words[0]).toBe(isUnknown ? 'check' : 'import');
    const next = await amocalls(isUnknown ? words : [...words, '--sandbox', '--no-ledger']);
    expect([file, next.stderr.includes('error:')]).toEqual([file, false]);
    expect(next.stdout).toContain(`${expected.calls.length} ${isUnknown ? 'valid' : 'queued'}`);
    if (isUnknown) expect(next.stdout).toContain('to send it: ');
  });
});

describe('what check assumes', () => {
  it('names the second phone system that a file looks like, with its command', async () => {
    const { stdout } = await amocalls(['check', 'grandstream-api-commas-without-quotes.csv']);
    expect(stdout).toContain(
      'too (70 % sure): amocalls check grandstream-api-commas-without-quotes.csv --preset freepbx',
    );
  });

  it('stands in the summary for programs, with the hours and the shares', async () => {
    const { stdout } = await amocalls(['check', 'freepbx-queue.csv', '--output', 'json']);
    const { summary } = JSON.parse(stdout);
    expect(summary).toMatchObject({
      valid: 2,
      assumed: [
        {
          file: 'freepbx-queue.csv',
          preset: 'freepbx',
          candidates: [{ preset: 'freepbx', sure: 0.9 }],
          timezone: 'ids',
        },
      ],
      import: ['amocalls import freepbx-queue.csv --preset freepbx --timezone ids'],
      answered: 1,
      missed: 1,
      inbound: 2,
      outbound: 0,
      employees: 2,
    });
    expect(summary.by_hour).toHaveLength(24);
    expect(summary.by_hour.reduce((sum: number, calls: number) => sum + calls, 0)).toBe(2);
  });

  it('says for programs which zone nothing tells, and gives no command', async () => {
    const { stdout } = await amocalls(['check', 'yeastar-p-series-labels.csv', '--output', 'json']);
    const { summary } = JSON.parse(stdout);
    expect(summary.assumed[0].unknown).toEqual(['timezone']);
    expect(summary.import).toBeUndefined();
  });

  it('is nothing where the preset and the zone are given', async () => {
    const { stdout } = await amocalls([
      ...['check', 'freepbx-queue.csv', '--preset', 'freepbx', '--timezone', 'Europe/Moscow'],
    ]);
    expect(stdout).not.toContain('looks like');
    expect(stdout).toContain(
      'to send it: amocalls import freepbx-queue.csv --preset freepbx --timezone Europe/Moscow',
    );
  });

  it('is a preset where columns are mapped by hand, but not with --preset none', async () => {
    const mapped = [
      'check',
      'freepbx-queue.csv',
      '--map',
      'caller=src',
      '--map',
      'to=dst',
      '--set',
      'type=inbound',
    ];
    expect((await amocalls(mapped)).stdout).toContain('With --preset freepbx --timezone ids it gives:');
    const { stdout } = await amocalls([...mapped, '--preset', 'none']);
    expect(stdout).not.toContain('--preset freepbx it gives');
    expect(stdout).toContain('Its unique ids say UTC+03:00 (5 of 5 rows).\nWith --timezone ids it gives:');
  });

  it('is never assumed by import', async () => {
    const { code, stderr } = await importInto('freepbx-queue.csv', ['--preset', 'freepbx']);
    expect([code, stderr.includes('have no time zone')]).toEqual([2, true]);
  });
});
