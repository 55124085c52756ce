import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');

/** A page of the documentation. */
export interface Page {
  /** From the root: `docs/inputs.md`. */
  readonly name: string;
  readonly text: string;
}

/** One page by its name from the root. */
export function pageOf(name: string): Page {
  return { name, text: readFileSync(join(root, name), 'utf8') };
}

/** README in both languages, CONTRIBUTING and all of docs. */
export function allPages(): readonly Page[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`);
  return ['README.md', 'README.ru.md', 'CONTRIBUTING.md', ...docs.sort()].map(pageOf);
}

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly text: string;
  /** `docs/inputs.md:12`, where its text begins. */
  readonly place: string;
}

/** The fenced blocks of a page, in order. */
export function blocksOf({ name, text }: Page): readonly Block[] {
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? '',
    text: match[2] ?? '',
    place: `${name}:${text.slice(0, match.index).split('\n').length + 1}`,
  }));
}

/** A page without its fenced blocks. */
export function proseOf({ text }: Page): string {
  return text.replace(/^```.*?^```$/gms, '');
}

/** The rows of the first table whose title row begins with these titles; cells without backticks. */
export function tableOf(page: Page, titles: readonly string[]): readonly (readonly string[])[] {
  const rows = page.text.split('\n').map(cellsOf);
  const head = rows.findIndex((cells) => titles.every((title, at) => cells[at] === title));
  if (head < 0) return [];
  const rest = rows.slice(head + 2);
  const end = rest.findIndex((cells) => cells.length === 0);
  return rest.slice(0, end < 0 ? rest.length : end);
}

function cellsOf(line: string): readonly string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('`', ''));
}
