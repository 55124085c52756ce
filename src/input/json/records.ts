// Where phone systems keep their records; records flattened to rows.

import { shellQuoted } from '../../core/display.js';
import { Problem, UserError } from '../../core/errors.js';
import { isObject, type JsonObject, jsonIn } from '../../core/json.js';
import type { Row } from '../../core/row.js';
import { displayName, errorText } from '../errors.js';
import type { InputOptions, RecordsAt } from '../format.js';
import { withoutNul } from '../lines.js';

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
export function isUsualList(path: readonly string[]): boolean {
  const name = path.at(-1);
  const above = path.slice(0, -1);
  const isWrapped = above.every((one) => wrapperNames.has(one));
  return name !== undefined && isWrapped && (listNames.has(name) || above[0] === 'response');
}

/** Whether a key is the id of a record (Binotel keys its calls by id), not the name of a field. */
export function isId(key: string): boolean {
  return /^\d[\w.-]*$/.test(key);
}

/** Lists in lists are looked through so far down. */
const maxLists = 32;

/**
 * The values that a path leads to, through lists and through texts that are JSON: `data.list` gives the elements of every
 * `list` in `data`.
 */
function valuesAt(value: unknown, path: readonly string[], lists = 0): readonly unknown[] {
  const inner = jsonIn(value);
  if (inner !== undefined && !isObject(inner))
    return lists > maxLists ? [] : inner.flatMap((element) => valuesAt(element, path, lists + 1));
  const [name, ...rest] = path;
  if (name === undefined) return [inner ?? value];
  return inner !== undefined && Object.hasOwn(inner, name) ? valuesAt(inner[name], rest) : [];
}

/** The records that one value of a file holds: itself, the objects of a list or of a map keyed by id, the legs in its `list` (Mango). */
function recordsIn(value: unknown): readonly unknown[] {
  if (isObjectList(value)) return value;
  if (!isObject(value)) return [value];
  const { list } = value;
  if (isObjectList(list)) return list;
  for (const name in value) if (!isId(name)) return [value];
  const values = Object.values(value);
  return isObjectList(values) ? values : [value];
}

/** Whether a value is a list of objects, with at least one of them. */
export function isObjectList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}

/** Where a value stands in a file. */
export interface ValuePlace {
  /** Its text, as it stood. */
  readonly text: string;
  readonly line: number;
  /** The names that lead from it to the records. */
  readonly rest: readonly string[];
}

/** A file whose records are mapped. */
interface MappedFile {
  readonly file: string;
  readonly records: RecordsAt;
  readonly unfold: InputOptions['unfold'];
  readonly note: (text: string, hint?: string) => void;
}

/** Collects the rows of values while a file is read once, and remembers what was found of the path to the records. */
export class RecordMapper {
  readonly #flattener: Flattener;
  readonly #mapped: MappedFile;
  readonly #names = new Set<string>();
  readonly #passed = new Map<string, number>();
  #rows: Row[] = [];
  #isPathFound: boolean;

  constructor(flattener: Flattener, mapped: MappedFile) {
    this.#flattener = flattener;
    this.#mapped = mapped;
    this.#isPathFound = mapped.records.by !== 'asked';
  }

  /** The rows that were added since the last time. */
  takeRows(): Row[] {
    const rows = this.#rows;
    this.#rows = [];
    return rows;
  }

  /** Adds the row that stands for a text that cannot be read. */
  addInvalid(line: number, problem: string, text?: string): void {
    const row = { line, cells: [], problem: problem.length > 160 ? `${problem.slice(0, 160)}…` : problem };
    this.#rows.push(text === undefined ? row : { ...row, text });
  }

