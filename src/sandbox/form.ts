// A form body as PHP reads it, and the calls in it.

import { type CallField, callFields } from '../core/call.js';
import type { CallFields } from './store.js';

/** An array as PHP has it: keys in the order in which they came, and the index that `[]` takes next. */
export interface PhpArray {
  readonly entries: Map<string, PhpValue>;
  next: bigint | undefined;
}

/** What a form variable can be. */
export type PhpValue = string | PhpArray;

/** PHP's `max_input_nesting_level`. */
const deepest = 64;
/** Keys that are whole numbers of 64 bits are numbers to PHP. */
const lastIndex = 2n ** 63n - 1n;

/**
 * The calls of a form body, in the order in which PHP meets them in `request[add]`. Fields that calls/add does
 * not know are left out, and so is a field that came as an array.
 *
 * @param mostVariables PHP's `max_input_vars`
 */
export function readCalls(body: Buffer, mostVariables: number): readonly CallFields[] {
  const form = readForm(body.toString('latin1'), mostVariables);
  const calls = valueAt(valueAt(form, 'request'), 'add');
  return typeof calls === 'object' ? [...calls.entries.values()].map(toCall) : [];
}

function valueAt(value: PhpValue | undefined, key: string): PhpValue | undefined {
  return typeof value === 'object' ? value.entries.get(key) : undefined;
}

function toCall(value: PhpValue): CallFields {
  const call: Partial<Record<CallField, string>> = {};
  for (const field of callFields) {
    const text = valueAt(value, field);
    if (typeof text === 'string') call[field] = text;
  }
  return call;
}

/**
 * Reads a form body into what PHP 8.2 puts into `$_POST`: the rules of `php_register_variable_ex`, as measured
 * on PHP 8.2.36. Bytes that are not UTF-8 become U+FFFD, which PHP would keep.
 *
 * @param body the bytes of the body, one character each (latin1)
 * @param mostVariables PHP's `max_input_vars`: one more than this arrives, the rest is dropped without a word
 */
export function readForm(body: string, mostVariables: number): PhpArray {
  const form = emptyArray();
  let at = 0;
  for (let count = 0; at < body.length && count <= mostVariables; count += 1) {
    const end = indexOrEnd(body, '&', at);
    const equals = Math.min(indexOrEnd(body, '=', at), end);
    register(form, decodeBytes(body.slice(at, equals)), urldecode(body.slice(equals + 1, end)));
    at = end + 1;
  }
  return form;
}

function urldecode(raw: string): string {
  return toText(decodeBytes(raw));
}

/** `+` is a space; a broken escape stays as it is. */
function decodeBytes(raw: string): string {
  const spaced = raw.replaceAll('+', ' ');
  // Escapes of ASCII alone, which is most of them: the built-in decoder does the same.
  if (!/%(?![0-7][\da-f])/i.test(spaced)) return decodeURIComponent(spaced);
  return spaced.replace(/%([\da-f]{2})/gi, (_escape, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function toText(bytes: string): string {
  return /[\x80-\xff]/.test(bytes) ? Buffer.from(bytes, 'latin1').toString('utf8') : bytes;
}

function emptyArray(): PhpArray {
  return { entries: new Map(), next: undefined };
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

/** The path of a name: `a[b][]` is `a`, `b`, and null for "the next index". Undefined where PHP ignores it. */
function pathOf(decoded: string): (string | null)[] | undefined {
  // C strings: a NUL ends the name.
  const name = decoded.replace(/\0.*$/s, '').replace(/^ +/, '');
  const bracket = indexOrEnd(name, '[', 0);
  if (bracket === 0) return undefined;
  const path: (string | null)[] = [toText(name.slice(0, bracket).replace(/[ .]/g, '_'))];
  let at = bracket;
  while (name[at] === '[') {
    const empty = /^[ \t\n\v\f\r]?\]/.exec(name.slice(at + 1, at + 3));
    const close = empty === null ? name.indexOf(']', at + 1) : at + empty[0].length;
    // A bracket that is never closed is part of the top name, or ends a longer path.
    if (close < 0) return path.length === 1 ? [toText(name.replace(/[ .[]/g, '_'))] : path;
    path.push(empty === null ? toText(name.slice(at + 1, close)) : null);
    at = close + 1;
  }
  return path;
}

function register(form: PhpArray, name: string, value: string): void {
  const path = pathOf(name);
  if (path === undefined) return;
  if (path.length - 1 > deepest) {
    form.entries.delete(path[0] ?? '');
    return;
  }
  let array = form;
  for (const key of path.slice(0, -1)) {
    const known = key === null ? undefined : array.entries.get(key);
    const inner = typeof known === 'object' ? known : emptyArray();
    if (inner !== known && !put(array, key, inner)) return;
    array = inner;
  }
  put(array, path.at(-1) ?? null, value);
}

/** Puts a value under a key, or under the next index; false where there is no next index any more. */
function put(array: PhpArray, key: string | null, value: PhpValue): boolean {
  const place = key ?? String(array.next ?? 0n);
  if (key === null && array.entries.has(place)) return false;
  if (/^(?:0|-?[1-9]\d{0,18})$/.test(place)) {
    const index = BigInt(place);
    const next = index < lastIndex ? index + 1n : lastIndex;
    if (index <= lastIndex && (array.next === undefined || next > array.next)) array.next = next;
  }
  array.entries.set(place, value);
  return true;
}
