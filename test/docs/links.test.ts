import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { allPages, type Page, proseOf, root } from './pages.js';

/** The anchors that a page has, as GitHub makes them of its titles. */
function anchorsOf(text: string): readonly string[] {
  return [...proseOf({ name: '', text }).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function broken(page: Page): readonly string[] {
  return [
    ...proseOf(page)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => target)
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page.name) : join(root, dirname(page.name), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    })
    .map((target) => `${page.name}: ${target}`);
}

test('every link between pages leads to a page, and to a title in it', () => {
  expect(allPages().flatMap(broken)).toEqual([]);
});

test('every page of docs can be reached from the README', () => {
  const reached = new Set(['README.md']);
  for (const name of reached) {
    const page = allPages().find((one) => one.name === name);
    for (const [, target = ''] of page?.text.matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g) ?? []) {
      const file = join(root, dirname(name), target);
      if (existsSync(file) && statSync(file).isFile())
        reached.add(relative(root, file).replaceAll('\\', '/'));
    }
  }
  expect(
    allPages()
      .map(({ name }) => name)
      .filter((name) => !reached.has(name)),
  ).toEqual([]);
});
