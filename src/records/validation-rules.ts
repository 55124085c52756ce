// What was asked of a file and found in it, brought together to the rules by which its rows become entries.

import { Problem, UserError } from '../core/errors.js';
import { isTabular, type Table } from '../core/row.js';
import { type Direction, typeMapOf } from './directions.js';
import type { FieldSource } from './field-sources.js';
import type { FileClock } from './file-clock.js';
import { createLinkReader, proposeLink } from './links.js';
import type { Mapping } from './mapping.js';
import { internalOf, isRoundedColumn, type NumberRules, openCountry } from './phone-numbers.js';
import { cellReader } from './preset-reader.js';
import type { Note, RecordOptions } from './record-options.js';
import { steadyWidth } from './row-shape.js';
import type { RowUuid } from './row-values.js';
import { findDirectionWords } from './sides.js';
import type { ValidationRules } from './validate.js';
import { createWarnings } from './warnings.js';

/** A file, with what was asked of it and where its fields come from. */
export interface MappedFile {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly mapping: Mapping;
  readonly note: Note;
}

/** Brings together all that the validation of a file needs. Throws a UserError for an unknown country. */
export async function createRules(
  { table, options, mapping, note }: MappedFile,
  clock: FileClock,
): Promise<ValidationRules> {
  const isInternal = internalOf(options);
  const international =
    options.country === undefined ? undefined : await openCountry(options.country, isInternal);
  if (international instanceof Problem) throw new UserError(`--country ${international.text}`);
  const { allow = [] } = options;
  const { rows } = mapping.sample;
  const numbers = (source: FieldSource): NumberRules => ({
    international,
    rounded: !allow.includes('numbers') && isRoundedColumn(rows.map((cells) => source.read(cells))),
  });
  const link = proposeLink(table.columns, rows, {
    folders: options.preset?.recordingFolders ?? '',
    base: options.recordingsUrl ?? 'https://pbx.example/rec/',
  });
  const warnings = createWarnings({ file: table.file, link }, note, options.now);
  const sides = {
    mapping,
    caller: numbers(mapping.parties?.client ?? mapping.sources.caller),
    to: numbers(mapping.parties?.employee ?? mapping.sources.to),
    isInternal,
    typeMap: directionWords(options),
    extensionFirst: options.inboundLayout === 'extension-first',
    allowsDirection: allow.includes('direction'),
  };
  const words = findDirectionWords(sides, allow.includes('columns') ? [] : mapping.unused, rows);
  return {
    file: table.file,
    clock,
    now: options.now,
    isTabular: isTabular(table.format),
    columns: table.columns,
    steady: allow.includes('cells') ? undefined : steadyWidth(table),
    ...sides,
    words,
    account: options.accountId ?? (options.requireAccount ? undefined : ''),
    buildUuid:
      options.uuidFrom === undefined && options.preset === undefined
        ? undefined
        : (await import('./uuids.js')).createUuidBuilder(),
    rowUuid: await rowUuids(table, options),
    since: options.since ?? Number.NEGATIVE_INFINITY,
    until: options.until ?? Number.POSITIVE_INFINITY,
    dropRows: options.dropRows === true,
    contested: options.contested ?? new Map(),
    readLink: createLinkReader(warnings.count),
    warnings,
  };
}

/** The words of the user beat those of a preset. */
function directionWords({ typeMap, preset }: RecordOptions): ReadonlyMap<string, Direction> | undefined {
  const words = [...Object.entries(preset?.typeMap ?? {}), ...(typeMap ?? [])];
  return words.length === 0 ? undefined : typeMapOf(words);
}

/** With --keep-rows, the columns that tell the rows of a call apart make their uuids. */
async function rowUuids(table: Table, { preset, keepRows }: RecordOptions): Promise<RowUuid | undefined> {
  if (preset === undefined || keepRows !== true) return undefined;
  const { rowKey } = preset;
  const cellOf = cellReader(table.columns);
  const { hashParts } = await import('./uuids.js');
  return (call, cells) => `${call}-${hashParts(rowKey.map(cellOf(cells))).slice(0, 12)}`;
}
