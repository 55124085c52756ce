// Absent values, names and words reduced to what counts, quoting.

/** Texts that stand for "no value" in exports; every one is at most four characters long. */
const nullWords = new Set(['-', '–', '—', '\\N', 'n/a', 'N/A', 'null', 'NULL', 'Null', 'nil']);

/**
 * Takes the text of a cell, undefined where the row has no such cell.
 * Gives it without surrounding white space, or '' where it stands for no value (`NULL`, `\N`, `-`, `n/a`).
 */
export function cellText(cell: string | undefined): string {
  if (cell === undefined || cell === '') return '';
  const first = cell.charCodeAt(0);
  const last = cell.charCodeAt(cell.length - 1);
  const text = first <= 32 || last <= 32 || first >= 128 || last >= 128 ? cell.trim() : cell;
  if (text.length > 4 || (first >= 48 && first <= 57)) return text;
  return nullWords.has(text) ? '' : text;
}

const longest = 60;

/** Puts a text of a file between quotes for a message: one line, no control characters, at most 60 characters of it. */
export function quote(text: string): string {
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
  return line.length > longest ? `"${line.slice(0, longest)}…"` : `"${line}"`;
}

/** Reduces a header name to what it is recognised by: letters and digits, in lower case, `ё` as `е`, `é` as `e`. */
export function plainName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/(?<=\p{Script=Latin})\p{M}+/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Reduces a word of a cell to what it is recognised by: lower case, `ё` as `е`, single spaces, no full stop at its end. */
export function plainWord(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ё', 'е')
    .replace(/[\s_-]+/g, ' ')
    .replace(/\.$/, '')
    .trim();
}

/** Tells whether a text is ASCII digits and nothing else; false for ''. */
export function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 48 || code > 57) return false;
  }
  return text.length > 0;
}

/** The names in a text, separated by commas; line breaks in it do not count. */
export function splitList(text: string): readonly string[] {
  return text.trim().split(/\s*,\s*/);
}

/** The names in such a list, as `plainName` reduces them. */
export function namesIn(list: string): ReadonlySet<string> {
  return new Set(splitList(list).map(plainName));
}

/** The words in such a list, as `plainWord` reduces them. */
export function wordsIn(list: string): ReadonlySet<string> {
  return new Set(splitList(list).map(plainWord));
}

const yes = wordsIn('true, yes, y, t, 1, да, так, sí, si, sim, ja, evet');
const no = wordsIn('false, no, n, f, 0, нет, ні, não, nao, nein, hayır');

/** What a word of a cell says of a question; undefined where it is neither yes nor no. */
export function yesOrNo(text: string): boolean | undefined {
  const word = plainWord(text);
  if (yes.has(word)) return true;
  return no.has(word) ? false : undefined;
}
