// Finds the source of every field, or says which column is missing.

import {
  type CallField,
  callFields,
  type MappableField,
  type NoteField,
  type PartyField,
  partyFields,
} from '../core/call.js';
import { Problem, UserError } from '../core/errors.js';
import { isTabular, readableCells, type Table } from '../core/row.js';
import { plainName, quote } from './cell-text.js';
import {
  chooseColumn,
  clockFor,
  formerUuidColumn,
  hasColumn,
  isOfDays,
  isWholeLength,
  unusedClock,
  zoneFor,
} from './column-choice.js';
import { columnOfDirections } from './direction-columns.js';
import { typeMapOf } from './directions.js';
import { formOf, inSeconds, OpenDurations } from './durations.js';
import {
  columnSource,
  compileCells,
  compileSource,
  describeFieldSource,
  type FieldSource,
  firstFilled,
  indexesOf,
  isTemplate,
  parseTemplate,
  type Sources,
  templateSource,
} from './field-sources.js';
import { canBe } from './field-values.js';
import { aliases, type ColumnIndex, indexColumns, knownNames, unitOfName } from './header-names.js';
import {
  listColumns,
  missingFields,
  noColumn,
  noTimeOfDay,
  noWayToTell,
  openDurations,
  refuseOneColumn,
} from './mapping-errors.js';
import { internalOf } from './phone-numbers.js';
import { openPreset, type PresetReader } from './preset-reader.js';
import { presetFields } from './presets/preset.js';
import type { Note, RecordOptions, UuidColumns } from './record-options.js';
import { isRoundedUp, type RowCheck, rowCheck } from './row-check.js';
import { type SampledColumn, sampledColumns } from './sampled-columns.js';
import { answerToEnd, resultColumn, timeBetween, unlessMissed, wholeTimes } from './talk-time.js';

/** A part of a built uuid: a column, or what feeds a field. */
export interface UuidPart {
  /** Absent for a column that was named. */
  readonly field?: CallField;
  readonly source: FieldSource;
  /** Its texts in a row. */
  readonly texts: ReturnType<typeof compileCells>;
}

/** Who is who where the file names the client and the employee, whatever the direction is. */
export interface Parties extends Readonly<Record<PartyField, FieldSource>> {
  /** Who the employee is where the row does not say, as the caller of outbound calls and as the callee of inbound ones. */
  readonly fill: { readonly caller?: string; readonly to?: string };
}

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
  /** Columns that nobody asked for. */
  readonly ignored: readonly string[];
  /** What a row may hold against itself; absent where a preset knows, or the user allows it. */
  readonly check: RowCheck | undefined;
}

/** What is at hand while the sources of a file are looked for. */
interface Search {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly columns: ColumnIndex;
  readonly sampled: readonly SampledColumn[];
  readonly preset: PresetReader | undefined;
  readonly note: Note;
}

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
  const columns = indexColumns(table.columns);
  const search: Search = { table, options, columns, sampled: sampledColumns(table), preset, note };
  const parties = before === undefined ? findParties(search) : before.parties;
  const find = (field: CallField): FieldSource => {
    if (parties !== undefined && (field === 'caller' || field === 'to')) {
      const { client, employee } = parties;
      return { kind: 'party', client, employee };
    }
    const known = before?.sources[field];
    if (known !== undefined && known.kind !== 'none') return known;
    const found = findSource(field, search);
    return field === 'type' && isNoDirection(found, parties, search)
      ? (columnOfDirections(search.sampled, valueTest('type', options)) ?? found)
      : found;
  };
  const sources: Sources = {
    uuid: find('uuid'),
    caller: find('caller'),
    to: find('to'),
    date: find('date'),
    type: find('type'),
    billsec: inForm(find('billsec'), search),
    link: find('link'),
    account_id: find('account_id'),
  };
  const noteSources = {
    call_status: findNamed('call_status', search),
    call_result: findNamed('call_result', search),
  };
  const missing = required.filter((field) => sources[field].kind === 'none');
  // An empty file has no columns, a JSON file without a readable record none yet.
  const isUnknown = table.columns.length === 0;
  if (missing.length > 0 && !isUnknown) throw missingFields(missing, table);
  const parts = options.uuidFrom ?? (options.preset === undefined ? [] : presetParts);
  const uuidParts = isUnknown ? [] : parts.map((name, at) => uuidPart(name, at, sources, search));
  if (parties !== undefined && sources.type.kind === 'derived') throw noWayToTell(parties, table);
  refuseOneColumn(sources, table);
  refuseFirstOfMany(sources, table);
  const ofUuid = uuidParts.map(({ source }) => source);
  const asked = [...Object.values(sources), ...Object.values(noteSources), ...ofUuid];
  const used = new Set(asked.flatMap(indexesOf));
  const ignored = table.columns.filter((_, index) => !used.has(index));
  const uuidColumns = isUnknown ? undefined : columnsOfUuid(sources.uuid, uuidParts, search);
  const formerUuid = formerSource(sources.uuid, search);
  const isChecked = preset === undefined && options.allow?.includes('columns') !== true;
  const check = isChecked ? rowCheck(search.sampled, sources) : undefined;
  return { sources, parties, noteSources, preset, formerUuid, uuidParts, uuidColumns, ignored, check };
}

