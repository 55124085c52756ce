import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import lock from '../package-lock.json' with { type: 'json' };
import * as door from '../src/index.js';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'amocalls-package-'));
const prefix = join(folder, 'prefix');
const consumer = join(folder, 'consumer');
const tarball = join(folder, `amocalls-${manifest.version}.tgz`);

/** npm as a user's machine without network has it: nothing cached, nothing asked, no script run. */
async function npm(...args: string[]): Promise<string> {
  const offline = [
    '--offline',
    '--ignore-scripts',
    '--omit=optional',
    '--cache',
    join(folder, 'cache'),
    '--yes',
  ];
  const { stdout } = await run('npm', [...offline, ...args], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  return stdout;
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

beforeAll(async () => {
  await npm('pack', root, '--pack-destination', folder);
  await npm('install', '--global', '--prefix', prefix, tarball);
  mkdirSync(join(consumer, 'node_modules', '@types'), { recursive: true });
  symlinkSync(join(prefix, 'lib/node_modules/amocalls'), join(consumer, 'node_modules/amocalls'));
  symlinkSync(join(root, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'));
}, 180_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the package holds what runs, and nothing else', () => {
  const installed = join(prefix, 'lib/node_modules/amocalls');
  const files = filesBelow(installed).map((path) => path.slice(installed.length + 1));
  const others = files.filter(
    (name) => !/^(dist\/(types\/.+\.d\.ts|man\/[\w-]+\.1|(chunks\/)?[\w.-]+\.js))$/.test(name),
  );
  expect(others.sort()).toEqual([
    '.amocallsrc.example',
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'README.ru.md',
    'bin/amocalls.js',
    'dist/THIRD-PARTY-LICENSES.txt',
    'package.json',
  ]);
});

test('an installation without the optional SQLite is one package below 20 MB', () => {
  const modules = join(prefix, 'lib/node_modules');
  expect(readdirSync(modules)).toEqual(['amocalls']);
  expect(readdirSync(join(modules, 'amocalls'))).not.toContain('node_modules');
  const bytes = filesBelow(modules).reduce((sum, path) => sum + statSync(path).size, 0);
  expect(bytes).toBeLessThan(20_000_000);
});

test('the installed command runs', async () => {
  const { stdout, stderr } = await run(join(prefix, 'bin/amocalls'), ['--version'], { cwd: folder });
  expect({ stdout, stderr }).toEqual({ stdout: `${manifest.version}\n`, stderr: '' });
});

test('npx runs the packed file', async () => {
  const stdout = await npm('exec', '--package', tarball, '--', 'amocalls', '--version');
  expect(stdout).toBe(`${manifest.version}\n`);
}, 180_000);

test('a program imports every name of the library door, by name, and nothing runs by itself', async () => {
  const names = Object.keys(door).sort();
  const script = join(consumer, 'names.mjs');
  const list = names.map((name, i) => `${name} as n${i}`).join(', ');
  writeFileSync(
    script,
    `import { ${list} } from 'amocalls';\nconsole.log([${names.map((_, i) => `n${i}`)}].length);\n`,
  );
  const { stdout, stderr } = await run(process.execPath, [script], { cwd: consumer });
  expect({ stdout, stderr }).toEqual({ stdout: `${names.length}\n`, stderr: '' });
});

test('the types are complete for a strict program that has only the types of Node', async () => {
  writeFileSync(
    join(consumer, 'main.mts'),
    `import * as door from 'amocalls';\nexport const all: object = door;\n`,
  );
  const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const checked = run(process.execPath, [tsc, ...options, '--skipLibCheck', 'false', 'main.mts'], {
    cwd: consumer,
  });
  await expect(checked).resolves.toMatchObject({ stdout: '' });
}, 180_000);

test('no package is installed with us that needs a script to work', () => {
  const installed = Object.entries(lock.packages).filter(([path, entry]) => path !== '' && !('dev' in entry));
  expect(installed.filter(([, entry]) => !('optional' in entry))).toEqual([]);
  const scripted = installed.filter(([, entry]) => 'hasInstallScript' in entry).map(([path]) => path);
  expect(scripted).toEqual(['node_modules/@photostructure/sqlite']);
  // Its script only compiles where no binary came along: these platforms need none.
  const binaries = readdirSync(join(root, 'node_modules/@photostructure/sqlite/prebuilds'));
  expect(binaries).toEqual(expect.arrayContaining(['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64']));
});

test('the licence of every bundled package comes along', () => {
  const text = readFileSync(join(root, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['commander', 'cosmiconfig', 'undici', 'ora', 'chalk'])
    expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'));
});
