// What was asked of a file and found in it, brought together to the rules by which its rows become calls.

import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { type Direction, typeMapOf } from './directions.js';
import type { FieldSource } from './field-sources.js';
import type { FileClock } from './file-clock.js';
import { createLinkReader, type LinkReader, proposeLink } from './links.js';
import type { Mapping } from './mapping.js';
import { internalOf, isRoundedColumn, type NumberRules, openCountry } from './phone-numbers.js';
import { cellReader } from './preset-reader.js';
import type { ContestedUuids, Note, RecordOptions } from './record-options.js';
import { findDirectionWords, type SideRules } from './sides.js';
import type { UuidBuilder } from './uuids.js';
import { createWarnings, type RecordPlace, type Warnings } from './warnings.js';

/** The rules by which the rows of a file become calls. */
export interface FileRules extends SideRules {
  readonly table: Table;
  readonly note: Note;
  readonly clock: FileClock;
  /** undefined: a row without a uuid is not valid. */
  readonly buildUuid: UuidBuilder | undefined;
  /** The uuid of a row whose call has this one, where every row is a call of its own; undefined: rows that share a uuid are one call. */
  readonly rowUuid: ((call: string, cells: readonly string[]) => string) | undefined;
  readonly contested: ContestedUuids;
  readonly readLink: LinkReader<RecordPlace>;
  readonly warnings: Warnings;
}

/** Brings together all that the rows of a file are read by. Throws a UserError for an unknown country. */
export async function createRules(
  table: Table,
  options: RecordOptions,
  { mapping, clock, note }: { readonly mapping: Mapping; readonly clock: FileClock; readonly note: Note },
): Promise<FileRules> {
  const isInternal = internalOf(options);
  const { allow = [], country, preset, uuidFrom, contested = new Map(), now } = options;
  const international = country === undefined ? undefined : await openCountry(country, isInternal);
  if (international instanceof Problem) throw new UserError(`--country ${international.text}`);
  const { parties, sources, sample, unused } = mapping;
  const numbers = (source: FieldSource): NumberRules => ({
    international,
    rounded: !allow.includes('numbers') && isRoundedColumn(sample.rows.map((cells) => source.read(cells))),
  });
  const sides = {
    mapping,
    options,
    caller: numbers(parties?.client ?? sources.caller),
    to: numbers(parties?.employee ?? sources.to),
    isInternal,
    typeMap: directionWords(options),
  };
  const link = proposeLink(table.columns, sample.rows, {
    folders: preset?.recordingFolders ?? '',
    base: options.recordingsUrl ?? 'https://pbx.example/rec/',
  });
  const warnings = createWarnings({ file: table.file, link }, note, now);
  return {
    ...sides,
    words: findDirectionWords(sides, allow.includes('columns') ? [] : unused, sample.rows),
    table,
    note,
    clock,
    buildUuid:
      uuidFrom === undefined && preset === undefined
        ? undefined
        : (await import('./uuids.js')).createUuidBuilder(),
    rowUuid: await rowUuids(table, options),
    contested,
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
async function rowUuids(table: Table, { preset, keepRows }: RecordOptions): Promise<FileRules['rowUuid']> {
  if (preset === undefined || keepRows !== true) return undefined;
  const { rowKey } = preset;
  const cellOf = cellReader(table.columns);
  const { hashParts } = await import('./uuids.js');
  return (call, cells) => `${call}-${hashParts(rowKey.map(cellOf(cells))).slice(0, 12)}`;
}
