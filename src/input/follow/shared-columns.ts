// The columns that all files of a table share.

import type { Row } from '../../core/row.js';
import type { FileHead, InputOptions } from '../format.js';
import { noteOnce } from '../open.js';
import type { InputIo } from '../source.js';
import type { Header } from './checkpoint.js';
import { type GrowingFormat, type GrowingRules, recogniseGrowing } from './growing-format.js';

/** How the lines of one file are read. */
export interface GrowingLines extends Pick<GrowingFormat, 'bom' | 'reader'> {
  /** Moves the cells of its rows to the columns of the table. */
  readonly adapt: (rows: readonly Row[]) => readonly Row[];
}

/**
 * The columns that all files of a table share: those of the first one. A later file may have them in another order, have
 * others, or no header at all where it was truncated and is written on.
 */
export class SharedColumns {
  readonly columns: string[] = [];
  /** What the first file was like. */
  first: GrowingFormat | undefined;
  /** Takes notes on what the files are like; each once, for many files are alike. */
  readonly note: InputIo['note'];
  readonly #options: InputOptions;
  readonly #known: Header | undefined;

  /** @param known the header that earlier runs found */
  constructor(options: InputOptions, io: Pick<InputIo, 'note' | 'signal'>, known: Header | undefined) {
    this.#options = options;
    this.note = noteOnce(io);
    this.#known = known;
  }

  /** The header that a file had which began with one; undefined where none did. */
  get header(): Header | undefined {
    if (this.first?.headerLine === undefined) return this.#known;
    const { delimiter } = this.first;
    return { columns: this.columns, ...(delimiter === undefined ? {} : { delimiter }) };
  }

  /** How the next file is to be opened: with a header, or as one that goes on without. */
  private options(): InputOptions {
    const { header } = this;
    if (header === undefined) return this.#options;
    const { columns, ...rest } = header;
    const isNew = this.first === undefined;
    const nameColumns = (rows: readonly (readonly string[])[]) =>
      rows.some((cells) => isHeader(cells, columns) || (isNew && !cells.some(hasDigit)))
        ? undefined
        : columns;
    return { ...rest, ...this.#options, nameColumns };
  }

  /**
   * Recognises a file by its first bytes, and takes its columns; undefined as long as there is no whole row among them.
   *
   * @throws UserError for what cannot be followed
   */
  async open(
    head: FileHead,
    rules: Pick<GrowingRules, 'warn' | 'openEnd'>,
  ): Promise<GrowingLines | undefined> {
    const format = await recogniseGrowing(head, { ...rules, options: this.options(), note: this.note });
    if (format === undefined) return undefined;
    return { bom: format.bom, reader: format.reader, adapt: this.#adopt(format) };
  }

  /** Takes the columns of a file; gives what moves its cells to those of the table, to new ones where it has more. */
  #adopt(format: GrowingFormat): (rows: readonly Row[]) => readonly Row[] {
    this.first ??= format;
    const { columns } = format;
    const positions: number[] = [];
    let isSame = true;
    const place = () => {
      for (const name of columns.slice(positions.length)) {
        const known = this.columns.findIndex((own, at) => own === name && !positions.includes(at));
        const position = known < 0 ? this.columns.push(name) - 1 : known;
        isSame &&= position === positions.length;
        positions.push(position);
      }
    };
    place();
    return (rows) => {
      place();
      return isSame ? rows : rows.map((row) => ({ ...row, cells: moved(row.cells, positions) }));
    };
  }
}

/**
 * Whether cells are a header again: names make up half of them. One name alone proves nothing, since a value may be equal
 * to it, and an empty cell is none.
 */
function isHeader(cells: readonly string[], columns: readonly string[]): boolean {
  const names = new Set(columns.filter((name) => name !== ''));
  const texts = cells.map((cell) => cell.trim()).filter((text) => text !== '');
  const known = texts.filter((text) => names.has(text)).length;
  return known > 0 && 2 * known >= Math.min(texts.length, names.size);
}

/** A header of other names, after an update of the phone system, has no numbers in it; calls have. */
function hasDigit(cell: string): boolean {
  return /\d/.test(cell);
}

/** Cells at their positions; those without a name come after all others, as in the file. */
function moved(cells: readonly string[], positions: readonly number[]): readonly string[] {
  const all: string[] = [];
  let free = positions.reduce((most, one) => Math.max(most, one + 1), 0);
  for (const [at, cell] of cells.entries()) {
    const position = positions[at] ?? free++;
    while (all.length <= position) all.push('');
    all[position] = cell;
  }
  return all;
}
