// The rows of a file as batches of entries: every row a record, or the rows of a call gathered.

import type { Entry, Origin, Outcome } from '../core/outcome.js';
import type { Batch, FileRange, ReadDemand, Table } from '../core/row.js';
import { mapFields } from './mapping.js';
import type { Note, RecordOptions } from './record-options.js';
import { cameBefore, type UuidWatch } from './repeated-uuids.js';
import type { ParsedRecord } from './row-values.js';
import { compileValidator, type RecordValidator, type ValidationRules } from './validate.js';
import type { ZoneFinding } from './zone-evidence.js';

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
  readonly range?: FileRange;
  /** Of how many rows of the range an entry was made, or will be: of the others nothing becomes. */
  readonly taken: number;
  /** The rows of its entries that no earlier entry had, by their origins. */
  readonly places: ReadonlyMap<Origin, readonly RowRef[]>;
  /** As the batch of rows has it. */
  readonly caughtUp?: boolean;
  /** What is asked of the reader of a file that grows; absent where nothing is. */
  readonly demand?: ReadDemand;
}

/** A file whose rows are read. */
export interface FileToRead {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly rules: ValidationRules;
  readonly note: Note;
  /** What the ids of the rows that were read have said of its clock; grows with each batch. */
  finding: ZoneFinding;
}

/** Entries of the rows that were read together, and of earlier ones that are complete now. */
export class MadeEntries {
  readonly entries: Entry[] = [];
  readonly places = new Map<Origin, readonly RowRef[]>();
  taken = 0;
  /** Whether a later run can begin behind what was taken. */
  isEnterable = true;
  /** What is asked of the reader of a file that grows. */
  demand: ReadDemand | undefined;

  /** Adds the entry of rows that stand there. */
  add(entry: Entry, rows: readonly RowRef[]): void {
    this.entries.push(entry);
    this.places.set(entry.origin, rows);
  }

  /** Adds the entry of one row. */
  addRow(entry: Entry, range: FileRange | undefined): void {
    this.taken++;
    this.add(entry, range === undefined ? [] : [{ range, line: entry.origin.line ?? 0 }]);
  }
}

/** Makes the entries of a file, batch by batch. */
export interface EntryMaker {
  /** Takes records that were read together; `most` entries are asked for at most. */
  readonly take: (batch: ReadRows, most: number) => MadeEntries;
  /** What can be made of the rest when the file has ended; absent where nothing is left then. */
  readonly end?: (validator: RecordValidator, most: number) => Iterable<MadeEntries>;
}

/** A batch of rows as records, and what makes entries of them. */
export interface ReadRows {
  readonly batch: Batch;
  readonly records: readonly (ParsedRecord | Outcome)[];
  readonly validator: RecordValidator;
}

/** Reads a file to entries; of what was odd, each kind is reported once. */
export async function* readEntries(file: FileToRead, maker: EntryMaker): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  const nextValidator = validatorOf(file);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let bytesRead = 0;
  try {
    for await (const batch of table.batches) {
      if (left <= 0) return;
      ({ bytesRead } = batch);
      const { range, caughtUp } = batch;
      const validator = nextValidator();
      const { records, finding } = validator.read(batch, file.finding);
      file.finding = finding;
      const made = maker.take({ batch, records, validator }, left);
      if (made.entries.length >= left) {
        yield firstOf(made, left, bytesRead);
        return;
      }
      left -= made.entries.length;
      const { entries, places, taken, isEnterable, demand } = made;
      yield {
        entries,
        places,
        taken,
        bytesRead,
        ...(range === undefined || !isEnterable ? {} : { range }),
        ...(caughtUp === undefined ? {} : { caughtUp }),
        ...(demand === undefined ? {} : { demand }),
      };
      if (caughtUp === true) rules.warnings.report();
    }
    for (const made of maker.end?.(nextValidator(), left) ?? []) {
      yield firstOf(made, left, bytesRead);
      left -= made.entries.length;
    }
  } finally {
    rules.warnings.report();
  }
}

/** Some of the entries that were made; where the reading would go on is not known then. */
function firstOf({ entries, places, taken }: MadeEntries, most: number, bytesRead: number): EntryBatch {
  return { entries: entries.slice(0, most), places, taken, bytesRead };
}

/**
 * Makes what gives the validator for each batch of a file: the same one until its columns grow (JSON); then fields that had
 * none are looked for again.
 */
function validatorOf({ table, options, rules, note }: FileToRead): () => RecordValidator {
  let known = table.columns.length;
  let { mapping } = rules;
  let validator = compileValidator(rules);
  return () => {
    if (table.columns.length > known) {
      known = table.columns.length;
      mapping = mapFields(table, options, note, mapping);
      validator = compileValidator({ ...rules, mapping });
    }
    return validator;
  };
}

/**
 * Makes entries of a file of which every row is a record.
 *
 * @param watch hears of uuids that come again with other content, where the file cannot be read twice
 */
export function rowEntries(watch: UuidWatch | undefined): EntryMaker {
  return {
    take({ batch: { range }, records, validator: { validate, settle } }, most) {
      const made = new MadeEntries();
      const late = watch?.lateOf(records);
      for (const record of records) {
        if (made.entries.length >= most) break;
        const isRow = 'values' in record;
        const checked = isRow ? validate(record) : record;
        const isLate = isRow && checked?.call !== undefined && late?.has(record) === true;
        const entry = isLate ? settle(record, 'invalid', cameBefore(record)) : checked;
        if (entry !== undefined) made.addRow(entry, range);
      }
      return made;
    },
  };
}
