import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocksOf, pageOf, root } from './pages.js';

/** `src/input/csv.ts` and what is said of it, for every line of the tree. */
function tree(): ReadonlyMap<string, string> {
  const block = blocksOf(pageOf('CONTRIBUTING.md')).find(({ text }) => text.startsWith('src/\n'));
  const folders: string[] = [];
  const files = new Map<string, string>();
  for (const line of block?.text.split('\n') ?? []) {
    const found = /^((?: {2})*)([\w.-]+)(\/?)\s*(.*)$/.exec(line);
    if (found === null) continue;
    const [, indent = '', name = '', slash, says = ''] = found;
    folders.length = indent.length / 2;
    if (slash === '/') folders.push(name);
    else files.set([...folders, name].join('/'), says);
  }
  return files;
}

test('the tree of CONTRIBUTING names every file of src, and no other', () => {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/'),
    );
  expect([...tree().keys()].sort()).toEqual(files.sort());
});

test('the tree says one sentence about every file', () => {
  const silent = [...tree()].filter(([, says]) => !/^\S.{9,}[^.]$/.test(says)).map(([file]) => file);
  expect(silent).toEqual([]);
});
