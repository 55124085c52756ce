import { UserError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import type { Row } from '../../core/row.js';
import { displayName, errorText } from '../errors.js';
import type { InputOptions } from '../format.js';
import { type Flattener, invalidRow, parseJson } from './flatten.js';

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
