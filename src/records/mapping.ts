// Finds the source of every field, or says which column is missing.

import {
  type CallField,
  type MappableField,
  type NoteField,
  type PartyField,
  partyFields,
} from '../core/call.js';
import { Problem, UserError } from '../core/errors.js';
import { isTabular, type Table } from '../core/row.js';
import { chooseColumn, columnOfDirections, hasColumn, isWholeLength } from './column-choice.js';
import { joinedDate } from './date-columns.js';
import { typeMapOf } from './directions.js';
import {
  columnSource,
  type FieldSource,
  filledSource,
  firstFilled,
  isTemplate,
  noSource,
  parseTemplate,
  partySource,
  plainSource,
  presetSource,
  type Search,
  type Sources,
  templateSource,
} from './field-sources.js';
import { canBe } from './field-values.js';
import {
  listColumns,
  missingFields,
  noColumn,
  noWayToTell,
  refuseListItem,
  refuseOneColumn,
} from './mapping-errors.js';
import { internalOf } from './phone-numbers.js';
import { openPreset, type PresetReader } from './preset-reader.js';
import { presetFields } from './presets/preset.js';
import type { Note, RecordOptions, UuidColumns } from './record-options.js';
import { resultColumn } from './result-column.js';
import { type RowCheck, rowCheck } from './row-check.js';
import { type Sample, type SampledColumn, sampleOf } from './sample.js';
import { answerToEnd, fromWholeLength, inForm, timeBetween, unlessMissed } from './talk-time.js';
import { columnsOfUuid, formerSource, keptColumns, type UuidPart, uuidPart } from './uuid-columns.js';

/** Who is who where the file names the client and the employee, whatever the direction is. */
export interface Parties extends Readonly<Record<PartyField, FieldSource>> {
  /** Who the employee is where the row does not say, as the caller of outbound calls and as the callee of inbound ones. */
  readonly fill: { readonly caller?: string; readonly to?: string };
}

/** Where the fields of the calls of a file come from. */
export interface Mapping {
  readonly sources: Sources;
  /** undefined: the file names caller and callee. */
  readonly parties: Parties | undefined;
  /** What only API v4 takes; `none` unless the user names it. */
  readonly noteSources: Readonly<Record<NoteField, FieldSource>>;
  /** The preset that was asked for, at work on the file. */
  readonly preset: PresetReader | undefined;
  /** The column that earlier versions of amocalls took the uuid from; absent where it is the same. */
  readonly formerUuid: FieldSource | undefined;
  /** What a row without a uuid gets one from; empty where neither --uuid-from nor a preset was given. */
  readonly uuidParts: readonly UuidPart[];
  /** What a later run is to take the uuids of this file from; absent where the user or a preset says it each time. */
  readonly uuidColumns: UuidColumns | undefined;
  /** The first rows of the file. */
  readonly sample: Sample;
  /** Columns that feed nothing. */
  readonly unused: readonly SampledColumn[];
  /** What a row may hold against itself; absent where a preset knows, or the user allows it. */
  readonly check: RowCheck | undefined;
}

/** Fields without which there is no call. */
const required: readonly CallField[] = ['uuid', 'caller', 'to', 'date', 'billsec'];
/** What a preset builds a uuid of where a row has none. */
const presetParts: readonly string[] = ['date', 'caller', 'to', 'billsec'];

/**
 * Finds for every field where its text comes from: --set, --map, a column of its name, an alias.
 * `before` keeps what was found while the columns of a JSON file grow. Throws one UserError for the file
 * where a named column or a required field is missing.
 */
