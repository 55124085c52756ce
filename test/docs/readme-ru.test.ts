import { expect, test } from 'vitest';
import { blocksOf, type Page, pageOf, proseOf } from './pages.js';

const english = readmeOf('README.md');
const russian = readmeOf('README.ru.md');

/** A page whose blocks inside lists are blocks like the others. */
function readmeOf(name: string): Page {
  return { name, text: pageOf(name).text.replaceAll(/^ +(?=```)/gm, '') };
}

/** A page cut at its titles; the part before the first title is left out. */
function sectionsOf(page: Page): readonly { readonly title: string; readonly text: string }[] {
  return proseOf(page)
    .split(/^(?=#+ )/m)
    .filter((text) => text.startsWith('#'))
    .map((text) => ({ title: text.slice(0, text.indexOf('\n')), text: text.slice(text.indexOf('\n')) }));
}

/** Code in the text of a section, each once: commands, flags, fields, addresses. */
function codeOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code))].sort();
}

/** Where the links of a section lead; titles of the page itself are in its language, so they count alone. */
function targetsOf(text: string): readonly string[] {
  const own = ['README.md', 'README.ru.md'];
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => (target.startsWith('#') ? '#' : own.includes(target) ? 'README' : target))
    .sort();
}

/** The rows of all tables of a section: code and numbers of the first column, and all code of the others. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => {
      const [, first = '', ...others] = line.split(/(?<!\\)\|/);
      const key = first.trim();
      return [/^(`.*`|\d+|-+)$/.test(key) ? key : '', ...others.map((cell) => codeOf(cell).join(' '))];
    });
}

/** A block without its comments, which are in the language of the page. */
function withoutComments(text: string): string {
  return text.replaceAll(/^\s*# .*$/gm, '#');
}

const pairs = sectionsOf(english).map((section, at) => ({
  title: section.title,
  en: section.text,
  ru: sectionsOf(russian)[at]?.text ?? '',
}));

test('README.ru.md has the sections of README.md, in its order', () => {
  const levels = (page: Page) => sectionsOf(page).map(({ title }) => title.replace(/ .*/, ''));
  expect(levels(russian)).toEqual(levels(english));
  const commands = (page: Page) =>
    sectionsOf(page)
      .map(({ title }) => title)
      .filter((title) => /^### [a-z]+$/.test(title));
  expect(commands(russian)).toEqual(commands(english));
});

test('README.ru.md has the blocks of README.md, comments aside', () => {
  const blocks = (page: Page) =>
    blocksOf(page).map(({ language, text }) => ({
      language,
      text: withoutComments(text),
    }));
  expect(blocks(english).length).toBeGreaterThan(5);
  expect(blocks(russian)).toEqual(blocks(english));
});

test.each(pairs)('README.ru.md names the same commands, flags and fields: $title', ({ en, ru }) => {
  expect(codeOf(ru)).toEqual(codeOf(en));
});

test.each(pairs)('README.ru.md has the same tables, row by row: $title', ({ en, ru }) => {
  expect(rowsOf(ru)).toEqual(rowsOf(en));
});

test.each(pairs)('README.ru.md leads to the same places: $title', ({ en, ru }) => {
  expect(targetsOf(ru)).toEqual(targetsOf(en));
});
