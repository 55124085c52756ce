import { type Parsed, Problem } from '../core/errors.js';
import { cellText, quote } from './cell-text.js';

/** One piece of a template. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** `{column}`; `{+column}` keeps the slashes of a path, as RFC 6570 has it. */
  | { readonly kind: 'column'; readonly column: string; readonly keepSlashes: boolean }
  /** `{date:YYYY/MM/DD}`: parts of the call's date as its file writes it. */
  | { readonly kind: 'date'; readonly format: string };

/** Tells a template from the name of a column. */
export function isTemplate(source: string): boolean {
  return source.includes('{') || source.includes('}');
}

const datePart = /YYYY|YY|MM|DD|HH|mm|ss/g;

/** Reads `https://host/{date:YYYY}/{recordingfile}` into its pieces. */
export function parseTemplate(source: string): Parsed<readonly Piece[]> {
  const pieces: Piece[] = [];
  for (const [whole, inner] of source.matchAll(/\{([^{}]*)\}|[^{}]+|[{}]/g)) {
    if (whole === '{' || whole === '}')
      return new Problem(`${quote(source)} has a brace without its partner`);
    if (inner === undefined) {
      pieces.push({ kind: 'text', text: whole });
      continue;
    }
    const format = inner.startsWith('date:') ? inner.slice(5) : undefined;
    const keepSlashes = inner.startsWith('+');
    const column = keepSlashes ? inner.slice(1) : inner;
    if (format !== undefined && format.search(datePart) < 0) {
      return new Problem(`{${inner}} names no part of a date: YYYY, YY, MM, DD, HH, mm, ss`);
    }
    if (column.trim() === '') return new Problem(`${quote(source)} has empty braces: they name a column`);
    pieces.push(format === undefined ? { kind: 'column', column, keepSlashes } : { kind: 'date', format });
  }
  return pieces;
}

/** A template whose columns were found: takes the cells of a row and its local time (seconds, wall clock) and gives a text. */
export type FilledTemplate = (cells: readonly string[], local: number) => string;

/**
 * Compiles pieces to a function. It gives '' where every column named is empty,
 * for a link also where any of them is: half a link leads nowhere. `indexOf` gives the position of a column.
 */
export function compileTemplate(
  pieces: readonly Piece[],
  indexOf: (column: string) => number,
  isLink: boolean,
): FilledTemplate {
  const fills = pieces.map((piece) => compilePiece(piece, indexOf, isLink));
  const indexes = pieces.flatMap((piece) => (piece.kind === 'column' ? [indexOf(piece.column)] : []));
  return (cells, local) => {
    const filled = (index: number) => cellText(cells[index]) !== '';
    if (indexes.length > 0 && !(isLink ? indexes.every(filled) : indexes.some(filled))) return '';
    let text = '';
    for (const fill of fills) text += fill(cells, local);
    return text.trim();
  };
}

function compilePiece(piece: Piece, indexOf: (column: string) => number, encode: boolean): FilledTemplate {
  if (piece.kind === 'text') return () => piece.text;
  if (piece.kind === 'date') return (_, local) => formatLocal(piece.format, local);
  const index = indexOf(piece.column);
  if (!encode) return (cells) => cellText(cells[index]);
  return piece.keepSlashes
    ? (cells) => percentEncode(cellText(cells[index])).replaceAll('%2F', '/')
    : (cells) => percentEncode(cellText(cells[index]));
}

/** encodeURIComponent throws on half a surrogate pair: such a character becomes U+FFFD. */
function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Writes wall-clock seconds by a format of YYYY, YY, MM, DD, HH, mm, ss; all else in it stays as it is. */
export function formatLocal(format: string, local: number): string {
  const [day = '', time = ''] = new Date(local * 1000).toISOString().split('T');
  const [year = '', month = '', date = ''] = day.split('-');
  const [hour = '', minute = '', second = ''] = time.split(/[:.]/);
  const parts: Record<string, string> = {
    YYYY: year,
    YY: year.slice(2),
    MM: month,
    DD: date,
    HH: hour,
    mm: minute,
    ss: second,
  };
  return format.replace(datePart, (part) => parts[part] ?? part);
}
