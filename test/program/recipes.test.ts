import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { shellQuoted } from '../../src/core/display.js';
import { blocksOf, pageOf } from '../docs/pages.js';
import { needs } from '../setup/needs.js';
import { clock, programWords, service, workdir } from './harness.js';

/*
 * The recipes of docs/recipes.md for phone systems without a preset: each block of commands is run as it stands, over a file in the
 * form of that system, with `import` in place of `check`. What a sandbox then has are the calls that stand beside the file.
 */
needs('jq', 'python3');

const folder = fileURLToPath(new URL('../../fixtures/recipes/', import.meta.url));

interface Expected {
  /** What the block has in it that no other has. */
  readonly command: string;
  /** In the order of their dates: type, caller, to, talk time, date, and the uuid, unless it is built. */
  readonly calls: readonly string[];
  /** The first reason of each record that is no call. */
  readonly others: readonly string[];
}

const recipes = readdirSync(folder).map((name) => {
  const expected: Expected = JSON.parse(readFileSync(path.join(folder, name, 'expected.json'), 'utf8'));
  return { name, ...expected };
});

const blocks = (() => {
  const page = pageOf('docs/recipes.md');
  const from = page.text.indexOf('### The steps for any file');
  const first = page.text.slice(0, page.text.indexOf('### ', from + 4)).split('\n').length;
  return blocksOf(page)
    .filter(({ language, place }) => language === 'sh' && Number(place.split(':')[1]) > first)
    .filter(({ text }) => text.includes('amocalls check'));
})();

/** A program of this name in the folder `bin` of a test. */
function program(cwd: string, name: string, text: string): void {
  mkdirSync(path.join(cwd, 'bin'), { recursive: true });
  writeFileSync(path.join(cwd, 'bin', name), text);
  chmodSync(path.join(cwd, 'bin', name), 0o700);
}

/** Stands in for the client of MySQL: the query goes to SQLite, over the tables in `<database>.sql`. */
const mysql = `#!/usr/bin/env python3
import sqlite3, sys
_, batch, database, execute, query = sys.argv
assert (batch, execute) == ('--batch', '-e')
tables = sqlite3.connect(':memory:')
tables.executescript(open(database + '.sql').read())
rows = tables.execute(query)
print('\\t'.join(column[0] for column in rows.description))
for row in rows:
    print('\\t'.join('NULL' if cell is None else str(cell) for cell in row))
`;

async function paste(text: string, cwd: string, env: Readonly<Record<string, string>>) {
  const own = `${path.join(cwd, 'bin')}${path.delimiter}${process.env['PATH']}`;
  const child = spawn('sh', ['-c', text], {
    cwd,
    env: { PATH: own, HOME: cwd, TZ: 'UTC', ...clock, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}

test.each(recipes)('$name', async ({ name, command, calls, others }) => {
  const found = blocks.filter(({ text }) => text.includes(command));
  expect(found).toHaveLength(1);
  const { sandbox, env } = await service();
  const cwd = workdir();
  cpSync(path.join(folder, name), cwd, { recursive: true });
  const words = programWords.map(shellQuoted).join(' ');
  program(
    cwd,
    'amocalls',
    `#!/bin/sh\n[ "$1" = check ] || exit 70\nshift\nexec ${words} import "$@" --no-ledger --rate 0 --output ndjson\n`,
  );
  program(cwd, 'mysql', mysql);
  const { code, stdout, stderr } = await paste(found[0]?.text ?? '', cwd, env);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): { status?: string; reasons?: string[] } => JSON.parse(line));
  const reasons = lines.flatMap(({ status, reasons: [first] = [] }) =>
    status === undefined || status === 'accepted' ? [] : `${status}: ${first}`,
  );
  const sent = [...sandbox.calls()]
    .sort((one, other) => Number(one.date) - Number(other.date))
    .map(({ type, caller, to, billsec, date, uuid }) =>
      [type, caller, to, billsec, date, uuid].join(' ').replace(/ [\da-f]{24}$/, ' built'),
    );
  expect({ calls: sent, others: reasons }, stderr).toEqual({ calls, others });
  expect(code).toBe(others.some((reason) => reason.startsWith('invalid')) ? 3 : 0);
});

test('every recipe has a file that it is tried with', () => {
  const tried = ({ text }: { readonly text: string }) =>
    recipes.some(({ command }) => text.includes(command));
  expect(blocks.filter((block) => !tried(block)).map(({ place }) => place)).toEqual([]);
  expect(recipes.filter(({ name }) => !existsSync(path.join(folder, name, 'expected.json')))).toEqual([]);
});
