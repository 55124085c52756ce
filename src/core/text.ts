// Lines of texts, and texts that outlive the block that they were cut from.

/** Lines end as any system ends them: CRLF, LF, a lone CR. */
const lineBreak = /\r\n|[\r\n]/;

/** The lines of a text, the first so many of them. */
export function linesOf(text: string, most?: number): readonly string[] {
  return text.split(lineBreak, most);
}

/** How many lines end in a text, from an index on. */
export function lineBreaksIn(text: string, from = 0): number {
  let count = 0;
  for (let index = from; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 10 || (code === 13 && text.charCodeAt(index + 1) !== 10)) count++;
  }
  return count;
}

/** Where the last line of a text begins, which may be cut. */
export function startOfLastLine(text: string): number {
  return Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1;
}

/** The same text, cut loose: V8 keeps a whole block of a file alive for a slice of it. For what stays until the end of a run. */
export function detached(text: string): string {
  // A text that is put together is written down anew as soon as a part of it is asked for.
  return ` ${text}`.slice(1);
}
