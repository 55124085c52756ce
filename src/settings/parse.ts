// Parsers for plain values and addresses.

import { type CallStatus, callStatuses } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { didYouMean } from '../core/suggest.js';

const longestQuote = 60;

/** A value as messages show it: texts and numbers in quotes and cut, everything else by its kind. */
export function quoted(raw: unknown): string {
  if (raw === null || raw === undefined) return 'nothing';
  if (Array.isArray(raw)) return 'a list';
  if (raw instanceof Date) return 'a date without quotes';
  if (typeof raw === 'object') return 'a map';
  const text = String(raw);
  return JSON.stringify(text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text);
}

/** A map of YAML or JSON. */
export function isRecord(raw: unknown): raw is Record<string, unknown> {
  return isObject(raw) && !(raw instanceof Date);
}

/** The text of a text or a number, trimmed; undefined for anything else. */
export function scalar(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw.trim();
  return typeof raw === 'number' && Number.isFinite(raw) ? String(raw) : undefined;
}

/** Any text that is not empty, trimmed. */
export function text(raw: unknown): Parsed<string> {
  const found = scalar(raw);
  if (found === '') return new Problem('is empty');
  return found ?? new Problem(`${quoted(raw)} is not a text; put the value in quotes`);
}

/** A whole number in decimal digits. */
export function wholeNumber(from: number, to: number): (raw: unknown) => Parsed<number> {
  return numberIn(/^\d{1,15}$/, [from, to], `a whole number from ${from} to ${to}`);
}

/** A number in decimal digits, with a point where it has a fraction. */
export function decimal(from: number, to: number): (raw: unknown) => Parsed<number> {
  return numberIn(/^\d{1,15}(\.\d{1,9})?$/, [from, to], `a number from ${from} to ${to}, such as 6 or 6.5`);
}

function numberIn(form: RegExp, [from, to]: readonly [number, number], what: string) {
  return (raw: unknown): Parsed<number> => {
    const found = scalar(raw);
    const value = found !== undefined && form.test(found) ? Number(found) : Number.NaN;
    return value >= from && value <= to ? value : new Problem(`${quoted(raw)} is not ${what}`);
  };
}

/** A duration such as `90s`, `2m`, `1h`, or a number of seconds, from `least` seconds to `longest`; yields seconds. */
export function duration(longest: number, least = 0): (raw: unknown) => Parsed<number> {
  return (raw) => {
    const match = /^(\d{1,9})\s*([smhd]?)$/.exec(scalar(raw)?.toLowerCase() ?? '');
    const seconds = match === null ? Number.NaN : Number(match[1]) * (unitSeconds.get(match[2] ?? '') ?? 1);
    if (seconds >= least && seconds <= longest) return seconds;
    const range = `from ${least === 0 ? 0 : `${least}s`} to ${longest / 3600}h`;
    return new Problem(`${quoted(raw)} is not a duration such as 90s or 2m, ${range}`);
  };
}

const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

