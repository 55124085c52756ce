import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { calls, csv, runsOnNode, service, startProgram, workdir } from './harness.js';

const preload = fileURLToPath(new URL('../setup/loaded.cjs', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Modules of Node that cost milliseconds: what is loaded of them is a decision. */
const heavy = ['child_process', 'cluster', 'crypto', 'http', 'http2', 'https', 'inspector', 'readline'];
const heavier = ['repl', 'tls', 'worker_threads', 'zlib'];

interface Loaded {
  /** Our own files: `core/errors`. */
  readonly files: readonly string[];
  /** Packages, in dist or beside it. */
  readonly packages: readonly string[];
  /** The heavy modules of Node among those that were loaded. */
  readonly builtins: readonly string[];
}

/** What the built program loads for these arguments. */
async function loadedBy(args: readonly string[], cwd = workdir()): Promise<Loaded> {
  const note = path.join(cwd, 'loaded.json');
  const options = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}`, LOADED_FILE: note };
  const { code, stderr } = await startProgram(args, { cwd, env: options });
  expect(code, stderr).toBe(0);
  const { files, builtins } = listsOf(readFileSync(note, 'utf8'));
  const modules = files.flatMap((file) => (file.startsWith(dist) ? modulesIn(file) : [file]));
  const own = modules.flatMap((file) => /^src\/(.+)\.ts$/.exec(file)?.[1] ?? []).sort();
  const packages = modules.map(
    (file) => /node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1] ?? '',
  );
  return {
    files: own,
    packages: [...new Set(packages)].filter((name) => name !== '').sort(),
    builtins: [...heavy, ...heavier].filter((name) => builtins.includes(name) && !ofNodeItself().has(name)),
  };
}

/** The files that the bundler put into one of dist: it says so above each. */
function modulesIn(file: string): readonly string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^\s*\/\/ ((?:src|node_modules)\/\S+)$/gm)].map(
    (match) => match[1] ?? '',
  );
}

function listsOf(text: string): { readonly files: readonly string[]; readonly builtins: readonly string[] } {
  const lists: unknown = JSON.parse(text);
  const list = (name: string): readonly string[] => {
    const value: unknown = typeof lists === 'object' && lists !== null ? Reflect.get(lists, name) : [];
    return Array.isArray(value) ? value.map(String) : [];
  };
  return { files: list('files'), builtins: list('builtins') };
}

/** What this Node loads for an empty program. */
function ofNodeItself(): ReadonlySet<string> {
  const script =
    'console.log(JSON.stringify({ builtins: process.moduleLoadList.map((entry) => entry.slice(13)) }))';
  return new Set(listsOf(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })).builtins);
}

/** The files among these that stand in one of these folders of src. */
function filesOf(files: readonly string[], folders: readonly string[]): readonly string[] {
  return files.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));
}

beforeEach(({ skip }) => {
  if (!runsOnNode) skip('the executable holds the same files, and lets nobody count them');
});

/** A new name in these lists is a decision: is it needed, and is it worth the milliseconds of every start? */
test('--version loads no package and no heavy module of Node', async () => {
  const { packages, builtins } = await loadedBy(['--version']);
  expect({ packages, builtins }).toEqual({ packages: [], builtins: [] });
});

test.each([
  { args: ['--help'], settings: 1 },
  { args: ['import', '--help'], settings: undefined },
])('$args loads Commander and the words, no command', async ({ args, settings }) => {
  const { files, packages, builtins } = await loadedBy(args);
  expect(files.filter((file) => file.startsWith('commands/'))).toEqual(['commands/index']);
  if (settings !== undefined) expect(filesOf(files, ['settings'])).toHaveLength(settings);
  expect({ packages, builtins }).toEqual({ packages: ['commander'], builtins: [] });
});

test('add loads what sends one call: no reader of files, no libphonenumber, no undici, no ora', async () => {
  const { sandbox } = await service();
  const { code, key, accountId } = sandbox.credentials;
  const lines = [`code: ${code}`, `key: ${key}`, `account_id: ${accountId}`, `base_url: ${sandbox.url}`];
  const folder = workdir({ '.amocallsrc': `${lines.join('\n')}\n` });
  const call = { uuid: 'u-1', caller: '74950000001', to: '101', type: 'inbound', billsec: '0' };
  const flags = Object.entries(call).flatMap(([name, value]) => [`--${name}`, value]);
  const { files, packages, builtins } = await loadedBy(['add', ...flags], folder);
  expect(filesOf(files, ['input', 'report', 'sandbox', 'records/presets'])).toEqual([]);
  expect(files.filter((file) => /records\/(grouping|mapping)|proxy|tunnel|undici/.test(file))).toEqual([]);
  // SQLite is Node's own from 22 on.
  expect(packages.filter((name) => !['@photostructure/sqlite', 'node-gyp-build'].includes(name))).toEqual([
    'commander',
    'cosmiconfig',
    'js-yaml',
  ]);
  expect(builtins).toEqual(['http']);
});

test('check loads nothing that sends: no destination, no ledger, no http', async () => {
  const folder = workdir({ 'calls.csv': csv(calls(1)) });
  const { files, builtins } = await loadedBy(['check', 'calls.csv'], folder);
  expect(filesOf(files, ['destinations', 'ledger', 'sandbox'])).toEqual([]);
  expect(builtins.filter((name) => name.startsWith('http') || name === 'tls')).toEqual([]);
});