/**
 * The columns of client and employee: where they are named, or where there are none of caller and callee and none are named.
 * Throws a UserError where one of the two is named and the other is not found.
 */
function findParties(search: Search): Parties | undefined {
  const { options, preset, sampled, table } = search;
  const isNamed = (field: MappableField) =>
    [...options.map, ...options.set].some((one) => one.field === field);
  const isAsked = partyFields.some(isNamed);
  if (!isAsked) {
    const hasSides = (['caller', 'to'] as const).every((field) => hasColumn(field, sampled));
    if (preset !== undefined || hasSides || options.map.some(({ field }) => isSide(field))) return undefined;
  }
  const client = partySource('client', search);
  const employee = partySource('employee', search);
  if (client.kind !== 'none' && employee.kind !== 'none') {
    const fillOf = (side: MappableField) => options.set.find(({ field }) => field === side)?.value;
    const [caller, to] = [fillOf('caller'), fillOf('to')];
    const fill = { ...(caller === undefined ? {} : { caller }), ...(to === undefined ? {} : { to }) };
    return { client, employee, fill };
  }
  if (!isAsked || table.columns.length === 0) return undefined;
  const missing = client.kind === 'none' ? 'client' : 'employee';
  throw new UserError(`${table.file}: no column is known to hold the ${missing}`, {
    hint: `${listColumns(table)} Say which one it is: --map ${missing}=<column>`,
  });
}

function partySource(field: PartyField, search: Search): FieldSource {
  const named = findNamed(field, search);
  return named.kind === 'none' ? (recognisedSource(field, search) ?? named) : named;
}

/** Sides of a call whose empty cells --set fills; of all other fields it is the value of every record. */
const sides: readonly MappableField[] = ['caller', 'to', 'client', 'employee'];

function isSide(field: MappableField): boolean {
  return sides.includes(field);
}

/** Whether the direction has to be looked for elsewhere: it is not named beside client and employee, or its column has no word for it. */
function isNoDirection(
  found: FieldSource,
  parties: Parties | undefined,
  { sampled, options }: Search,
): boolean {
  if (found.kind === 'derived') return parties !== undefined;
  if (found.kind !== 'column' || found.by === 'map') return false;
  return sampled[found.index]?.texts.some(valueTest('type', options)) !== true;
}

/** The source that --set or --map names; `none` where neither does. */
function findNamed(field: MappableField, search: Search): FieldSource {
  const { options } = search;
  const constant = options.set.find((item) => item.field === field);
  const mapped = options.map.find((item) => item.field === field);
  const source: FieldSource = mapped === undefined ? { kind: 'none' } : mappedSource(mapped, search);
  if (constant === undefined) return source;
  const filled = isSide(field) && source.kind === 'none' ? recognisedSource(field, search) : source;
  if (filled === undefined || filled.kind === 'none') return { kind: 'constant', value: constant.value };
  return { kind: 'filled', source: filled, value: constant.value };
}

