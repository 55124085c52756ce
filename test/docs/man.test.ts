import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { manPage } from '../../scripts/man-page.js';
import { commandNames, negationOf } from '../../src/settings/setting.js';
import { flagsOf, settingNames, settingTable } from '../../src/settings/table.js';
import { type ToolName, toolPath, whyMissing } from '../setup/tools.mjs';

const page = manPage();

/** The page as it reads once roff is through with it. */
const plain = page.replaceAll(/\\f./g, '').replaceAll('\\-', '-');

test('npm installs the page', () => {
  expect(manifest.man).toBe('./dist/man/amocalls.1');
});

test('every flag of every command stands in the page, with what it does and who takes it', () => {
  const entries = plain.split('.TP\n');
  const missing = commandNames.flatMap((name) =>
    flagsOf(name)
      .flatMap((setting) => [setting.flags ?? '', negationOf(setting, name)?.flag ?? ''])
      .filter((flag) => flag !== '')
      .filter(
        (flag) => !entries.some((entry) => entry.startsWith(`${flag}\n`) && entry.length > flag.length + 9),
      )
      .map((flag) => `${name}: ${flag}`),
  );
  expect(missing).toEqual([]);
  const takers = entries.find((entry) => entry.startsWith('--rejects <file>\n'));
  expect(takers).toContain('Taken by');
});

test('it describes every command, and every variable of the environment', () => {
  for (const name of commandNames) expect(plain).toContain(`.SS amocalls ${name} [flags]`);
  for (const { env } of settingNames.map((name) => settingTable[name])) expect(plain).toContain(env ?? '');
});

/** Programs that check a page; all are content with the missing date, which would make every build another one. */
const checkers: readonly (readonly [ToolName, ...string[]])[] = [
  ['mandoc', '-Tlint', '-Wwarning'],
  ['man', '--warnings', '-l'],
  ['groff', '-man', '-ww', '-z', '-Tutf8'],
];

test.for(checkers)('%s has nothing to say against the page', ([program, ...options], { skip }) => {
  skip(toolPath(program) === undefined, whyMissing(program));
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-man-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const name = 'amocalls.1';
  writeFileSync(path.join(folder, name), page);
  // man confines itself, and what sets the clock of a run in CI cannot start in there.
  const env = { ...process.env, LD_PRELOAD: '' };
  const { stdout, stderr } = spawnSync(program, [...options, name], { cwd: folder, encoding: 'utf8', env });
  const said = `${program === 'man' ? '' : stdout}${stderr}`.split('\n');
  expect(said.filter((line) => line !== '' && !line.includes('missing date'))).toEqual([]);
});
