/** What programs write before an object in their log: a time of day, and a space or a mark before the object. */
const prefixed = /^[^{\t;]*\d\d:\d\d[^{\t;]*[ :=>-]\{\s*"/;
/** So many lines of a file are looked at, and so many characters of each for the prefix. */
const sampleLines = 200;
const longestPrefix = 300;

/**
 * Whether a text is the log of a program that writes records as JSON, each behind a prefix and on a line of its own:
 * `[2024-02-08T22:18:11] [INFO] default - New CDR: {"uuid":"1"}`. Its first line with an object decides.
 */
export function isLogOfJson(head: string): boolean {
  if (/^\s*(?:\{|\[\s*[[{])/.test(head)) return false;
  const lines = head.split(/\r\n|[\r\n]/, sampleLines);
  const first = lines.find((line) => prefixed.test(line.slice(0, longestPrefix)));
  return first !== undefined && isObject(first.slice(objectStart(first)));
}

/** The index at which the object in a line of a log starts; -1 where there is none. Braces of other texts are none. */
export function objectStart(line: string): number {
  return line.search(/\{\s*"/);
}

function isObject(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