/** An address of http or https without query and fragment; yields it as it was given. */
export function parseWebAddress(raw: unknown): Parsed<string> {
  const found = scalar(raw) ?? '';
  const url = URL.canParse(found) ? new URL(found) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return new Problem(`${quoted(raw)} is not an https address`);
  if (/[?#{}]/.test(found))
    return new Problem(`${quoted(raw)} has more than a path: give the address of the folder`);
  if (url.username !== '') return new Problem('holds a user name, which a browser would show to everybody');
  return found;
}

/** A parser that takes a few words, which completion offers. */
type WordParser<T> = ((raw: unknown) => Parsed<T>) & { readonly words: readonly string[] };

/** One of a few words, in any letter case. */
export function oneOf<const W extends string>(words: readonly W[]): WordParser<W> {
  const parseWord = (raw: unknown): Parsed<W> => {
    const found = scalar(raw)?.toLowerCase();
    const word = words.find((known) => known === found);
    if (word !== undefined) return word;
    return new Problem(`${quoted(raw)} is none of ${words.join(', ')}${didYouMean(found ?? '', words)}`);
  };
  return Object.assign(parseWord, { words });
}

/** A word, or what another parser takes. */
export function orWord<const W extends string, T>(
  word: W,
  parse: (raw: unknown) => Parsed<T>,
): WordParser<W | T> {
  const parseEither = (raw: unknown): Parsed<W | T> => {
    if (scalar(raw)?.toLowerCase() === word) return word;
    const value = parse(raw);
    return value instanceof Problem ? new Problem(`${value.text}, or "${word}"`) : value;
  };
  return Object.assign(parseEither, { words: [word] });
}

/** A switch: given or not as a flag, true or false in a profile. */
export function boolean(raw: unknown): Parsed<boolean> {
  if (raw === true || raw === 'true') return true;
  if (raw === false || raw === 'false') return false;
  return new Problem(`${quoted(raw)} is neither true nor false`);
}

/** Names, as `a,b,c` or as a list; at least one is not empty, and none is given twice. */
export function names(raw: unknown): Parsed<readonly string[]> {
  const parts = Array.isArray(raw) ? raw : (scalar(raw)?.split(',') ?? [raw]);
  const found: string[] = [];
  for (const part of parts) {
    const name = scalar(part);
    if (name === undefined) return new Problem(`${quoted(part)} is not a name`);
    if (name !== '' && found.includes(name)) return new Problem(`${quoted(name)} is given twice`);
    found.push(name);
  }
  return found.some((name) => name !== '') ? found : new Problem('has no name');
}

/** Where international accounts send their calls; Russian ones use sip.amocrm.ru. */
export const defaultBaseUrl = 'https://sip.amocrm.com';

/**
 * The address of the service, without a slash at its end. It bears the key on its way, so it is https, or plain
 * http to this machine. Messages show the host alone: whoever pastes a whole request pastes the key with it.
 */
export function parseBaseUrl(raw: unknown): Parsed<string> {
  const given = text(raw);
  if (given instanceof Problem) return given;
  if (!URL.canParse(given)) return new Problem('is not an address such as https://sip.amocrm.com');
  const url = new URL(given);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return new Problem('is not an https address such as https://sip.amocrm.com');
  if (url.username !== '' || url.password !== '')
    return new Problem('must not hold a user name or a password');
  const path = url.pathname.replace(/\/+$/, '');
  if (/https?:/i.test(given.slice(url.protocol.length)))
    return new Problem('holds more than one address; give one, such as https://sip.amocrm.com');
  if (path.includes('//')) return new Problem('must not have // in its path');
  if (/[?#]/.test(given)) return new Problem('must end before the ? or #');
  if (url.protocol === 'http:' && !isLoopback(url))
    return new Problem(`must be https: the key would be sent to ${url.host} without encryption`);
  return `${url.origin}${path}`;
}

/** Whether an address is this machine: 127.0.0.0/8, ::1, localhost. URL has spelt IPv4 out by then. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
}

/** Whether an address is one of the vendor's own (amocrm.com, amocrm.ru; kommo.com since the split of 2022). */
export function isVendorAddress(url: URL): boolean {
  return /(^|\.)(amocrm\.(com|ru)|kommo\.com)$/.test(url.hostname);
}

/**
 * A text that is kept to the letter; its messages never show it. What cannot be seen in it (an invisible mark copied from a
 * page, half of a pair of surrogates) belongs to no secret, and cannot stand in an address.
 */
export function secretText(raw: unknown): Parsed<string> {
  if (typeof raw === 'number') return new Problem('is read as a number; put it in quotes');
  if (typeof raw !== 'string') return new Problem(`${quoted(raw)} is not a text`);
  const found = raw.trim();
  if (found === '') return new Problem('is empty');
  if (/\p{Cc}/u.test(found)) return new Problem('holds a control character or a second line');
  const [hidden] = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.exec(found) ?? [];
  return hidden === undefined ? found : new Problem(`holds an invisible character (${nameOf(hidden)})`);
}

/** A secret text that a header of HTTP can carry. */
export function tokenText(raw: unknown): Parsed<string> {
  const found = secretText(raw);
  if (found instanceof Problem) return found;
  const [strange] = /[^\x20-\x7e]/u.exec(found) ?? [];
  return strange === undefined
    ? found
    : new Problem(`holds a character that no token has (${nameOf(strange)})`);
}

/** `U+200E` */
function nameOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Digits; the message does not show what was given: keys land here by mistake. */
export function parseAccountId(raw: unknown): Parsed<string> {
  if (typeof raw === 'number' && !Number.isSafeInteger(raw))
    return new Problem('must be digits only, in quotes');
  const found = scalar(raw) ?? '';
  return /^\d{1,20}$/.test(found) ? found : new Problem('must be digits only');
}

/** What became of a call, by its number in API v4. */
export function parseCallStatus(raw: unknown): Parsed<CallStatus> {
  const found = scalar(raw);
  const status = Object.values(callStatuses).find((known) => String(known) === found);
  return status ?? new Problem(`${quoted(raw)} is not one of the numbers 1 to 7 of API v4`);
}

/** The user of amoCRM behind each extension: a map of extension to user id. Profiles alone can hold it. */
export function parseUsers(raw: unknown): Parsed<Readonly<Record<string, number>>> {
  if (!isRecord(raw)) return new Problem(`${quoted(raw)} is not a map of extension to user id`);
  const users: Record<string, number> = {};
  for (const [extension, id] of Object.entries(raw)) {
    const text = scalar(id) ?? '';
    if (!/^[1-9]\d{0,14}$/.test(text))
      return new Problem(
        `"${extension}": ${quoted(id)} is not the id of a user; to list them: amocalls users`,
      );
    users[extension.trim()] = Number(text);
  }
  return users;
}

/** A regular expression that may fit anywhere. */
export function parsePattern(raw: unknown): Parsed<RegExp> {
  return parseRegex(raw, (source) => source, '^test- or 7$');
}

/** A regular expression whose source is put into others (`^(?:…)$`) by `wrap`. */
export function parseRegex(raw: unknown, wrap: (source: string) => string, example: string): Parsed<RegExp> {
  const source = text(raw);
  if (source instanceof Problem) return source;
  try {
    return new RegExp(wrap(source));
  } catch {
    return new Problem(`${quoted(source)} is not a regular expression, such as ${example}`);
  }
}
