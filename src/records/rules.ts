import type { CallField } from '../core/call.js';
import { Problem, UserError } from '../core/errors.js';
import type { Row, Table } from '../core/row.js';
import { openCountry } from './countries.js';
import type { Direction } from './directions.js';
import { internalOf } from './internal.js';
import { createLinkReader } from './links.js';
import type { Mapping } from './mapping.js';
import type { NumberRules } from './numbers.js';
import type { RecordOptions } from './options.js';
import { cellReader, extensionTest } from './preset-cells.js';
import type { RowRules } from './reading.js';
import { isRoundedColumn } from './rounding.js';
import { compileSource, type Source } from './sources.js';
import type { DateSurvey } from './survey.js';
import { createTally, type Note } from './tallies.js';
import { plainWord } from './text.js';
import type { ValidationRules } from './validate.js';

/** A file, with what was asked of it and where its fields come from. */
export interface Preparation {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly mapping: Mapping;
  readonly note: Note;
}

/** Brings together all that the validation of a file needs. Throws a UserError for an unknown country. */
export async function createRules(
  { table, options, mapping, note }: Preparation,
  { zone, orderPlan }: DateSurvey,
): Promise<ValidationRules> {
  const isInternal = internalOf(options);
  const international =
    options.country === undefined ? undefined : await openCountry(options.country, isInternal);
  if (international instanceof Problem) throw new UserError(`--country ${international.text}`);
  const numbers = (field: CallField): NumberRules => ({
    international,
    rounded: isRoundedColumn(sampleTexts(table.sample, mapping.sources[field])),
  });
  const tally = createTally(table.file, note);
  return {
    file: table.file,
    isCsv: table.format === 'csv',
    columns: table.columns,
    mapping,
    dates: { zone, order: orderPlan?.order, now: options.now },
    caller: numbers('caller'),
    to: numbers('to'),
    isInternal,
    typeMap: typeMapOf(options),
    account: options.accountId ?? (options.requireAccount ? undefined : ''),
    buildUuid:
      options.uuidFrom === undefined && options.preset === undefined
        ? undefined
        : (await import('./uuids.js')).createUuidBuilder(),
    rows: await rowRulesOf(table, options),
    since: options.since ?? Number.NEGATIVE_INFINITY,
    until: options.until ?? Number.POSITIVE_INFINITY,
    extensionFirst: options.inboundLayout === 'extension-first',
    dropRows: options.dropRows === true,
    links: createLinkReader(tally.add),
    tally,
  };
}

/** The words of the user beat those of a preset. */
function typeMapOf({ typeMap, preset }: RecordOptions): ReadonlyMap<string, Direction> | undefined {
  const words = [...Object.entries(preset?.typeMap ?? {}), ...(typeMap ?? [])];
  return words.length === 0 ? undefined : new Map(words.map(([word, type]) => [plainWord(word), type]));
}

async function rowRulesOf(table: Table, options: RecordOptions): Promise<RowRules | undefined> {
  const { preset, keepRows } = options;
  if (preset === undefined) return undefined;
  const { part, skip, row, loose } = preset;
  const cellOf = cellReader(table.columns, loose);
  const isExtension = extensionTest(internalOf(options));
  const { hashParts } = await import('./uuids.js');
  return {
    part: (cells) => (part === undefined ? 'talk' : part(cellOf(cells), isExtension)),
    skip: (cells) => skip?.(cellOf(cells), isExtension),
    rowUuid:
      keepRows === true
        ? (call, cells) => `${call}-${hashParts(row.map(cellOf(cells))).slice(0, 12)}`
        : undefined,
  };
}

function sampleTexts(sample: readonly Row[], source: Source): readonly string[] {
  const read = compileSource(source, false);
  return sample.filter((row) => row.problem === undefined).map((row) => read(row.cells, Number.NaN));
}
