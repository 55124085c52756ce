// Cells that a text takes on a terminal; cutting and wrapping by them.

/** Texts whose every character takes one cell: most of them. */
const plainText = /^[\x20-\x7e]*$/;

const combining = /^[\p{Mn}\p{Me}]$/u;
/** Two cells by Unicode's East Asian Width (W, F), in ranges; and what is drawn as an emoji. */
const wide =
  /^[\u1100-\u115F\u2E80-\u303E\u3041-\u4DBF\u4E00-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF01-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{1B2FF}\u{20000}-\u{3FFFD}\p{Emoji_Presentation}]$/u;

function cellsOf(character: string): number {
  if (character < '\u0300') return 1;
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/**
 * How many cells of a terminal a sanitised text takes. Ours, and not that of the package string-width: loading it takes 37 ms,
 * a third of a whole `add`.
 */
export function widthOf(text: string): number {
  if (plainText.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += cellsOf(character);
  return width;
}

/** The text filled with blanks up to a width; a longer one stays as it is. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

/** Splits off as much of the text as fits into a width: [what fits, the rest]. */
function split(text: string, width: number): [string, string] {
  if (plainText.test(text)) return [text.slice(0, width), text.slice(width)];
  // Made only here: the first segmenter of a process takes 12 ms, an eighth of a whole `add`.
  const segments = new Intl.Segmenter();
  let used = 0;
  let end = 0;
  for (const { segment } of segments.segment(text)) {
    used += widthOf(segment);
    if (used > width) break;
    end += segment.length;
  }
  return [text.slice(0, end), text.slice(end)];
}

/** The text within a width of at least 0; where it is longer, its beginning, or its end, and an ellipsis. */
export function cut(text: string, width: number, keeps: 'start' | 'end' = 'start'): string {
  const own = widthOf(text);
  if (own <= width) return text;
  if (width < 1) return '';
  if (keeps === 'start') return `${split(text, width - 1)[0]}…`;
  // A wide character may stand where the text is cut.
  let end = split(text, own - width + 1)[1];
  while (widthOf(end) >= width) end = split(end, 2)[1];
  return `…${end}`;
}

/** A command, which is pasted as one line: in quotes, or behind a colon up to the next clause. */
const commands =
  /"amocalls [^"]*"|(?<=: |, then )(?:amocalls|awk|chmod|mysql|psql|sqlite3|sudo|zstd) .+?(?=, then |, or |; |\. [A-Z]|\.?$)/g;
const glue = '\u00A0';

/**
 * A sentence as lines, broken at blanks alone: a path that is longer stays whole, and so does a command. The first line stands
 * behind so many cells, further ones behind `indent`.
 */
export function wrapSentence(text: string, width: number, used: number, indent = 2): string {
  let left = width - used;
  let lines = '';
  for (const word of text.replace(commands, (command) => command.replaceAll(' ', glue)).split(' ')) {
    const needs = widthOf(word) + (lines === '' ? 0 : 1);
    const fits = lines === '' || needs <= left;
    lines += fits ? (lines === '' ? word : ` ${word}`) : `\n${' '.repeat(indent)}${word}`;
    left = fits ? left - needs : width - indent - widthOf(word);
  }
  return lines.replaceAll(glue, ' ');
}

/** The text as lines within a width of at least 2, broken at blanks; inside a word only where it is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (widthOf(line) > width) {
      const [start, rest] = split(line, width);
      lines.push(start);
      line = rest;
    }
  }
  return [...lines, line];
}
