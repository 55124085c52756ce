import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { runHere } from '../setup/in-process.js';
import { workdir } from './harness.js';

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

/** Words of a command, by the name of its screen. */
const screens = {
  import: ['import', 'calls.csv', '--sandbox', '--no-ledger'],
  'import v4': ['import', 'calls.csv', '--sandbox', '--no-ledger', '--api', 'v4'],
  check: ['check', 'Master.csv', '--rows', '3'],
  'two files': ['check', 'calls.csv', longName],
  presets: ['presets'],
} as const;

test.each(Object.keys(screens).flatMap((name) => [80, 160].map((columns) => [name, columns] as const)))(
  'the screen of %s at %i columns',
  async (name, columns) => {
    const cwd = workdir();
    copyFileSync(fixture('demo-calls.csv'), path.join(cwd, 'calls.csv'));
    copyFileSync(fixture('demo-calls.csv'), path.join(cwd, longName));
    copyFileSync(fixture('Master.csv'), path.join(cwd, 'Master.csv'));
    const words = new Map<string, readonly string[]>(Object.entries(screens)).get(name) ?? [];
    const { stdout, text } = terminal(columns);
    await runHere(words, { cwd, homedir: cwd, stdout, env: { NO_COLOR: '1', TZ: 'UTC' } });
    const screen = text()
      .replace(/\d+\.\d s$/gm, '0.0 s')
      .replace(/ +$/gm, '');
    const wide = screen
      .split('\n')
      .filter((line) => line.length > columns && !line.startsWith('to send it:'));
    expect(wide).toEqual([]);
    await expect(screen).toMatchFileSnapshot(`screens/${name.replace(' ', '-')}-${columns}.txt`);
  },
);
