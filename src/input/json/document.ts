import { UserError } from '../../core/errors.js';
import type { Batch, Row } from '../../core/row.js';
import { type TextSource, textOf } from '../encoding.js';
import { displayName, errorText } from '../errors.js';
import type { InputOptions, OpenedFormat } from '../format.js';
import { createFlattener, invalidRow, isId, isListAt, isWrapperAt, pathOf, recordMapper } from './records.js';
import {
  closeBrace,
  closeBracket,
  closeParenthesis,
  colon,
  jsonpStart,
  openBrace,
  openBracket,
  quote,
  Scanner,
  type Step,
  semicolon,
} from './scanner.js';

/** Opens a JSON file: a list of records, one object, objects one after the other, or an envelope around any of these. */
export function openDocument(input: TextSource, options: InputOptions): OpenedFormat {
  const flattener = createFlattener();
  const { file } = input.source;
  const path = pathOf(options);

  async function* read(): AsyncGenerator<Batch> {
    const scanner = new Scanner(file);
    const records = recordMapper(file, flattener, options);
    let rows: Row[] = [];
    let isJson = false;
    let hasRecord = false;
    let firstError: UserError | undefined;
    const handler: DocumentHandler = {
      onRecord: (text, line, rest) => {
        isJson = true;
        hasRecord = true;
        rows.push(...records.parse(text, line, rest));
      },
      onList: () => {
        isJson = true;
        records.pathFound();
      },
      onError: (line, reason, text) => {
        firstError ??= notJson(file, line, reason);
        if (!isJson) throw firstError;
        rows.push(invalidRow(line, `invalid JSON: ${reason}`, text));
      },
      onTopName: records.topName,
    };
    const walk = walkDocuments(scanner, path, handler);
    let stored = 0;
    for await (const block of textOf(input)) {
      stored = block.stored;
      scanner.grow(block.text);
      walk.next();
      yield { rows, bytesRead: stored };
      rows = [];
    }
    scanner.ended = true;
    walk.next();
    if (!hasRecord && firstError !== undefined) throw firstError;
    records.requirePath();
    yield { rows, bytesRead: stored };
  }

  return { format: 'json', columns: flattener.columns, read };
}

function notJson(file: string, line: number, reason: string): UserError {
  return new UserError(`${displayName(file)}, line ${line}: this is not valid JSON: ${reason}`, {
    hint: 'It may be truncated: export it again. If it is CSV, give --format csv; if it is an object a line, --format ndjson.',
  });
}

/** Hears what is found in a document. */
export interface DocumentHandler {
  /** A record's text; `rest` is the part of `--path` that still has to be followed inside it. */
  readonly onRecord: (text: string, line: number, rest: readonly string[]) => void;
  /** The document is not valid JSON at this line; what follows may be lost. `text` is what cannot be read, where that is known. */
  readonly onError: (line: number, reason: string, text?: string) => void;
  /** A list or map of records was found, perhaps an empty one. */
  readonly onList: () => void;
  /** A name at the top of a document, for the error about a `--path` that is not in it. */
  readonly onTopName: (name: string) => void;
}

/** Deepest object that is searched for a list of records. */
const maxListDepth = 3;

/** One walk: where the records are looked for, and what becomes of them. */
interface Walk extends DocumentHandler {
  readonly scanner: Scanner;
  /** `--path`, in its parts; undefined: at the usual places. */
  readonly path: readonly string[] | undefined;
}

/**
 * Walks through JSON documents, one after the other, and finds their records: the elements of a list at the top or inside,
 * the values of a map keyed by id, else the object itself. Pauses where it needs more text; keeps one record in memory.
 */
export function* walkDocuments(
  scanner: Scanner,
  path: readonly string[] | undefined,
  handler: DocumentHandler,
): Step<void> {
  const walk: Walk = { ...handler, scanner, path };
  yield* scanner.peek();
  const opening = jsonpStart.exec(scanner.text);
  if (opening !== null) scanner.index = opening[0].length;
  for (;;) {
    const code = yield* scanner.peek();
    if (code < 0) return;
    if (code === openBracket) {
      scanner.index++;
      if (path === undefined) walk.onList();
      yield* elements(walk, path ?? []);
    } else if (code === openBrace) {
      if (!(yield* document(walk))) return;
    } else if (code === closeParenthesis || code === semicolon) {
      // The end of a callback.
      scanner.index++;
    } else {
      const line = scanner.line();
      const text = yield* scanner.restOfLine();
      handler.onError(line, `"${text.slice(0, 40)}" is neither an object nor a list`, text);
    }
  }
}

