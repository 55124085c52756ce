import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { manPages } from '../../scripts/man-pages.js';
import { commandNames, negatedFlag } from '../../src/settings/setting.js';
import { flagsOf, settingNames, settingTable } from '../../src/settings/table.js';
import { type ToolName, toolPath, whyMissing } from '../setup/tools.mjs';

const pages = manPages();

/** A page as it reads once roff is through with it. */
function plain(name: string): string {
  return (pages.get(name) ?? '').replaceAll(/\\f./g, '').replaceAll('\\-', '-');
}

test('npm installs every page: those of new commands are to be added to `man` in package.json', () => {
  expect(manifest.man).toEqual([...pages.keys()].map((name) => `./dist/man/${name}`).sort());
});

test('every flag of a command stands in its page, with what it does', () => {
  const missing = commandNames.flatMap((name) => {
    const entries = plain(`amocalls-${name}.1`).split('.TP\n');
    return flagsOf(name)
      .flatMap((setting) => [setting.flags ?? '', negatedFlag(setting, name) ?? ''])
      .filter((flag) => flag !== '')
      .filter(
        (flag) => !entries.some((entry) => entry.startsWith(`${flag}\n`) && entry.length > flag.length + 9),
      )
      .map((flag) => `${name}: ${flag}`);
  });
  expect(missing).toEqual([]);
});

test('amocalls(1) names every command and every variable of the environment', () => {
  const text = plain('amocalls.1');
  for (const name of commandNames) expect(text).toContain(`.BR amocalls-${name} (1)`);
  for (const { env } of settingNames.map((name) => settingTable[name])) expect(text).toContain(env ?? '');
});

/** Programs that check pages; all are content with the missing date, which would make every build another one. */
const checkers: readonly (readonly [ToolName, ...string[]])[] = [
  ['mandoc', '-Tlint', '-Wwarning'],
  ['man', '--warnings', '-l'],
  ['groff', '-man', '-ww', '-z', '-Tutf8'],
];

test.for(checkers)('%s has nothing to say against a page', ([program, ...options], { skip }) => {
  skip(toolPath(program) === undefined, whyMissing(program));
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-man-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of pages) {
    writeFileSync(path.join(folder, name), text);
    // man confines itself, and what sets the clock of a run in CI cannot start in there.
    const env = { ...process.env, LD_PRELOAD: '' };
    const { stdout, stderr } = spawnSync(program, [...options, name], { cwd: folder, encoding: 'utf8', env });
    const said = `${program === 'man' ? '' : stdout}${stderr}`.split('\n');
    expect(said.filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
  }
});
