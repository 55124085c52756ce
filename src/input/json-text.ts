const quote = 34;
const comma = 44;
const colon = 58;
const backslash = 92;
const openBracket = 91;
const closeBracket = 93;
const openBrace = 123;
const closeBrace = 125;

/** The characters of JSON's structure. */
export const marks = {
  quote,
  comma,
  colon,
  openBracket,
  closeBracket,
  openBrace,
  closeBrace,
  closeParenthesis: 41,
  semicolon: 59,
} as const;

/** Whether a character may stand between values; the record separator is that of RFC 7464. */
export function isGap(code: number): boolean {
  return code <= 32 || code === comma || code === 0xfeff;
}

/**
 * The index after the JSON value that starts at `start`, found by brackets and quotes alone; -1 where the text ends before it.
 * A bare word ends at a gap or bracket, or at the end of the text if that is the end of the file (`ended`).
 */
export function valueEnd(text: string, start: number, ended: boolean): number {
  const first = text.charCodeAt(start);
  if (first === quote) return stringEnd(text, start);
  if (first !== openBrace && first !== openBracket) return wordEnd(text, start, ended);
  let depth = 0;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === quote) {
      index = stringEnd(text, index) - 1;
      if (index < 0) return -1;
    } else if (code === openBrace || code === openBracket) depth++;
    else if ((code === closeBrace || code === closeBracket) && --depth === 0) return index + 1;
  }
  return -1;
}

/** The index after the quote that closes the string which starts at `start`; -1 if there is none. */
function stringEnd(text: string, start: number): number {
  let index = text.indexOf('"', start + 1);
  while (index > 0 && isEscaped(text, index)) index = text.indexOf('"', index + 1);
  return index + 1 || -1;
}

/** Whether an odd number of backslashes stands before the index. */
function isEscaped(text: string, index: number): boolean {
  let start = index;
  while (text.charCodeAt(start - 1) === backslash) start--;
  return (index - start) % 2 === 1;
}

function wordEnd(text: string, start: number, ended: boolean): number {
  let index = start + 1;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isGap(code) || code === closeBracket || code === closeBrace) return index;
  }
  return ended ? index : -1;
}
