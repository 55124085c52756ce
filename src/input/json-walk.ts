import { callback } from './format.js';
import type { Cursor, Step } from './json-cursor.js';
import { isId, isListAt, isWrapperAt } from './json-lists.js';
import { marks } from './json-text.js';

/** What happens with the finds of a walk through a document. */
export interface Finds {
  /** A record's text; `rest` is the part of `--path` that still has to be followed inside it. */
  readonly record: (text: string, line: number, rest: readonly string[]) => void;
  /** The document is no sound JSON at this line; what follows may be lost. `text` is what cannot be read, where that is known. */
  readonly broken: (line: number, why: string, text?: string) => void;
  /** A list or map of records was found, perhaps an empty one. */
  readonly entered: () => void;
  /** A name at the top of a document, for the error about a `--path` that leads nowhere. */
  readonly name: (name: string) => void;
}

/** Deepest object that is looked into for a list of records. */
const deepest = 3;

/** One walk: where the records are looked for, and what becomes of them. */
interface Walk extends Finds {
  readonly cursor: Cursor;
  /** `--path`, in its parts; undefined: at the usual places. */
  readonly path: readonly string[] | undefined;
}

/**
 * Walks through JSON documents, one after the other, and finds their records: the elements of a list at the top or inside,
 * the values of a map keyed by id, else the object itself. Pauses where it needs more text; keeps one record in memory.
 */
export function* walkDocuments(
  cursor: Cursor,
  path: readonly string[] | undefined,
  finds: Finds,
): Step<void> {
  const walk: Walk = { ...finds, cursor, path };
  yield* cursor.peek();
  const opening = callback.exec(cursor.text);
  if (opening !== null) cursor.index = opening[0].length;
  for (;;) {
    const code = yield* cursor.peek();
    if (code < 0) return;
    if (code === marks.openBracket) {
      cursor.index++;
      if (path === undefined) walk.entered();
      yield* elements(walk, path ?? []);
    } else if (code === marks.openBrace) {
      if (!(yield* document(walk))) return;
    } else if (code === marks.closeParenthesis || code === marks.semicolon) {
      // The end of a callback.
      cursor.index++;
    } else {
      const line = cursor.line();
      const text = yield* cursor.restOfLine();
      finds.broken(line, `"${text.slice(0, 40)}" is neither an object nor a list`, text);
    }
  }
}

/** Reads the elements of a list, its bracket already passed, up to its end. */
function* elements(walk: Walk, rest: readonly string[]): Step<void> {
  const { cursor } = walk;
  for (;;) {
    const code = yield* cursor.peek();
    if (code === marks.closeBracket) {
      cursor.index++;
      return;
    }
    const line = cursor.line();
    if (code < 0) {
      walk.broken(line, 'the file ends before its list of records does');
      return;
    }
    const text = yield* cursor.value();
    if (text === undefined) {
      walk.broken(line, 'the file ends in the middle of this record', cursor.takeRest());
      return;
    }
    walk.record(text, line, rest);
  }
}

/** Reads an object at the top: a record, or an envelope around records. False where reading cannot go on after it. */
function* document(walk: Walk): Step<boolean> {
  const { cursor } = walk;
  const line = cursor.line();
  cursor.keep();
  let entered = false;
  const sound = yield* members(walk, [], () => {
    entered = true;
    cursor.release();
  });
  if (sound) {
    const text = cursor.release();
    if (!entered && walk.path === undefined) walk.record(text, line, []);
    return true;
  }
  if (entered) {
    walk.broken(cursor.line(), 'what follows here cannot be read');
    return false;
  }
  cursor.rewind();
  const text = yield* cursor.value();
  if (text === undefined) walk.broken(line, 'the file ends in the middle of it', cursor.takeRest());
  else walk.broken(line, faultOf(text), text);
  return text !== undefined;
}

/** Reads the members of an object, from its brace on; false where it is broken. */
function* members(walk: Walk, above: readonly string[], enter: () => void): Step<boolean> {
  const { cursor } = walk;
  cursor.index++;
  for (;;) {
    const code = yield* cursor.peek();
    if (code === marks.closeBrace) {
      cursor.index++;
      return true;
    }
    const key = code === marks.quote ? keyOf(yield* cursor.value()) : undefined;
    if (key === undefined || (yield* cursor.peek()) !== marks.colon) return false;
    cursor.index++;
    if (above.length === 0) walk.name(key);
    if (!(yield* member(walk, [...above, key], enter))) return false;
  }
}

function* member(walk: Walk, here: readonly string[], enter: () => void): Step<boolean> {
  const { cursor, path } = walk;
  const first = yield* cursor.peek();
  const role = path === undefined ? usualRole(here, first) : roleOnPath(here, first, path);
  if (role === 'inside') return yield* members(walk, here, enter);
  if (role === 'list') {
    cursor.index++;
    const inside = yield* cursor.peek();
    const holdsRecords = path !== undefined || listStarts.has(inside);
    const rest = path?.slice(here.length) ?? [];
    if (holdsRecords) enter();
    if (holdsRecords && rest.length === 0) walk.entered();
    yield* elements(holdsRecords ? walk : { ...walk, record: () => undefined }, rest);
    return true;
  }
  const line = role === 'record' ? cursor.line() : 0;
  const text = yield* cursor.value();
  if (role === 'record' && text !== undefined) {
    enter();
    walk.record(text, line, []);
  }
  return text !== undefined;
}

type Role = 'list' | 'inside' | 'record' | 'other';
const listStarts: ReadonlySet<number> = new Set([marks.openBrace, marks.openBracket, marks.closeBracket]);

function usualRole(here: readonly string[], first: number): Role {
  const name = here.at(-1) ?? '';
  const above = here.slice(0, -1);
  if (first === marks.openBracket) return isListAt(here) ? 'list' : 'other';
  if (first !== marks.openBrace) return 'other';
  if (isId(name) && (above.length === 0 || isListAt(above))) return 'record';
  return here.length <= deepest && (isListAt(here) || isWrapperAt(here)) ? 'inside' : 'other';
}

function roleOnPath(here: readonly string[], first: number, path: readonly string[]): Role {
  if (here.some((name, index) => name !== path[index])) return 'other';
  if (first === marks.openBracket) return 'list';
  if (first !== marks.openBrace) return 'other';
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

function faultOf(text: string): string {
  try {
    JSON.parse(text);
    return 'it cannot be read';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
