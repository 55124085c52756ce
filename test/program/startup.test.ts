import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amocalls, service, workdir } from './harness.js';

const preload = fileURLToPath(new URL('../setup/loaded.cjs', import.meta.url));
const dist = fileURLToPath(new URL('../../dist/', import.meta.url));

/** Modules of Node that cost milliseconds, and that nothing here needs. */
const heavy = ['child_process', 'cluster', 'crypto', 'http', 'http2', 'https', 'inspector', 'readline'];
const heavier = ['repl', 'tls', 'worker_threads', 'zlib'];

const edge = ['cli', 'chunks/rolldown-runtime', 'chunks/liveness'];
const words = [...edge, 'chunks/program', 'chunks/commands-catalogue', 'chunks/settings-setting'];
const flagged = [...words, 'chunks/flags', 'chunks/settings-table', 'chunks/core-nearest'];
/** A chunk is called after one of the files in it. A new name here is a decision: is it needed to send one call? */
const sending = [
  ...flagged,
  ...['chunks/commands-loaders', 'chunks/commands-add', 'chunks/commands-push', 'chunks/commands-session'],
  ...['chunks/core-outcome', 'chunks/core-pace', 'chunks/settings-key'],
  ...['chunks/cosmiconfig', 'chunks/cosmiconfig-defaults'],
  ...['chunks/records-tallies', 'chunks/records-moments', 'chunks/records-text'],
  ...['chunks/ledger-file', 'chunks/ledger-schema', 'chunks/ledger-open', 'chunks/ledger-claims'],
  ...['chunks/ledger-marks', 'chunks/ledger-runs'],
  ...['chunks/service-client', 'chunks/service-direct', 'chunks/service-exchange'],
  ...['chunks/output-colour', 'chunks/output-messages'],
];

interface Loaded {
  /** Files of dist, sorted: `chunks/program`. */
  readonly chunks: readonly string[];
  /** Packages that are not in dist. */
  readonly packages: readonly string[];
  /** The heavy modules of Node among those that were loaded. */
  readonly builtins: readonly string[];
}

/** What the built program loads for these arguments. */
async function loadedBy(args: readonly string[], cwd = workdir()): Promise<Loaded> {
  const note = path.join(cwd, 'loaded.json');
  const options = { NODE_OPTIONS: `--require ${JSON.stringify(preload)}`, LOADED_FILE: note };
  const { code, stderr } = await amocalls(args, { cwd, env: options });
  expect(code, stderr).toBe(0);
  const { files, builtins } = listsOf(readFileSync(note, 'utf8'));
  const ours = files.filter((file) => file.startsWith(dist));
  const packages = files.map((file) => /node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(file)?.[1] ?? '');
  return {
    chunks: ours
      .map((file) => path.relative(dist, file).split(path.sep).join('/').replace(/\.js$/, ''))
      .sort(),
    packages: [...new Set(packages)].filter((name) => name !== ''),
    builtins: [...heavy, ...heavier].filter((name) => builtins.includes(name) && !ofNodeItself().has(name)),
  };
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

function nothingBut(chunks: readonly string[]): Loaded {
  return { chunks: [...chunks].sort(), packages: [], builtins: [] };
}

test('--version loads nothing but the edge', async () => {
  expect(await loadedBy(['--version'])).toEqual(nothingBut(edge));
});

test('--help loads Commander and the words, no command', async () => {
  expect(await loadedBy(['--help'])).toEqual(nothingBut(words));
});

test('the help of a command loads the table of settings beside that', async () => {
  expect(await loadedBy(['import', '--help'])).toEqual(nothingBut(flagged));
});

test('add loads what sends one call: no reader of files, no zones, no phone numbers, no undici, no spinner', async () => {
  const { sandbox } = await service();
  const { code, key, accountId } = sandbox.credentials;
  const lines = [`code: ${code}`, `key: ${key}`, `account_id: ${accountId}`, `base_url: ${sandbox.url}`];
  const folder = workdir({ '.amocallsrc': `${lines.join('\n')}\n` });
  const flags = [
    '--uuid',
    'u-1',
    '--caller',
    '74950000001',
    '--to',
    '101',
    '--type',
    'inbound',
    '--billsec',
    '0',
  ];
  const { chunks, packages, builtins } = await loadedBy(['add', ...flags], folder);
  expect(chunks).toEqual([...sending].sort());
  // Node 22 and later have SQLite themselves.
  expect(['@photostructure/sqlite', 'node-gyp-build']).toEqual(expect.arrayContaining([...packages]));
  expect(builtins).toEqual(['http']);
});
