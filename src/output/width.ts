import stringWidth from 'string-width';

/** Texts whose every character takes one cell: most of them. */
const plainText = /^[\x20-\x7e]*$/;

/** How many cells of a terminal a sanitised text takes. */
export function widthOf(text: string): number {
  return plainText.test(text) ? text.length : stringWidth(text);
}

/** The text filled with blanks up to a width; a longer one stays as it is. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

const segments = new Intl.Segmenter();

/** Splits off as much of the text as fits into a width: [what fits, the rest]. */
function split(text: string, width: number): [string, string] {
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