function findSource(field: CallField, search: Search): FieldSource {
  const { options, preset } = search;
  if ([...options.set, ...options.map].some((item) => item.field === field)) return findNamed(field, search);
  if (field === 'uuid' && options.uuidFrom !== undefined) return { kind: 'built', from: options.uuidFrom };
  const own = presetFields.find((known) => known === field);
  if (preset !== undefined && own !== undefined) return { kind: 'preset', field: own, preset };
  // A provider's own column of that name must not choose whose account is written to.
  if (field === 'account_id' && !speaksOfUs(search.columns)) return fallback(field, options);
  const before = field === 'uuid' && options.uuidColumns?.from.length === 0 && keptColumns(0, search);
  return before || (recognisedSource(field, search) ?? fallback(field, options));
}

/** The columns of a part of the uuid as an earlier run knew them; undefined where the file has not all of them. */
function keptColumns(part: number, { columns, options }: Search): FieldSource | undefined {
  const names = options.uuidColumns?.columns[part] ?? [];
  const indexes = names.map((name) => columns.names.indexOf(name));
  const [column, index] = [names[0], indexes[0]];
  if (column === undefined || index === undefined || indexes.includes(-1)) return undefined;
  if (names.length === 1) return columnSource({ name: column, index }, 'name');
  return firstFilled(new Map(names.map((name, at) => [name, indexes[at] ?? -1])));
}

/** What earlier versions took the uuid from, where nobody named a column. */
function formerSource(uuid: FieldSource, { sampled }: Search): FieldSource | undefined {
  if (uuid.kind !== 'column' || uuid.by === 'map') return undefined;
  const former = formerUuidColumn(sampled);
  return former === undefined || former.index === uuid.index ? undefined : columnSource(former, 'name');
}

/** What is to be remembered of the uuids of a file: nothing where they are the user's own words, or a preset's. */
function columnsOfUuid(
  uuid: FieldSource,
  parts: readonly UuidPart[],
  { columns: { names }, options }: Search,
): UuidColumns | undefined {
  const namesOf = (source: FieldSource) => indexesOf(source).map((index) => names[index] ?? '');
  if (uuid.kind === 'column' && uuid.by !== 'map') return { from: [], columns: [namesOf(uuid)] };
  if (uuid.kind !== 'built' || options.preset !== undefined) return undefined;
  return { from: uuid.from, columns: parts.map(({ source }) => namesOf(source)) };
}

/** Whether a file has the API's own names, so that its account is one of amoCRM. */
function speaksOfUs({ names }: ColumnIndex): boolean {
  return required.every((field) => names.some((name) => name.trim().toLowerCase() === field));
}

function mappedSource({ field, source }: RecordOptions['map'][number], search: Search): FieldSource {
  const { columns, sampled, table, options } = search;
  if (source === '') return fallback(field, options);
  const columnOf = (name: string) => sampled[columns.find(name) ?? -1];
  const column = columnOf(source);
  if (column !== undefined) {
    refuseOneOfMany(field, column.name, table);
    const result = field === 'billsec' && isWholeLength(column.name) ? resultColumn(sampled) : undefined;
    return result === undefined ? columnSource(column, 'map') : unlessMissed(column, result);
  }
  const [from, to] = source.split('..').map((name) => columnOf(name.trim()));
  if (field === 'billsec' && from !== undefined && to !== undefined) return timeBetween(from, to);
  // `extension,phone`: where all of them are there.
  const names = source.split(',').map((name) => name.trim());
  const several = columns.positionsOf(names);
  if (names.length > 1 && several.size === names.length) return firstFilled(several);
  if (!isTemplate(source)) {
    // A key that is seldom there may turn up after the first thousand records.
    if (!isTabular(table.format) && !required.some((one) => one === field)) return { kind: 'none' };
    throw noColumn(`--map ${field}=${source}`, source, table);
  }
  const pieces = parseTemplate(source);
  if (pieces instanceof Problem) throw new UserError(`--map ${field}=${source}: ${pieces.text}`);
  const found = new Map<string, number>();
  for (const piece of pieces) {
    if (piece.kind === 'date' && field !== 'link') {
      throw new UserError(`--map ${field}=${source}: only the link can hold parts of the date`);
    }
    if (piece.kind !== 'column') continue;
    const at = columns.find(piece.column);
    if (at === undefined) throw noColumn(`--map ${field}=${source}`, piece.column, table);
    found.set(piece.column, at);
  }
  return templateSource(source, pieces, found, field === 'link');
}

