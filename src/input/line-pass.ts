import type { Batch } from '../core/row.js';
import { bytesOf, pieceDecoder, type Readout } from './decode.js';
import { lineBatches, type TakeRecords } from './lines.js';
import type { FilePart } from './options.js';

/** How the records of a file of lines are taken; `hint` is what to do about a line too long for a record. */
export interface LineFormat {
  readonly take: TakeRecords;
  readonly hint: string;
}

/** One pass over the lines of a file: all of them, or those of some stretches where the file can be entered in the middle. */
export async function* linePass(
  readout: Readout,
  parts: readonly FilePart[] | undefined,
  { take, hint }: LineFormat,
): AsyncGenerator<Batch> {
  const { source, encoding } = readout;
  const tracked = source.plain && encoding.bytewise;
  const size = source.size ?? 0;
  // A file that is shorter than it was is another file: it is read from its start.
  const known = tracked && parts?.every(({ offset, end }) => Math.max(offset, end ?? 0) <= size) === true;
  for (const part of known ? (parts ?? []) : [undefined]) {
    const index = Math.max(part?.offset ?? 0, encoding.bom);
    yield* lineBatches(bytesOf(readout, part && { ...part, offset: index }), {
      file: source.file,
      start: { index, line: part?.line ?? 1 },
      decode: pieceDecoder(readout),
      take,
      tracked,
      hint,
    });
  }
}