export function mapFields(table: Table, options: RecordOptions, note: Note, before?: Mapping): Mapping {
  refuseTwice(options);
  const preset =
    before === undefined
      ? options.preset && openPreset(options.preset, table, internalOf(options))
      : before.preset;
  const sample = sampleOf(table);
  const search: Search = { table, options, sample, preset, note };
  const parties = before === undefined ? findParties(search) : before.parties;
  const find = (field: CallField): FieldSource => {
    const known = before?.sources[field];
    if (known !== undefined && known.kind !== 'none') return known;
    const isSideOfParty = parties !== undefined && (field === 'caller' || field === 'to');
    return isSideOfParty ? partySource(parties.client, parties.employee) : findSource(field, parties, search);
  };
  const sources: Sources = {
    uuid: find('uuid'),
    caller: find('caller'),
    to: find('to'),
    date: find('date'),
    type: find('type'),
    billsec: find('billsec'),
    link: find('link'),
    account_id: find('account_id'),
  };
  const noteSources = {
    call_status: namedSource('call_status', search) ?? noSource,
    call_result: namedSource('call_result', search) ?? noSource,
  };
  refuseListItem(required, sources, table);
  const missing = required.filter((field) => sources[field].kind === 'none');
  // An empty file has no columns, a JSON file without a readable record none yet.
  const isUnknown = table.columns.length === 0;
  if (missing.length > 0 && !isUnknown) throw missingFields(missing, table);
  const parts = options.uuidFrom ?? (options.preset === undefined ? [] : presetParts);
  const uuidParts = isUnknown ? [] : parts.map((name, at) => uuidPart(name, at, sources, search));
  if (parties !== undefined && sources.type.kind === 'derived') throw noWayToTell(parties, table);
  refuseOneColumn(sources, table);
  const asked = [
    ...Object.values(sources),
    ...Object.values(noteSources),
    ...uuidParts.map((one) => one.source),
  ];
  const used = new Set(asked.flatMap(({ columns }) => columns.map(({ index }) => index)));
  const isChecked = preset === undefined && options.allow?.includes('columns') !== true;
  return {
    sources,
    parties,
    noteSources,
    preset,
    formerUuid: formerSource(sources.uuid, sample),
    uuidParts,
    uuidColumns: isUnknown ? undefined : columnsOfUuid(sources.uuid, uuidParts, options),
    sample,
    unused: sample.columns.filter(({ index }) => !used.has(index)),
    check: isChecked ? rowCheck(sample.columns, sources) : undefined,
  };
}

/**
 * The columns of client and employee: where they are named, or where there are none of caller and callee and none are named.
 * Throws a UserError where one of the two is named and the other is not found.
 */
function findParties(search: Search): Parties | undefined {
  const { options, preset, sample, table } = search;
  const isAsked = [...options.map, ...options.set].some(({ field }) =>
    partyFields.some((one) => one === field),
  );
  if (!isAsked) {
    const hasSides = (['caller', 'to'] as const).every((field) => hasColumn(field, sample.columns));
    if (preset !== undefined || hasSides || options.map.some(({ field }) => isSide(field))) return undefined;
  }
  const [client, employee] = (['client', 'employee'] as const).map((field) => {
    const named = namedSource(field, search);
    return named === undefined || named.kind === 'none' ? recognisedSource(field, search) : named;
  });
  if (client !== undefined && employee !== undefined) {
    const fillOf = (side: MappableField) => options.set.find(({ field }) => field === side)?.value;
    const [caller, to] = [fillOf('caller'), fillOf('to')];
    const fill = { ...(caller === undefined ? {} : { caller }), ...(to === undefined ? {} : { to }) };
    return { client, employee, fill };
  }
  if (!isAsked || table.columns.length === 0) return undefined;
  const missing = client === undefined ? 'client' : 'employee';
  throw new UserError(`${table.file}: no column is known to hold the ${missing}`, {
    hint: `${listColumns(table)} Say which one it is: --map ${missing}=<column>`,
  });
}

/** Sides of a call whose empty cells --set fills; of all other fields it is the value of every record. */
const sides: readonly MappableField[] = ['caller', 'to', 'client', 'employee'];

function isSide(field: MappableField): boolean {
  return sides.includes(field);
}

/** The source that --set or --map names; undefined where neither does. */
function namedSource(field: MappableField, search: Search): FieldSource | undefined {
  const { options } = search;
  const constant = options.set.find((item) => item.field === field);
  const mapped = options.map.find((item) => item.field === field);
  const source = mapped && mappedSource(mapped, search);
  if (constant === undefined) return source;
  const isOpen = source === undefined || source.kind === 'none';
  const filled = isOpen && isSide(field) ? recognisedSource(field, search) : source;
  if (filled === undefined || filled.kind === 'none')
    return plainSource('constant', `always "${constant.value}"`, constant.value);
  return filledSource(filled, constant.value);
}

function findSource(field: CallField, parties: Parties | undefined, search: Search): FieldSource {
  const { options, sample } = search;
  const found = namedSource(field, search) ?? unnamedSource(field, search);
  if (field === 'billsec') return inForm(found, search);
  if (field !== 'type' || saysDirection(found, parties, options)) return found;
  return columnOfDirections(sample.columns, valueTest('type', options)) ?? found;
}

/** What feeds a field of which the user says nothing. */
function unnamedSource(field: CallField, search: Search): FieldSource {
  const { options, preset, table } = search;
  if (field === 'uuid' && options.uuidFrom !== undefined)
    return plainSource('built', `a hash of ${options.uuidFrom.join(', ')}`);
  const own = presetFields.find((known) => known === field);
  if (preset !== undefined && own !== undefined) return presetSource(preset, own);
  // A provider's own column of that name must not choose whose account is written to.
  if (field === 'account_id' && !speaksOfUs(table)) return fallback(field, options);
  const isKept = field === 'uuid' && options.uuidColumns?.from.length === 0;
  const kept = isKept ? keptColumns(0, search) : undefined;
  return kept ?? recognisedSource(field, search) ?? fallback(field, options);
}