  /** Adds the rows of a value, which may hold several records; of a Problem, one that says so. */
  add(value: unknown, { text, line, rest }: ValuePlace): void {
    if (value instanceof Problem) {
      this.addInvalid(line, `not JSON: ${value.text}`, text);
      return;
    }
    const { unfold = (record: unknown) => [record] } = this.#mapped;
    const names = this.#names;
    const found = rest.length > 0 ? valuesAt(value, rest) : [value];
    if (found.length > 0) this.#isPathFound = true;
    else this.passedOver('', 1);
    if (found.length === 0 && isObject(value) && names.size === 0)
      for (const name of Object.keys(value)) names.add(name);
    const hasNul = text.includes('\\u0000');
    for (const inner of found)
      for (const one of recordsIn(inner))
        for (const record of unfold(one)) {
          const flat = this.#flattener.row(record, line);
          const row = hasNul ? withoutNul(flat, this.#flattener.columns) : flat;
          this.#rows.push(row.problem === undefined ? row : { ...row, text });
        }
  }

  /** The place of the records was found, perhaps with none in it. */
  pathFound(): void {
    this.#isPathFound = true;
  }

  /** Hears of a name at the top of a document, where a path could start. */
  topName(name: string): void {
    this.#names.add(name);
  }

  /** Hears of objects in a list at a path that are not read. */
  passedOver(path: string, count: number): void {
    if (count > 0) this.#passed.set(path, (this.#passed.get(path) ?? 0) + count);
  }

  /** Tells what was not read. Throws UserError where `--path` was not found. */
  end(): void {
    const { file, records, note } = this.#mapped;
    if (!this.#isPathFound)
      throw new UserError(`${displayName(file)}: --path ${records.path.join('.')} was not found`, {
        hint: `Names at the top of the file: ${[...this.#names].slice(0, 10).join(', ') || 'none'}.`,
      });
    if (records.by === 'asked' || this.#passed.size === 0) return;
    const read = `"${records.path.join('.')}"`;
    const lists = [...this.#passed].map(([path, count]) =>
      path === '' ? `${count} without ${read}` : `${count} in "${path}"`,
    );
    const [other = ''] = this.#passed.keys();
    note(
      `${displayName(file)}: these objects were not read: ${lists.join(', ')}`,
      other === '' ? undefined : `To read them instead of ${read}: --path ${shellQuoted(other)}`,
    );
  }
}

/** Parses the text of a value as `parseJson` does; a Problem where it is none. */
export function readJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    return new Problem(errorText(error));
  }
}

/** Columns that a file may have; a file with more has its data in its field names. */
const maxColumns = 4096;
const maxDepth = 32;

/** Flattens objects to rows. The columns are the names of their fields in the order in which they first appeared. */
export class Flattener {
  readonly #columns: string[] = [];
  readonly #positions = new Map<string, number>();

  get columns(): readonly string[] {
    return this.#columns;
  }

  /** The cells of one record; `problem` where it is no record. Adds the columns it brings. */
  row(value: unknown, line: number): Row {
    if (!isObject(value)) return { line, cells: [], problem: 'not a JSON object' };
    const cells: string[] = [];
    const problem = this.#flatten(value, '', 1, cells);
    return problem === undefined ? { line, cells } : { line, cells, problem };
  }

  /** Puts every scalar inside a value under its path: `variables.uuid`, `callflow.0.x`; gives the problem, if there is one. */
  #flatten(value: JsonObject, prefix: string, depth: number, cells: string[]): string | undefined {
    if (depth > maxDepth) return 'nested too deeply';
    let problem: string | undefined;
    // What JSON.parse makes inherits no names; listing its own takes three times as long.
    for (const key in value) {
      const inner = nestedIn(value[key]) ?? value[key];
      const name = prefix === '' ? key : `${prefix}.${key}`;
      if (isNested(inner) && !isScalarList(inner))
        problem = this.#flatten(inner, name, depth + 1, cells) ?? problem;
      else if (!this.#put(cells, name, textOf(inner)))
        problem = `more than ${maxColumns} different fields in this file`;
    }
    return problem;
  }

  #put(cells: string[], name: string, cell: string): boolean {
    const index = this.#position(name, cells.length);
    if (index < 0) return false;
    while (cells.length < index) cells.push('');
    cells[index] = cell;
    return true;
  }

  /** Most records have their fields in the order of the columns: `next` is asked first. -1 for a column too many. */
  #position(name: string, next: number): number {
    if (this.#columns[next] === name) return next;
    const known = this.#positions.get(name);
    if (known !== undefined) return known;
    if (this.#columns.length >= maxColumns) return -1;
    this.#positions.set(name, this.#columns.length);
    return this.#columns.push(name) - 1;
  }
}

/** The object that a text holds as JSON, as the bodies of webhooks do; a list of them stays a text. */
function nestedIn(value: unknown): JsonObject | undefined {
  if (typeof value !== 'string' || !value.startsWith('{"')) return undefined;
  const inner = jsonIn(value);
  return isObject(inner) ? inner : undefined;
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
function parseJson(text: string): unknown {
  return JSON.parse(
    lossy.test(text)
      ? text.replace(textOrNumber, (part) => (part.startsWith('"') ? part : `"${part}"`))
      : text,
  );
}