function recognisedSource(field: MappableField, search: Search): FieldSource | undefined {
  if (field === 'call_status' || field === 'call_result') return undefined;
  const { sampled, table, note, options } = search;
  const chosen = chooseColumn(field, sampled, valueTest(field, options));
  const talk = field === 'billsec' ? answerToEnd(sampled) : undefined;
  if (chosen === undefined) return talk;
  if (talk !== undefined && (chosen.grade !== 'sure' || isRoundedUp(chosen.column, talk))) return talk;
  const { column, by, others } = chosen;
  if (field === 'date') {
    const parts = partsOfDate(column, sampled);
    if (parts.length > 1) return joined(parts);
    const clock = isOfDays(column) ? unusedClock(sampled) : undefined;
    if (clock !== undefined && clock !== column) throw noTimeOfDay(table, column.name, clock.name);
  }
  if (others.length > 0)
    note(
      `${table.file}: ${field} is read from "${column.name}"; ${others.map(({ name }) => `"${name}"`).join(', ')} would fit too`,
      `To choose another one: --map ${field}=<column>`,
    );
  if (field === 'billsec' && chosen.grade === 'perhaps') {
    refuseEmptyTalk(column, search);
    const result = resultColumn(sampled);
    if (result !== undefined) return unlessMissed(column, result);
    const hint = 'amoCRM needs the talk time. To choose another column: --map billsec=<column>';
    note(`${table.file}: billsec is read from "${column.name}", which may include the ringing`, hint);
  }
  return columnSource(column, by);
}

const talkNames = new Set(aliases.billsec.sure.map(plainName));

/** Throws where a column has the name of talk times and holds something else: whatever holds them has another name. */
function refuseEmptyTalk(chosen: SampledColumn, { sampled, table, options }: Search): void {
  const isTalk = valueTest('billsec', options);
  const other = sampled.find(
    (column) =>
      column !== chosen &&
      column.isNamed(talkNames) &&
      /dur|talk|длит|продолж|dauer|zeit/i.test(column.name) &&
      column.texts.length > 0 &&
      !column.texts.some(isTalk),
  );
  if (other === undefined) return;
  throw new UserError(
    `${table.file}: "${other.name}" holds no talk times, but ${quote(other.texts[0] ?? '')}: are two columns exchanged?`,
    { hint: `${listColumns(table)} Say which column holds the talk time: --map billsec=<column>` },
  );
}

/**
 * The talk time as it is meant where durations do not say it themselves: `0:03` is three seconds or three minutes, `63000` hours or
 * milliseconds; the name of the column may tell. Throws a UserError where nothing does.
 */
function inForm(source: FieldSource, { table, options, columns, sampled, preset }: Search): FieldSource {
  if (preset !== undefined || source.kind === 'none' || source.kind === 'constant') return source;
  const [at] = source.kind === 'computed' ? [source.duration] : indexesOf(source);
  if (at === undefined) return source;
  const read = compileSource(source);
  const texts = readableCells(table.sample).map((cells) => read(cells));
  const named = unitOfName(columns.names[at] ?? '');
  const form = options.durations ?? named ?? formOf(texts, wholeTimes(sampled));
  if (form instanceof OpenDurations) throw openDurations(table, form);
  if (form === undefined || form === 's') return source;
  if (form === 'm:ss' && texts.every((text) => inSeconds(text, form) === text)) return source;
  const what = {
    'h:mm': 'hours and minutes',
    'm:ss': 'minutes and seconds',
    ms: 'milliseconds',
    min: 'minutes',
    days: 'parts of a day',
  }[form];
  return {
    kind: 'computed',
    what: `${source.kind === 'computed' ? source.what : describeFieldSource(source)}, in ${what}`,
    columns: new Map(indexesOf(source).map((index) => [columns.names[index] ?? '', index])),
    duration: at,
    read: (cells) => inSeconds(read(cells), form),
  };
}