function fallback(field: MappableField, { accountId }: RecordOptions): FieldSource {
  if (field === 'type') return plainSource('derived', 'by which side is an extension');
  if (field !== 'account_id' || accountId === undefined) return noSource;
  return plainSource('given', `${accountId}, from the settings`);
}

/** Whether the direction need not be looked for elsewhere: it is not named beside client and employee, or its column has no word for it. */
function saysDirection(found: FieldSource, parties: Parties | undefined, options: RecordOptions): boolean {
  if (found.kind === 'derived') return parties === undefined;
  const { column, by } = found;
  return column === undefined || by === 'map' || column.texts.some(valueTest('type', options));
}

/** Whether a file has the API's own names, so that its account is one of amoCRM. */
function speaksOfUs({ columns }: Table): boolean {
  return required.every((field) => columns.some((name) => name.trim().toLowerCase() === field));
}

function mappedSource({ field, source }: RecordOptions['map'][number], search: Search): FieldSource {
  const { sample, table, options } = search;
  if (source === '') return fallback(field, options);
  const column = sample.find(source);
  if (column !== undefined) {
    const result =
      field === 'billsec' && isWholeLength(column.name) ? resultColumn(sample.columns) : undefined;
    return result === undefined ? columnSource(column, 'map') : unlessMissed(column, result);
  }
  const [from, to] = source.split('..').map((name) => sample.find(name.trim()));
  if (field === 'billsec' && from !== undefined && to !== undefined) return timeBetween(from, to);
  // `extension,phone`: where all of them are there.
  const names = source.split(',').map((name) => name.trim());
  const several = sample.findAll(names);
  if (names.length > 1 && several.length === names.length) return { ...firstFilled(several), by: 'map' };
  if (isTemplate(source)) return { ...mappedTemplate({ field, source }, search), by: 'map' };
  // A key that is seldom there may turn up after the first thousand records.
  if (!isTabular(table.format) && !required.some((one) => one === field)) return noSource;
  throw noColumn(`--map ${field}=${source}`, source, table);
}

function mappedTemplate(
  { field, source }: RecordOptions['map'][number],
  { sample, table }: Search,
): FieldSource {
  const flag = `--map ${field}=${source}`;
  const pieces = parseTemplate(source);
  if (pieces instanceof Problem) throw new UserError(`${flag}: ${pieces.text}`);
  const found = new Map<string, SampledColumn>();
  for (const piece of pieces) {
    if (piece.kind === 'date' && field !== 'link')
      throw new UserError(`${flag}: only the link can hold parts of the date`);
    if (piece.kind !== 'column') continue;
    const column = sample.find(piece.column);
    if (column === undefined) throw noColumn(flag, piece.column, table);
    found.set(piece.column, column);
  }
  return templateSource(source, pieces, found, field === 'link');
}

function recognisedSource(field: MappableField, search: Search): FieldSource | undefined {
  if (field === 'call_status' || field === 'call_result') return undefined;
  const { sample, table, note, options } = search;
  const { columns } = sample;
  const chosen = chooseColumn(field, columns, valueTest(field, options));
  const timed = field === 'billsec' ? answerToEnd(chosen, columns) : undefined;
  if (timed !== undefined || chosen === undefined) return timed;
  const { column, by, others, grade } = chosen;
  const whole = field === 'date' ? joinedDate(column, search) : undefined;
  if (whole !== undefined) return whole;
  if (others.length > 0)
    note(
      `${table.file}: ${field} is read from "${column.name}"; ${others.map(({ name }) => `"${name}"`).join(', ')} would fit too`,
      `To choose another one: --map ${field}=<column>`,
    );
  const source = columnSource(column, by);
  return field === 'billsec' && grade === 'perhaps' ? fromWholeLength(source, column, search) : source;
}

function valueTest(field: MappableField, { typeMap }: RecordOptions): (text: string) => boolean {
  const words = typeMapOf(typeMap ?? []);
  return (text) => canBe(field, text, words);
}

function refuseTwice({ map, set }: RecordOptions): void {
  const mapped = map.map(({ field }) => field);
  const given = set.map(({ field }) => field);
  const isAgain = (field: MappableField, at: number, all: readonly MappableField[]) =>
    all.indexOf(field) !== at;
  const twice =
    mapped.find(isAgain) ??
    given.find(isAgain) ??
    given.find((field) => mapped.includes(field) && !isSide(field));
  if (twice === undefined) return;
  throw new UserError(`--map, --set: ${twice} is given more than once`, {
    hint: 'Leave all but one out.',
  });
}
