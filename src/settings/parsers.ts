import { type Parsed, Problem } from '../core/errors.js';
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
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
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
  return (raw) => {
    const found = scalar(raw);
    const value = found !== undefined && /^\d{1,15}$/.test(found) ? Number(found) : Number.NaN;
    if (value >= from && value <= to) return value;
    return new Problem(`${quoted(raw)} is not a whole number from ${from} to ${to}`);
  };
}

/** A number in decimal digits, with a point where it has a fraction. */
export function decimal(from: number, to: number): (raw: unknown) => Parsed<number> {
  return (raw) => {
    const found = scalar(raw);
    const value = found !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(found) ? Number(found) : Number.NaN;
    if (value >= from && value <= to) return value;
    return new Problem(`${quoted(raw)} is not a number from ${from} to ${to}, such as 6 or 6.5`);
  };
}

/** A word, or a whole number. */
export function wordOrNumber<const W extends string>(
  word: W,
  from: number,
  to: number,
): (raw: unknown) => Parsed<W | number> {
  const number = wholeNumber(from, to);
  return (raw) => {
    if (scalar(raw)?.toLowerCase() === word) return word;
    const value = number(raw);
    return value instanceof Problem ? new Problem(`${value.text}, or "${word}"`) : value;
  };
}

/** One of a few words, in any letter case. */
export function oneOf<const W extends string>(words: readonly W[]): (raw: unknown) => Parsed<W> {
  return (raw) => {
    const found = scalar(raw)?.toLowerCase();
    const word = words.find((known) => known === found);
    if (word !== undefined) return word;
    return new Problem(`${quoted(raw)} is none of ${words.join(', ')}.${didYouMean(found ?? '', words)}`);
  };
}

/** A switch: given or not as a flag, true or false in a profile. */
export function yesNo(raw: unknown): Parsed<boolean> {
  if (raw === true || raw === 'true') return true;
  if (raw === false || raw === 'false') return false;
  return new Problem(`${quoted(raw)} is neither true nor false`);
}

/** Names, as `a,b,c` or as a list; at least one is not empty, and none stands twice. */
export function names(raw: unknown): Parsed<readonly string[]> {
  const parts = Array.isArray(raw) ? raw : (scalar(raw)?.split(',') ?? [raw]);
  const found: string[] = [];
  for (const part of parts) {
    const name = scalar(part);
    if (name === undefined) return new Problem(`${quoted(part)} is not a name`);
    if (name !== '' && found.includes(name)) return new Problem(`${quoted(name)} stands twice`);
    found.push(name);
  }
  return found.some((name) => name !== '') ? found : new Problem('names nothing');
}