/** The columns that make up a date: that of the date, or of days, those of their times of day and of their zones. */
function partsOfDate(date: SampledColumn, columns: readonly SampledColumn[]): readonly SampledColumn[] {
  const clock = isOfDays(date) ? clockFor(date, columns) : undefined;
  const zone = isOfDays(date) && clock === undefined ? undefined : zoneFor(date, columns);
  return [date, clock, zone].filter((column) => column !== undefined);
}

/** Columns with a blank between them. */
function joined(columns: readonly SampledColumn[]): FieldSource {
  const pieces = columns.flatMap(({ name }) => [
    { kind: 'text', text: ' ' } as const,
    { kind: 'column', column: name, keepSlashes: false } as const,
  ]);
  return templateSource(
    columns.map(({ name }) => `{${name}}`).join(' '),
    pieces.slice(1),
    new Map(columns.map(({ name, index }) => [name, index])),
  );
}

/**
 * Throws where a required field is to be read through the list that holds the records (`data.cdrs.0.src`): one record of
 * many would be read. A list inside a record has fields of calls beside it.
 */
function refuseOneOfMany(field: MappableField, column: string, table: Table): void {
  const path = inList.exec(column)?.[1];
  if (path === undefined || table.format !== 'json' || table.sample.length > 1) return;
  if (!required.some((one) => one === field) || !table.columns.some((name) => name.startsWith(`${path}.1.`)))
    return;
  const beside = table.columns.filter((name) => !/\.\d+(?:\.|$)/.test(name));
  if (knownNames(beside) >= 2) return;
  throw new UserError(
    `${table.file}: --map ${field}=${column} would read only one record of the list "${path}"`,
    {
      hint: `To read the whole list: --path ${path} --map ${field}=${column.replace(/^.+?\.\d+\./, '')}`,
    },
  );
}

/** Throws where nobody said that a required field is to be read from the first of several in a list of the record (`legs.0.to`). */
function refuseFirstOfMany(sources: Sources, { file, columns }: Table): void {
  for (const field of required) {
    const source = sources[field];
    const [, list] =
      source.kind === 'column' && source.by !== 'map' ? (inList.exec(source.column) ?? []) : [];
    if (source.kind !== 'column' || !columns.some((name) => name.startsWith(`${list}.1.`))) continue;
    throw new UserError(
      `${file}: ${field} would be read from "${source.column}", the first of several in "${list}"`,
      {
        hint: `Export whole calls, one record each, or name the column that says it: --map ${field}=<column>`,
      },
    );
  }
}

/** The name of a column in a list of its record, and the name of that list. */
const inList = /^(.+?)\.\d+\./;

function valueTest(field: MappableField, { typeMap }: RecordOptions): (text: string) => boolean {
  const words = typeMapOf(typeMap ?? []);
  return (text) => canBe(field, text, words);
}

function fallback(field: MappableField, options: RecordOptions): FieldSource {
  if (field === 'type') return { kind: 'derived' };
  if (field === 'account_id' && options.accountId !== undefined)
    return { kind: 'given', value: options.accountId };
  return { kind: 'none' };
}

function uuidPart(name: string, at: number, sources: Sources, search: Search): UuidPart {
  const { columns, table, options } = search;
  const field = callFields.find((known) => known !== 'uuid' && known === name.toLowerCase());
  if (field !== undefined) {
    const isKnown = options.uuidColumns?.from.join() === options.uuidFrom?.join();
    const source = (isKnown && keptColumns(at, search)) || sources[field];
    return { field, source, texts: compileCells(source) };
  }
  const index = columns.find(name);
  if (index === undefined) throw noColumn('--uuid-from', name, table);
  const source = columnSource({ name: columns.names[index] ?? name, index }, 'map');
  return { source, texts: compileCells(source) };
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
