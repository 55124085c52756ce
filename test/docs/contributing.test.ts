import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageOf, root } from './pages.js';

test('CONTRIBUTING names every room of src', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `src/${entry.name}/`);
  const { text } = pageOf('CONTRIBUTING.md');
  expect(rooms.filter((room) => !text.includes(`\n${room} `))).toEqual([]);
});

test('every file and folder of src that CONTRIBUTING names is there', () => {
  const { text } = pageOf('CONTRIBUTING.md');
  const named = [...text.matchAll(/\b(?:src|test|scripts)\/[\w./-]*[\w/]/g)].map(([path]) => path);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test('every name that CONTRIBUTING looks for in a file is in it', () => {
  const { text } = pageOf('CONTRIBUTING.md');
  const named = [...text.matchAll(/`(\w+)`\s\(`(src\/[\w./-]+\.ts)`/g)];
  expect(named.length).toBeGreaterThan(5);
  const missing = named.filter(
    ([, name = '', file = '']) => !readFileSync(join(root, file), 'utf8').includes(name),
  );
  expect(missing.map(([said]) => said)).toEqual([]);
});

test('every file of src begins with one sentence that says what it is for', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const silent = files.filter(
    (file) => !/^\/\/ \S.{9,}(?:\n\/\/ .*)*\.\n\n/.test(readFileSync(file, 'utf8')),
  );
  expect(silent).toEqual([]);
});
