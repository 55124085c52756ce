// How a file is to be read; the rules made of it, compiled to its validator.

import type { ContradictionKind } from '../core/contradiction.js';
import { Problem, UserError } from '../core/errors.js';
import type { Entry, Origin } from '../core/outcome.js';
import {
  type FileRange,
  isTabular,
  type ReadDemand,
  type Row,
  readableCells,
  type Table,
} from '../core/row.js';
import { cellText, plainName } from './cell-text.js';
import { areMostly } from './column-choice.js';
import type { DateSettings } from './date-inference.js';
import type { DateOrder } from './date-text.js';
import { type Direction, typeMapOf } from './directions.js';
import { compileSource, type FieldSource } from './field-sources.js';
import { createLinkReader, proposeLink } from './links.js';
import { type Mapping, type MappingOptions, mapFields } from './mapping.js';
import { internalOf, isRoundedColumn, type NumberRules, openCountry } from './phone-numbers.js';
import { cellReader } from './preset-reader.js';
import type { ContestedUuids } from './repeated-uuids.js';
import { type SteadyWidth, shapeOf } from './row-shape.js';
import type { RowUuid } from './row-values.js';
import { type DirectionColumn, findDirectionWords } from './sides.js';
import { compileValidator, type RecordValidator, type ValidationRules } from './validate.js';
import { createWarnings, type Note } from './warnings.js';
import type { ZoneFinding } from './zone-evidence.js';

/** How the rows of a file are to be read; `parseBound` of dates.ts reads the bounds from texts. */
export interface RecordOptions extends MappingOptions {
  /** Whether a file whose rows name no account is refused where no `accountId` is given. */
  readonly requireAccount: boolean;
  /** IANA name, offset, or `ids`, for times without a zone. */
  readonly timezone?: string | undefined;
  /** ISO 3166 code: national numbers of this country become international. */
  readonly country?: string | undefined;
  /** The user said that the file is to be read without a preset, whatever it looks like. */
  readonly noPreset?: boolean | undefined;
  /** Address under which recordings are served. */
  readonly recordingsUrl?: string | undefined;
  /** Every row is a call of its own: a preset merges none. */
  readonly keepRows?: boolean | undefined;
  readonly dateOrder?: DateOrder | undefined;
  /**
   * Where zone or order of dates are not given and not certain, or contradicted, go on with a guess that the plan names: for
   * `check` alone. Gives the zone of this machine.
   */
  readonly assume?: { readonly machineZone: () => string } | undefined;
  /** What is read as it stands although something in the file contradicts it. */
  readonly allow?: readonly ContradictionKind[] | undefined;
  /** The file grows, and nobody looks: a call that is written again is a change of it. */
  readonly isGrowing?: boolean | undefined;
  /** Calls of the input that share their uuid and differ: filled before the first row is read. */
  readonly contested?: ContestedUuids | undefined;
  /** The file is followed: its reader waits where too many calls may still get rows, and none is put off. */
  readonly isFollowed?: boolean | undefined;
  /** What earlier runs found out about the clock of this file. */
  readonly finding?: ZoneFinding | undefined;
  readonly inboundLayout: 'natural' | 'extension-first';
  /** Unix seconds; both bounds belong to the span. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Nobody asks for the raw rows of the records (no `--rejects`): their origins do without, which halves what a run holds. */
  readonly dropRows?: boolean | undefined;
  /** Reading stops after so many records. */
  readonly limit?: number | undefined;
  /** Whether earlier runs may have read rows before the first ones, and sent the calls that they made. */
  readonly isEntered?: boolean;
  /** A call that a preset makes of rows is complete so many seconds after its last sign; 0: at once. Left out: 120. */
  readonly settle?: number | undefined;
  /** The clock, in unix seconds: how old calls are, and which dates lie in the future. */
  readonly now: () => number;
}

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
  readonly places?: ReadonlyMap<Origin, readonly RowRef[]>;
  /** As the batch of rows has it. */
  readonly caughtUp?: boolean;
  /** What is asked of the reader of a file that grows; absent where nothing is. */
  readonly demand?: ReadDemand;
}

/** A file whose rows can be validated. */
export interface FileToRead {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly rules: ValidationRules;
  readonly note: Note;
}

/**
 * Makes what gives the validator for each batch of a file: the same one until its columns grow (JSON); then fields that had
 * none are looked for again.
 */
export function validatorOf({ table, options, rules, note }: FileToRead): () => RecordValidator {
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

/** A file, with what was asked of it and where its fields come from. */
interface Preparation {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly mapping: Mapping;
  readonly note: Note;
}

/** Brings together all that the validation of a file needs. Throws a UserError for an unknown country. */
export async function createRules(
  { table, options, mapping, note }: Preparation,
  { zone: { zone, byIds, readEpoch, finding }, order }: DateSettings,
): Promise<ValidationRules> {
  const isInternal = internalOf(options);
  const international =
    options.country === undefined ? undefined : await openCountry(options.country, isInternal);
  if (international instanceof Problem) throw new UserError(`--country ${international.text}`);
  const { allow = [] } = options;
  const numbers = (source: FieldSource): NumberRules => ({
    international,
    rounded: !allow.includes('numbers') && isRoundedColumn(sampleTexts(table.sample, source)),
  });
  const link = proposeLink(table.columns, readableCells(table.sample), {
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
  const unused = allow.includes('columns') ? [] : columnsPassedOver(table, mapping, options);
  const words = findDirectionWords(sides, unused, readableCells(table.sample));
  return {
    file: table.file,
    clock: {
      zone,
      byIds,
      readEpoch,
      finding,
      order: order?.order,
      now: options.now,
      readDate: compileSource(mapping.sources.date),
    },
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

/** So many rows are enough to see that short ones are rare, and so rare they are then. */
const rarely = { rows: 20, short: 0.05 };

/** The cells that all rows of a table have; undefined where a row may have fewer or more of them that are empty. */
function steadyWidth({ columns, headerLine, sample, format }: Table): SteadyWidth | undefined {
  if (!isTabular(format) || headerLine === undefined) return undefined;
  const width = columns.findLastIndex((name) => name !== '') + 1;
  const rows = readableCells(sample);
  const full = rows.filter((cells) => cells.length >= width);
  const lasts = full.map((cells) => cellText(cells[width - 1]));
  const isRare = rows.length >= rarely.rows && full.length >= rows.length * (1 - rarely.short);
  const mayHaveMore = !areMostly(rows, (cells) => cells.length <= width);
  const shapes = new Set(lasts.map(shapeOf));
  const [shape = ''] = shapes;
  return {
    least: width,
    // Rows that end with empty cells have not lost them; where hardly any row is short, it has lost one.
    isComplete: lasts.includes('') || isRare,
    lastShape: shapes.size === 1 && shape !== '' ? shape : undefined,
    most: mayHaveMore ? Number.POSITIVE_INFINITY : width,
  };
}

/** The columns that feed nothing, but for those that a preset passes over on purpose. */
function columnsPassedOver(
  { columns }: Table,
  { ignored }: Mapping,
  { preset }: RecordOptions,
): readonly DirectionColumn[] {
  const onPurpose = new Set((preset?.passesOver ?? []).map(plainName));
  return columns
    .map((name, index) => ({ name, index }))
    .filter(({ name }) => ignored.includes(name) && !onPurpose.has(plainName(name)));
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

function sampleTexts(sample: readonly Row[], source: FieldSource): readonly string[] {
  const read = compileSource(source);
  return readableCells(sample).map((cells) => read(cells));
}
