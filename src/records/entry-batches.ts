// The rows of a file as batches of entries: every row a record, or the rows of a call gathered.

import type { Entry, Origin } from '../core/outcome.js';
import type { Batch, FileRange, ReadDemand } from '../core/row.js';
import type { ParsedRecord } from './record.js';
import { cameBefore, type UuidWatch } from './repeated-uuids.js';
import type { Validator } from './validate.js';

/** A row in its file. */
export interface RowRef {
  readonly range: FileRange;
  readonly line: number;
}

/** The entries that are known after rows were read together. */
export interface EntryBatch {
  readonly entries: readonly Entry[];
  /** As the batch of rows has it. */
  readonly bytesRead: number;
  /** As the batch of rows has it; absent where a later run cannot begin in the middle of the file. */
  readonly range?: FileRange | undefined;
  /** Of how many rows of the range an entry was made, or will be: of the others nothing becomes. */
  readonly taken: number;
  /** The rows of calls that no earlier entry had, by their origins: none of one that is given again. Of every other entry it is the one on its line. */
  readonly places: ReadonlyMap<Origin, readonly RowRef[]>;
  /** As the batch of rows has it. */
  readonly caughtUp?: boolean | undefined;
  /** What is asked of the reader of a file that grows; absent where nothing is. */
  readonly demand?: ReadDemand | undefined;
}

/** A batch of entries that is being made of rows that were read together, and of earlier ones that are complete now. */
export class NewEntries implements EntryBatch {
  readonly entries: Entry[] = [];
  readonly places = new Map<Origin, readonly RowRef[]>();
  readonly bytesRead: number;
  range: FileRange | undefined;
  readonly caughtUp: boolean | undefined;
  taken = 0;
  demand: ReadDemand | undefined;

  constructor({ bytesRead, range, caughtUp }: Pick<Batch, 'bytesRead' | 'range' | 'caughtUp'>) {
    this.bytesRead = bytesRead;
    this.range = range;
    this.caughtUp = caughtUp;
  }

  /** Adds the entry of one row, if one was made of it. */
  addRow(entry: Entry | undefined): void {
    if (entry === undefined) return;
    this.taken++;
    this.entries.push(entry);
  }

  /** Adds the entry of rows that stand there. */
  addCall(entry: Entry, rows: readonly RowRef[]): void {
    this.entries.push(entry);
    this.places.set(entry.origin, rows);
  }
}

/** Makes the entries of a file, batch by batch. */
export interface EntryMaker {
  /** Takes records that were read together. */
  readonly take: (records: readonly ParsedRecord[], batch: Batch, made: NewEntries) => void;
  /** Makes what can be made of the rest when the file has ended; absent where nothing is left then. */
  readonly end?: (made: NewEntries) => void;
}

/** Reads a file to entries; of what was odd, each kind is reported once. */
export async function* readEntries(validator: Validator, maker: EntryMaker): AsyncGenerator<EntryBatch> {
  const { table, warnings } = validator.rules;
  let bytesRead = 0;
  try {
    for await (const batch of table.batches) {
      ({ bytesRead } = batch);
      const made = new NewEntries(batch);
      maker.take(validator.read(batch), batch, made);
      yield made;
      if (batch.caughtUp === true) warnings.report();
    }
    const rest = new NewEntries({ bytesRead });
    maker.end?.(rest);
    if (rest.entries.length > 0) yield rest;
  } finally {
    warnings.report();
  }
}

/**
 * Makes entries of a file of which every row is a record.
 *
 * @param watch hears of uuids that come again with other content, where the file cannot be read twice
 */
export function rowEntries(validator: Validator, watch: UuidWatch | undefined): EntryMaker {
  return {
    take(records, _, made) {
      const late = watch?.lateOf(records);
      for (const record of records) {
        const entry = validator.validate(record);
        const isLate = late?.has(record) === true && entry !== undefined && !('status' in entry);
        made.addRow(isLate ? validator.outcome(record, 'invalid', cameBefore(record)) : entry);
      }
    },
  };
}