/** Reads the elements of a list, its bracket already passed, up to its end. */
function* elements(walk: Walk, rest: readonly string[]): Step<void> {
  const { scanner } = walk;
  for (;;) {
    const code = yield* scanner.peek();
    if (code === closeBracket) {
      scanner.index++;
      return;
    }
    const line = scanner.line();
    if (code < 0) {
      walk.onError(line, 'the file ends before its list of records does');
      return;
    }
    const text = yield* scanner.value();
    if (text === undefined) {
      walk.onError(line, 'the file ends in the middle of this record', scanner.takeRest());
      return;
    }
    walk.onRecord(text, line, rest);
  }
}

/** Reads an object at the top: a record, or an envelope around records. False where reading cannot go on after it. */
function* document(walk: Walk): Step<boolean> {
  const { scanner } = walk;
  const line = scanner.line();
  scanner.keep();
  let isEnvelope = false;
  const isValid = yield* members(walk, [], () => {
    isEnvelope = true;
    scanner.release();
  });
  if (isValid) {
    const text = scanner.release();
    if (!isEnvelope && walk.path === undefined) walk.onRecord(text, line, []);
    return true;
  }
  if (isEnvelope) {
    walk.onError(scanner.line(), 'what follows here cannot be read');
    return false;
  }
  scanner.rewind();
  const text = yield* scanner.value();
  if (text === undefined) walk.onError(line, 'the file ends in the middle of it', scanner.takeRest());
  else walk.onError(line, syntaxError(text), text);
  return text !== undefined;
}

/** Reads the members of an object, from its brace on; false where it is broken. */
function* members(walk: Walk, above: readonly string[], enter: () => void): Step<boolean> {
  const { scanner } = walk;
  scanner.index++;
  for (;;) {
    const code = yield* scanner.peek();
    if (code === closeBrace) {
      scanner.index++;
      return true;
    }
    const key = code === quote ? keyOf(yield* scanner.value()) : undefined;
    if (key === undefined || (yield* scanner.peek()) !== colon) return false;
    scanner.index++;
    if (above.length === 0) walk.onTopName(key);
    if (!(yield* member(walk, [...above, key], enter))) return false;
  }
}

function* member(walk: Walk, here: readonly string[], enter: () => void): Step<boolean> {
  const { scanner, path } = walk;
  const first = yield* scanner.peek();
  const role = path === undefined ? usualRole(here, first) : roleOnPath(here, first, path);
  if (role === 'inside') return yield* members(walk, here, enter);
  if (role === 'list') {
    scanner.index++;
    const inside = yield* scanner.peek();
    const holdsRecords = path !== undefined || listStarts.has(inside);
    const rest = path?.slice(here.length) ?? [];
    if (holdsRecords) enter();
    if (holdsRecords && rest.length === 0) walk.onList();
    yield* elements(holdsRecords ? walk : { ...walk, onRecord: () => undefined }, rest);
    return true;
  }
  const line = role === 'record' ? scanner.line() : 0;
  const text = yield* scanner.value();
  if (role === 'record' && text !== undefined) {
    enter();
    walk.onRecord(text, line, []);
  }
  return text !== undefined;
}

type Role = 'list' | 'inside' | 'record' | 'other';
const listStarts: ReadonlySet<number> = new Set([openBrace, openBracket, closeBracket]);

function usualRole(here: readonly string[], first: number): Role {
  const name = here.at(-1) ?? '';
  const above = here.slice(0, -1);
  if (first === openBracket) return isListAt(here) ? 'list' : 'other';
  if (first !== openBrace) return 'other';
  if (isId(name) && (above.length === 0 || isListAt(above))) return 'record';
  return here.length <= maxListDepth && (isListAt(here) || isWrapperAt(here)) ? 'inside' : 'other';
}

function roleOnPath(here: readonly string[], first: number, path: readonly string[]): Role {
  if (here.some((name, index) => name !== path[index])) return 'other';
  if (first === openBracket) return 'list';
  if (first !== openBrace) return 'other';
  return here.length === path.length ? 'record' : 'inside';
}

function keyOf(text: string | undefined): string | undefined {
  try {
    const key: unknown = text === undefined ? undefined : JSON.parse(text);
    return typeof key === 'string' ? key : undefined;
  } catch {
    return undefined;
  }
}

function syntaxError(text: string): string {
  try {
    JSON.parse(text);
    return 'it cannot be read';
  } catch (error) {
    return errorText(error);
  }
}
