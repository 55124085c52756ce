// Dumps of MySQL and PostgreSQL, in which a backslash is an escape.

import type { Row } from '../../core/row.js';
import { lineBreaksIn } from '../../core/text.js';
import type { CsvReadOptions, CsvRows, RowLayout } from './reader.js';

/** How a dump is written: what divides its cells, and whether they stand in quotes (`ENCLOSED BY '"'`). */
interface EscapedDialect {
  readonly delimiter: string;
  readonly isEnclosed: boolean;
}

const backslash = 92;

/** What MySQL (`LOAD DATA`) and PostgreSQL (`COPY`) mean by a letter behind a backslash; any other character is itself. */
const letters: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  Z: '\u001a',
};

/**
 * Splits the rows of a dump, in which a backslash takes the meaning from the tab, line end, quote or backslash behind it
 * (MySQL's `SELECT … INTO OUTFILE`, PostgreSQL's `COPY`); a row in which a closing quote is followed by more of the same cell is
 * irregular. A record that the text may cut is left, unless the file ends with it (`final`).
 */
function splitEscaped(
  text: string,
  dialect: EscapedDialect,
  { line: first, final, limit = Number.POSITIVE_INFINITY }: CsvReadOptions,
): CsvRows {
  const rows: Row[] = [];
  let index = 0;
  let line = first;
  let irregular = 0;
  while (index < text.length && rows.length < limit) {
    const record = recordAt(text, index, dialect);
    if (!record.isClosed && !final) break;
    rows.push({ line, cells: record.cells });
    if (record.isIrregular) irregular++;
    line += Math.max(1, lineBreaksIn(text.slice(index, record.end)));
    index = record.end;
  }
  return { rows, index, line, irregular };
}

interface EscapedRecord {
  readonly cells: readonly string[];
  /** The index after its line end. */
  readonly end: number;
  /** Whether its line end is there. */
  readonly isClosed: boolean;
  readonly isIrregular: boolean;
}

function recordAt(text: string, start: number, { delimiter, isEnclosed }: EscapedDialect): EscapedRecord {
  const cells: string[] = [];
  let isIrregular = false;
  for (let index = start; ; ) {
    const isQuoted = isEnclosed && text[index] === '"';
    const close = isQuoted ? unescaped(text, index + 1, ['"']) : index;
    const isWhole = isQuoted && (close + 1 >= text.length || isCellEnd(text, close + 1, delimiter));
    if (isQuoted && !isWhole) isIrregular = true;
    const end = isWhole ? close + 1 : unescaped(text, index, [delimiter, '\n', '\r']);
    cells.push(isWhole ? decoded(text.slice(index + 1, close)) : decoded(text.slice(index, end)));
    if (!text.startsWith(delimiter, end) || end >= text.length) {
      const isCrLf = text[end] === '\r' && text[end + 1] === '\n';
      const isClosed = end < text.length;
      return { cells, end: Math.min(text.length, end + (isCrLf ? 2 : 1)), isClosed, isIrregular };
    }
    index = end + delimiter.length;
  }
}

function isCellEnd(text: string, index: number, delimiter: string): boolean {
  return text[index] === '\n' || text[index] === '\r' || text.startsWith(delimiter, index);
}

/** The first index from `from` on at which one of some texts stands without a backslash before it; the length of the text if there is none. */
function unescaped(text: string, from: number, ends: readonly string[]): number {
  for (let index = from; index < text.length; index++) {
    if (text.charCodeAt(index) === backslash) index++;
    else if (ends.some((end) => text.startsWith(end, index))) return index;
  }
  return text.length;
}

function decoded(cell: string): string {
  if (!cell.includes('\\')) return cell;
  // What stands for no value stays as it stands.
  if (cell === '\\N') return cell;
  return cell.replace(/\\([\s\S])/g, (_, character: string) => letters[character] ?? character);
}

/** So many records show how a dump is written. */
const sampled = 200;

/**
 * The layout of a text that is such a dump: nothing stands behind a backslash but what dumps put there, and with their rule
 * the rows are steadier than without it, or `\N` is a cell. undefined where it is none.
 *
 * @param steady share of the rows that have the usual number of columns where a backslash is a character
 */
export function escapedLayout(text: string, delimiter: string, steady: number): RowLayout | undefined {
  const allowed = new Set(['\\', '"', "'", '\n', '\r', delimiter, ...Object.keys(letters), 'N']);
  for (const [, character = ''] of text.matchAll(/\\([\s\S])/g))
    if (!allowed.has(character)) return undefined;
  const hasNull = text.split(/[\r\n]+/).some((line) => line.split(delimiter).includes('\\N'));
  if (!hasNull && steady >= 1) return undefined;
  for (const isEnclosed of [true, false]) {
    const dialect = { delimiter, isEnclosed };
    const { rows, irregular } = splitEscaped(text, dialect, { line: 1, final: true, limit: sampled });
    const [usual = 1, ...others] = new Set(rows.map(({ cells }) => cells.length));
    if (usual > 1 && others.length === 0 && irregular === 0)
      return { delimiter, usual, read: async (dump, options) => splitEscaped(dump, dialect, options) };
  }
  return undefined;
}
