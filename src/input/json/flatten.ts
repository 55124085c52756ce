import { isObject, type JsonObject } from '../../core/json.js';
import type { Row } from '../../core/row.js';

/** Flattens objects to rows. The columns are the names of their fields in the order in which they first appeared. */
export interface Flattener {
  readonly columns: readonly string[];
  /** The cells of one record; `problem` where it is no record. Adds the columns it brings. */
  readonly row: (value: unknown, line: number) => Row;
}

/** Columns that a file may have; a file with more has its data in its field names. */
const maxColumns = 4096;
const maxDepth = 32;

/** A flattener that knows no column yet. */
export function createFlattener(): Flattener {
  const columns: string[] = [];
  const positions = new Map<string, number>();
  function position(name: string, hint: number): number {
    if (columns[hint] === name) return hint;
    const known = positions.get(name);
    if (known !== undefined) return known;
    if (columns.length >= maxColumns) return -1;
    positions.set(name, columns.length);
    return columns.push(name) - 1;
  }
  function put(cells: string[], name: string, cell: string): boolean {
    const index = position(name, cells.length);
    if (index === cells.length) {
      cells.push(cell);
      return true;
    }
    if (index < 0) return false;
    while (cells.length < index) cells.push('');
    cells[index] = cell;
    return true;
  }
  /** Puts every scalar inside a value under its path: `variables.uuid`, `callflow.0.x`; gives the problem, if there is one. */
  function flatten(value: JsonObject, prefix: string, depth: number, cells: string[]): string | undefined {
    if (depth > maxDepth) return 'nested too deeply';
    let problem: string | undefined;
    // What JSON.parse makes inherits no names; listing its own takes three times as long.
    for (const key in value) {
      const inner = value[key];
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (isNested(inner) && !isScalarList(inner))
        problem = flatten(inner, name, depth + 1, cells) ?? problem;
      else if (!put(cells, name, textOf(inner)))
        problem = `more than ${maxColumns} different fields in this file`;
    }
    return problem;
  }
  function row(value: unknown, line: number): Row {
    if (!isObject(value)) return { line, cells: [], problem: 'not a JSON object' };
    const cells: string[] = [];
    const problem = flatten(value, '', 1, cells);
    return problem === undefined ? { line, cells } : { line, cells, problem };
  }
  return { columns, row };
}

/** An object, or a list, whose names are its positions. */
function isNested(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null;
}

function isScalarList(value: JsonObject): boolean {
  return Array.isArray(value) && value.every((element) => typeof element !== 'object' || element === null);
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.map(textOf).join(',') : String(value);
}

/** Numbers that would not come back as they stand: long, with an exponent, or with a zero at the end. May match inside a text. */
const lossy = /[:,[]\s*-?(?:\d[\d.]{15,}|\d+\.\d*0|\d[\d.]*[eE][-+]?\d+)\s*[,}\]]/;
const textOrNumber = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/gs;

/** Parses JSON; numbers that JavaScript cannot hold as they are written become texts. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(
    lossy.test(text)
      ? text.replace(textOrNumber, (part) => (part.startsWith('"') ? part : `"${part}"`))
      : text,
  );
}

/** The row that stands for a text that cannot be read. */
export function invalidRow(line: number, problem: string, text?: string): Row {
  const row = { line, cells: [], problem: problem.length > 160 ? `${problem.slice(0, 160)}…` : problem };
  return text === undefined ? row : { ...row, text };
}
