// Decides how a file is read and gives its records.

import { type CallField, callFields } from '../core/call.js';
import type { Contradiction } from '../core/contradiction.js';
import { UserError } from '../core/errors.js';
import type { Batch, Row, Table } from '../core/row.js';
import { CallEntries, isGrouped } from './call-entries.js';
import { ContradictedFile } from './contradictions.js';
import type { OrderPlan } from './date-order.js';
import { type EntryBatch, readEntries, rowEntries } from './entry-batches.js';
import { refuseExchanged } from './exchanged-columns.js';
import type { FieldSource } from './field-sources.js';
import { createRules, type FileRules } from './file-rules.js';
import { type Mapping, mapFields } from './mapping.js';
import { refuseEvents, refuseLegs } from './partial-calls.js';
import type { Note, RecordOptions, UuidColumns } from './record-options.js';
import { UuidWatch } from './repeated-uuids.js';
import { Validator } from './validate.js';
import type { ZoneFinding } from './zone-evidence.js';
import { decideClock, type ZonePlan } from './zone-inference.js';

/** What was decided for a file before its first row is validated. */
export interface Plan {
  readonly fields: readonly { readonly field: CallField; readonly source: FieldSource }[];
  /** Columns that feed nothing. */
  readonly ignored: readonly string[];
  readonly zone: ZonePlan;
  /** Absent where no date of the file asks for it. */
  readonly dateOrder?: OrderPlan;
  /** What in the file contradicts what was asked for; only where it may be assumed otherwise. */
  readonly contradictions: readonly Contradiction[];
}

/** The records of a file: what was decided, and the entries as a stream that can be read once. */
export interface Records {
  readonly plan: Plan;
  readonly batches: AsyncIterable<EntryBatch>;
  /** What the ids of the file have said of its clock so far. */
  readonly finding: () => ZoneFinding;
  /** What later runs are to take the uuids of this file from; absent where they are told each time. */
  readonly uuidColumns: UuidColumns | undefined;
  /** To look for uuids with several contents; absent where rows of one uuid are one call, or the file cannot be read twice. */
  readonly uuids?: Validator | undefined;
}

/**
 * Decides how the rows of a table are read, and gives its records. Throws a UserError where the file as a whole cannot be read:
 * a column, a zone, an order of dates or an account that is missing. A bad row never throws: it is an invalid entry.
 */
export async function readRecords(opened: Table, options: RecordOptions, note: Note): Promise<Records> {
  const mapping = await mapFile(opened, options, note);
  if (options.requireAccount && mapping.sources.account_id.kind === 'none' && opened.columns.length > 0) {
    throw new UserError(`${opened.file}: its calls have no account`, {
      hint: 'Give --account-id, or name the column that holds it: --map account_id=<column>',
    });
  }
  const { table, unread } = options.isEntered === true ? await lookAhead(opened) : { table: opened };
  const { sources, uuidColumns } = mapping;
  const { zone, order, clock, finding } = await decideClock(table, options, { mapping, unread });
  const { contradiction } = zone;
  if (contradiction !== undefined && options.assume === undefined)
    throw new ContradictedFile(table.file, contradiction, { finding });
  const rules = await createRules(table, options, { mapping, clock, note });
  if (options.allow?.includes('columns') !== true) refuseExchanged(rules);
  const validator = new Validator(rules, finding);
  const isWatched = hasOwnUuids(rules) && isReadOnce(rules);
  const watch = isWatched ? new UuidWatch(options, rules.contested) : undefined;
  return {
    plan: {
      fields: callFields.map((field) => ({ field, source: sources[field] })),
      ignored: mapping.unused.map(({ name }) => name),
      zone,
      ...(order === undefined ? {} : { dateOrder: order }),
      contradictions: contradiction === undefined ? [] : [contradiction],
    },
    batches: readEntries(
      validator,
      isGrouped(rules) ? new CallEntries(validator) : rowEntries(validator, watch),
    ),
    finding: () => validator.finding,
    uuidColumns,
    uuids: hasOwnUuids(rules) && !isWatched ? new Validator(rules, finding) : undefined,
  };
}

/** Whether every row has the uuid of a call of its own. */
function hasOwnUuids(rules: FileRules): boolean {
  const { kind } = rules.mapping.sources.uuid;
  const isRead = kind !== 'built' && kind !== 'constant' && kind !== 'none';
  return isRead && !isGrouped(rules) && rules.options.allow?.includes('uuid') !== true;
}

/** Whether the input cannot be looked through before, or is too large for that where only its end is new. */
function isReadOnce({ table, options }: FileRules): boolean {
  return table.rescan === undefined || options.isGrowing === true;
}

/** The table, and the first rows that come of it: where earlier runs have read the rows before, these are what this one sends. */
async function lookAhead(table: Table): Promise<{ readonly table: Table; readonly unread?: readonly Row[] }> {
  const batches = table.batches[Symbol.asyncIterator]();
  const first = await batches.next();
  async function* all(): AsyncGenerator<Batch> {
    if (first.done === true) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => batches };
  }
  const unread = first.done === true ? [] : first.value.rows;
  return { table: { ...table, batches: all() }, unread };
}

/** Where the columns of a file are not what is needed, its phone system may be known all the same. */
async function mapFile(table: Table, options: RecordOptions, note: Note): Promise<Mapping> {
  const { preset, map, uuidFrom, allow } = options;
  const { presetAdvice, refuseWithoutPreset, requireColumns } = await import('./preset-recognition.js');
  if (preset !== undefined) {
    requireColumns(table, preset);
    return mapFields(table, options, note);
  }
  const isPlain = options.noPreset === true || options.keepRows === true;
  if (!isPlain) {
    refuseWithoutPreset(table, map.length > 0 || uuidFrom !== undefined);
    refuseEvents(table);
  }
  try {
    const mapping = mapFields(table, options, note);
    const { uuid } = mapping.sources;
    if (!isPlain && uuid.by !== 'map' && allow?.includes('uuid') !== true)
      refuseLegs(table, uuid, mapping.sample);
    return mapping;
  } catch (error) {
    const hint = error instanceof UserError ? presetAdvice(table) : undefined;
    if (!(error instanceof UserError) || hint === undefined) throw error;
    throw new UserError(error.message, { hint, cause: error });
  }
}
