import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { runHere } from '../setup/in-process.js';
import { service, workdir } from './harness.js';

// The zone of the machine is shown.
process.env['TZ'] = 'UTC';

const fixture = (name: string) => path.join(import.meta.dirname, '../../fixtures', name);

/** A terminal of so many columns, and what was shown on it. */
function terminal(columns: number) {
  const shown: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      shown.push(String(chunk));
      done();
    },
  });
  return { stdout: { stream, isTTY: true, columns }, text: () => shown.join('') };
}

const longName = 'Отчёт о звонках за ноябрь 2024 года.csv';

/** An hour and a half after the calls of the demo; those of Master.csv are of October. */
const noon = Date.parse('2024-01-01T09:00:00Z');
const december = Date.parse('2024-12-01T09:00:00Z');

interface Screen {
  readonly words: readonly string[];
  /** Commands that run before it, and are not shown. */
  readonly before?: readonly (readonly string[])[];
  readonly service?: Parameters<typeof service>[0];
  /** By default noon; `now` where the clock is compared with that of the service. */
  readonly at?: number | 'now';
}

const sent = [['import', 'calls.csv']] as const;
const v4 = { api: 'v4', unknownNumber: /4950000010$/ } as const;

/** What is shown, by the name of the screen. */
const screens: Readonly<Record<string, Screen>> = {
  help: { words: ['--help'] },
  'no profile': { words: ['import', 'calls.csv', '--config', 'none.yaml'] },
  'wrong preset': { words: ['check', 'calls.csv', '--preset', 'freepbx'] },
  add: {
    words: [
      'add',
      '--caller',
      '74950000001',
      '--to',
      '101',
      '--type',
      'inbound',
      '--billsec',
      '63',
      '--sandbox',
    ],
  },
  import: { words: ['import', 'calls.csv', '--sandbox', '--no-ledger'] },
  'import v4': { words: ['import', 'calls.csv', '--sandbox', '--no-ledger', '--api', 'v4'] },
  'import unconfirmed': { words: ['import', 'calls.csv'], service: { forgetPattern: /10[13]$/ } },
  'dry run': { words: ['import', 'calls.csv', '--dry-run'] },
  check: { words: ['check', 'Master.csv', '--rows', '3'], at: december },
  'two files': { words: ['check', 'calls.csv', longName] },
  history: { words: ['history'], before: [...sent, ['import', longName, '--rejects', 'fix-me.csv']] },
  'history of uuids': { words: ['history', '1704092400.101', 'nobody'], before: sent },
  'history unconfirmed': {
    words: ['history', '--unconfirmed'],
    before: sent,
    service: { forgetPattern: /10[13]$/ },
  },
  'history waiting': { words: ['history', '--waiting'], before: sent, service: v4 },
  'history problems': { words: ['history', '--problems'], before: sent },
  users: { words: ['users'], service: { api: 'v4', users: 3 } },
  resolve: { words: ['resolve'], before: sent, service: { api: 'v4', forgetPattern: /10[13]$/ } },
  presets: { words: ['presets'] },
  'presets of one': { words: ['presets', 'freepbx'] },
  config: { words: ['config'] },
  doctor: { words: ['doctor'], before: sent, at: 'now' },
  faults: { words: ['sandbox', '--fault', 'list'] },
};

/** What differs from run to run, in as many cells. */
function steady(screen: string): string {
  return screen
    .replace(/127\.0\.0\.1:\d{5}/g, '127.0.0.1:40000')
    .replace(/\d+\.\d s$/gm, '0.0 s')
    .replace(/answer in \d+ ms/g, 'answer in 3 ms')
    .replace(/\d+ kB(?=, intact)/g, '5 kB')
    .replace(/(?<=\bnode +)[\d.]+/g, '20.20.2')
    .replace(/20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC(?=\)? ended)/g, '2024-01-01 09:00:00 UTC')
    .replaceAll(/\/tmp\/amocalls-[^/ ]+/g, '/home/user')
    .replace(/ +$/gm, '');
}

/** A command, and a path, may be longer than a line. */
const isWhole = (line: string) => /^(to send it:| {2}amocalls |\s*\S+$)/.test(line);

test.each(Object.keys(screens).flatMap((name) => [80, 160].map((columns) => [name, columns] as const)))(
  'the screen of %s at %i columns',
  async (name, columns) => {
    const { words, before = [], service: options, at = noon }: Screen = screens[name] ?? { words: [] };
    const cwd = workdir();
    copyFileSync(fixture('demo-calls.csv'), path.join(cwd, 'calls.csv'));
    copyFileSync(fixture('demo-calls.csv'), path.join(cwd, longName));
    copyFileSync(fixture('Master.csv'), path.join(cwd, 'Master.csv'));
    const { env } = await service(options);
    const { stdout, text } = terminal(columns);
    const clock = at === 'now' ? {} : { now: () => at };
    const context = { cwd, homedir: cwd, env: { ...env, NO_COLOR: '1', TZ: 'UTC', CI: '1' }, ...clock };
    for (const earlier of before) await runHere(earlier, context);
    await runHere(words, { ...context, stdout, stderr: stdout });
    const screen = steady(text());
    expect(screen.split('\n').filter((line) => line.length > columns && !isWhole(line))).toEqual([]);
    await expect(screen).toMatchFileSnapshot(`screens/${name.replaceAll(' ', '-')}-${columns}.txt`);
  },
);
