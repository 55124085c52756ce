import type { Entry } from '../core/outcome.js';
import type { Batch, Table } from '../core/row.js';
import { mapFields } from './mapping.js';
import type { RecordOptions } from './options.js';
import type { Note } from './tallies.js';
import { compileValidation, type Validation, type ValidationRules } from './validate.js';

/** The entries of the rows that were read together. */
export interface EntryBatch {
  readonly entries: readonly Entry[];
  /** As the batch of rows has it. */
  readonly bytesRead: number;
  /** As the batch of rows has it; absent where `limit` cut the batch. */
  readonly next?: Batch['next'];
}

/** A file whose rows can be validated. */
export interface Readable {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly rules: ValidationRules;
  readonly note: Note;
}

/**
 * Gives the validation of a file, ever the same one until its columns grow (JSON): then fields that had none are
 * looked for again.
 */
export function validationOf({ table, options, rules, note }: Readable): () => Validation {
  let known = table.columns.length;
  let { mapping } = rules;
  let validation = compileValidation(rules);
  return () => {
    if (table.columns.length > known) {
      known = table.columns.length;
      mapping = mapFields(table, options, note, mapping);
      validation = compileValidation({ ...rules, mapping });
    }
    return validation;
  };
}

/** Validates batch by batch, every row by itself. */
export async function* validateRows(file: Readable): AsyncGenerator<EntryBatch> {
  const { table, options, rules } = file;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  const current = validationOf(file);
  try {
    if (left <= 0) return;
    for await (const { rows, bytesRead, next } of table.batches) {
      const { read, judge } = current();
      const entries: Entry[] = [];
      for (const row of rows) {
        const record = read(row);
        const entry = 'reading' in record ? judge(record) : record;
        if (entry === undefined) continue;
        entries.push(entry);
        left--;
        if (left <= 0) break;
      }
      yield left > 0 && next !== undefined ? { entries, bytesRead, next } : { entries, bytesRead };
      if (left <= 0) return;
    }
  } finally {
    rules.tally.tell();
  }
}
