import type { Row } from '../../core/row.js';
import type { InputOptions } from '../format.js';
import { noteOnce } from '../open.js';
import type { GrowingFormat } from './format.js';
import type { FollowIo } from './io.js';

/**
 * The columns that all files under one name share: those of the first one. A later file may have them in another order,
 * have others, or no header at all where it was truncated and is written on.
 */
export class SharedColumns {
  readonly columns: string[] = [];
  /** What the first file was like. */
  first: GrowingFormat | undefined;
  /** Takes notes on what the files are like; each once, for many files are alike. */
  readonly note: FollowIo['note'];
  readonly #options: InputOptions;

  constructor(options: InputOptions, io: FollowIo) {
    this.#options = options;
    this.note = noteOnce(io);
  }

  /** How the next file is to be opened. */
  options(): InputOptions {
    if (this.first?.headerLine === undefined) return this.#options;
    const { columns } = this;
    const nameColumns = (rows: readonly (readonly string[])[]) =>
      rows.some((cells) => cells.some((cell) => columns.includes(cell.trim()))) ? undefined : columns;
    return { ...this.#options, nameColumns };
  }

  /** Takes the columns of a file; gives what moves its cells to those of the table, to new ones where it has more. */
  adopt(format: GrowingFormat): (rows: readonly Row[]) => readonly Row[] {
    this.first ??= format;
    const positions: number[] = [];
    let isSame = true;
    const place = () => {
      for (const name of format.columns.slice(positions.length)) {
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

/** Cells at their positions; those without a name come after all others, as in the file. */
function moved(cells: readonly string[], positions: readonly number[]): readonly string[] {
  const all: string[] = [];
  for (const [at, cell] of cells.entries()) {
    const position = positions[at] ?? Math.max(all.length, ...positions.map((one) => one + 1));
    while (all.length <= position) all.push('');
    all[position] = cell;
  }
  return all;
}
