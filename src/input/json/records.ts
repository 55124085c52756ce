import { UserError } from '../../core/errors.js';
import { isObject, type JsonObject } from '../../core/json.js';
import type { Row } from '../../core/row.js';
import { displayName, errorText } from '../errors.js';
import type { InputOptions } from '../format.js';

const listNames: ReadonlySet<string> = new Set([
  'calls',
  'data',
  'stats',
  'cdr',
  'cdrs',
  'cdr_root',
  'records',
  'items',
  'value',
  'list',
  'rows',
  'result',
  'results',
  'callDetails',
]);
const wrapperNames: ReadonlySet<string> = new Set(['data', 'result', 'response']);

/** Whether phone systems keep their records in a list of this name at this place of a document: `calls`, `result.data`, `response.*`. */
export function isListAt(path: readonly string[]): boolean {
  const name = path.at(-1);
  const above = path.slice(0, -1);
  return name !== undefined && above.every(isWrapper) && (listNames.has(name) || above[0] === 'response');
}

/** Whether the list may stand inside the object at this place. */
export function isWrapperAt(path: readonly string[]): boolean {
  return path.length <= 2 && path.every(isWrapper);
}

function isWrapper(name: string): boolean {
  return wrapperNames.has(name);
}

/** Whether a key is the id of a record (Binotel keys its calls by id), not the name of a field. */
export function isId(key: string): boolean {
  return /^\d[\w.-]*$/.test(key);
}

/** The values that a path leads to, through lists too: `data.list` gives the elements of every `list` in `data`. */
function valuesAt(value: unknown, path: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value.flatMap((element: unknown) => valuesAt(element, path));
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  return isObject(value) && Object.hasOwn(value, name) ? valuesAt(value[name], rest) : [];
}

/** The records that one value of a file holds: itself, the objects of a list or of a map keyed by id, the legs in its `list` (Mango). */
function recordsIn(value: unknown): readonly unknown[] {
  if (isObjects(value)) return value;
  if (!isObject(value)) return [value];
  const { list } = value;
  if (isObjects(list)) return list;
  for (const name in value) if (!isId(name)) return [value];
  const values = Object.values(value);
  return isObjects(values) ? values : [value];
}

function isObjects(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** Makes rows of the texts of records, and remembers whether `--path` was found. */
export interface RecordMapper {
  /** The rows of one text, whose value may hold several records; `rest` is what of `--path` leads to them. */
  readonly parse: (text: string, line: number, rest: readonly string[]) => readonly Row[];
  /** The same of a text that was parsed already. */
  readonly map: (value: unknown, text: string, line: number, rest: readonly string[]) => readonly Row[];
  /** `--path` was found. */
  readonly pathFound: () => void;
  /** Hears of a name at the top of a document, where a path could start. */
  readonly topName: (name: string) => void;
  /** Throws UserError where `--path` was not found. */
  readonly requirePath: () => void;
}

/** The parts of `--path`; undefined where none is given. */
export function pathOf({ path }: InputOptions): readonly string[] | undefined {
  const parts = path?.split('.').filter((part) => part !== '');
  return parts === undefined || parts.length === 0 ? undefined : parts;
}

/** A mapper for reading one file once. */
export function recordMapper(file: string, flattener: Flattener, options: InputOptions): RecordMapper {
  const unfold = options.unfold ?? ((value: unknown) => [value]);
  const names = new Set<string>();
  let isPathFound = pathOf(options) === undefined;

  function map(value: unknown, text: string, line: number, rest: readonly string[]): readonly Row[] {
    const found = rest.length > 0 ? valuesAt(value, rest) : [value];
    if (found.length > 0) isPathFound = true;
    else if (isObject(value) && names.size === 0) for (const name of Object.keys(value)) names.add(name);
    const rows: Row[] = [];
    for (const inner of found)
      for (const one of recordsIn(inner))
        for (const record of unfold(one)) {
          const row = flattener.row(record, line);
          rows.push(row.problem === undefined ? row : { ...row, text });
        }
    return rows;
  }

  return {
    map,
    parse: (text, line, rest) => {
      let value: unknown;
      try {
        value = parseJson(text);
      } catch (error) {
        return [invalidRow(line, `not JSON: ${errorText(error)}`, text)];
      }
      return map(value, text, line, rest);
    },
    pathFound: () => {
      isPathFound = true;
    },
    topName: (name) => names.add(name),
    requirePath: () => {
      if (isPathFound) return;
      throw new UserError(`${displayName(file)}: --path ${options.path} was not found`, {
        hint: `Names at the top of it: ${[...names].slice(0, 10).join(', ') || 'none'}.`,
      });
    },
  };
}

/** Flattens objects to rows. The columns are the names of their fields in the order in which they first appeared. */
interface Flattener {
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
