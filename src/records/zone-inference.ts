// The zone of a file: given, assumed, or contradicted by its first rows.

import { type Contradiction, zoneByIds } from '../core/contradiction.js';
import { utcOffset } from '../core/display.js';
import { Problem, UserError } from '../core/errors.js';
import type { Row, Table } from '../core/row.js';
import {
  columnContradiction,
  headerContradiction,
  type ZoneColumn,
  zoneContradiction,
} from './contradictions.js';
import { decideOrder, type OrderPlan } from './date-order.js';
import type { DateText } from './date-text.js';
import { isElsewhere } from './dates.js';
import type { FieldSource } from './field-sources.js';
import { type DatedLine, dateOf, type FileClock, pairRows, wallOf } from './file-clock.js';
import { zoneOfName } from './header-names.js';
import { findEpochs } from './id-epochs.js';
import type { Mapping } from './mapping.js';
import type { RecordOptions } from './record-options.js';
import { fixedZone, openZone, type Zone } from './time-zones.js';
import {
  contradictedBy,
  type EpochPair,
  emptyFinding,
  findOffsets,
  fitsAll,
  inferOffset,
  type OffsetEvidence,
  offsetOf,
  type ZoneFinding,
} from './zone-evidence.js';

/** The zone of a file, and how it is known. */
export interface ZonePlan {
  /**
   * `option`: --timezone or the profile; `header`: the name of the column says it; `values`: every date says its own; `none`: no date could be read; `ids`: assumed, each
   * row has the offset of its unique id; `machine`: assumed, the zone of this machine fits every unique id; `unknown`: UTC stands
   * in, since nothing says it.
   */
  readonly known: 'option' | 'header' | 'values' | 'none' | 'ids' | 'machine' | 'unknown';
  /** As --timezone takes it. */
  readonly name?: string;
  /** What the unique ids say about times without a zone. */
  readonly evidence?: OffsetEvidence;
  /** The rows that could be asked, to hold another zone against them. */
  readonly pairs: readonly EpochPair[];
  /** What the unique ids or the header say against the zone. */
  readonly contradiction?: Contradiction | undefined;
}

/** What was found out about the clock of a file before its first row is validated. */
interface ClockDecision {
  readonly clock: FileClock;
  /** What is known of the clock so far. */
  readonly finding: ZoneFinding;
  readonly zone: ZonePlan;
  readonly order: OrderPlan | undefined;
}

/**
 * Looks at the first rows to decide, for the whole file, the order of day and month and the zone of its times. A zone that its
 * unique ids contradict is in the plan, and what the ids say takes its place where it may be assumed.
 *
 * @param unread the rows that are judged, where they are not the first ones of the file: those that earlier runs did not read
 * @throws UserError where a flag is needed and nothing may be assumed, and for `--timezone ids` where the rows have none
 */
export async function decideClock(
  table: Table,
  options: RecordOptions,
  { mapping, unread }: { readonly mapping: Mapping; readonly unread?: readonly Row[] | undefined },
): Promise<ClockDecision> {
  const order = await decideOrder(table, options, mapping);
  const { date } = mapping.sources;
  const file = surveyDates({ table, options, date, unread, order: order?.order }, mapping);
  return { ...decideZone(file), order };
}

/** A file with what its first rows say of its dates. */
interface DatedFile extends Pick<FileClock, 'readEpoch' | 'order'> {
  readonly table: Table;
  readonly options: RecordOptions;
  readonly date: FieldSource;
  readonly unread: readonly Row[] | undefined;
  /** Rows whose dates can be held against their ids. */
  readonly pairs: readonly DatedLine[];
  /** The dates that say their zone, or are counts of seconds. */
  readonly zoned: readonly DateText[];
  /** The texts of those that do not. */
  readonly zoneless: readonly string[];
  /** Whether the ids are surely made of times: most rows began soon after them, by some clock. */
  readonly isClear: boolean;
}

function surveyDates(
  file: Pick<DatedFile, 'table' | 'options' | 'date' | 'unread' | 'order'>,
  { sources: { uuid }, sample }: Mapping,
): DatedFile {
  const { table, date, order } = file;
  const rows = table.sample.filter((row) => row.problem === undefined);
  const texts = rows.map(({ cells }) => date.read(cells));
  const dates = texts.map((text) => dateOf(text, order));
  const readEpoch = findEpochs(sample.columns, uuid.column?.index, (row) => wallOf(dates[row]));
  const pairs = pairRows(rows, { readEpoch, readDate: date.read, order });
  const zoneless = texts.filter((_, row) => dates[row] !== undefined && dates[row].offset === undefined);
  const zoned = dates.filter((one) => one !== undefined).filter(({ offset }) => offset !== undefined);
  // Numbers that only look like times agree with no clock.
  const soon = pairs.filter((pair) => offsetOf(pair) !== undefined).length;
  const isClear = pairs.length > 0 && pairs.length * 2 >= zoneless.length && soon * 5 >= pairs.length * 4;
  return { ...file, readEpoch, pairs, zoned, zoneless, isClear };
}

function decideZone(file: DatedFile): Omit<ClockDecision, 'order'> {
  const { table, options, zoned, zoneless, pairs } = file;
  const { timezone, assume } = options;
  if (timezone === zoneByIds) {
    if (pairs.length === 0 && zoneless.length > 0) throw noIds(table);
    return byIds(file, { known: 'option' });
  }
  const given = timezone === undefined ? undefined : openZone(timezone);
  if (given instanceof Problem) throw new UserError(`--timezone ${given.text}`);
  const named = namedZone(file);
  if (given !== undefined) {
    const contradiction = named && againstHeader(given, named, file);
    if (contradiction !== undefined) return byZone(named?.zone, file, { known: 'header', contradiction });
  }
  const zone = given ?? named?.zone;
  if (zone !== undefined) {
    const column = zoneColumn(file.date, given === undefined ? named?.text : undefined);
    const other = zoned.find((one) => isElsewhere(one, zone));
    if (column !== undefined && other?.offset !== undefined) {
      const contradiction = columnContradiction(column, other.offset, { zone: zone.name, scope: 'file' });
      return byZone(zone, file, { known: 'values', contradiction });
    }
    const decision = asGiven(zone, given === undefined ? 'header' : 'option', file);
    return { ...decision, clock: { ...decision.clock, column } };
  }
  if (zoneless.length <= zoned.length)
    return byZone(undefined, file, { known: zoned.length > 0 ? 'values' : 'none' });
  if (assume === undefined) throw noZone(file);
  return assumed(file, assume.machineZone());
}

/** A zone that the header says. */
interface NamedZone {
  /** The name of the column, or the line above the header, that says it. */
  readonly text: string;
  readonly zone: Zone;
}

/** What a line above the header says of the zone of times. */
const ofTimes =
  /times?(?:stamps?)? (?:(?:are|is|given|shown|displayed|reported|all) )*(?:in |(?:utc|gmt|msk)(?![a-z]))|time ?zone|(?:часово[йм]|часовий) пояс|врем(?:я|ена)|zona horaria|huso horario|fuso horário|zeitzone|saat dilimi/i;
/** The line says when the report was made, not when the calls were. */
const ofReport =
  /generat|creat|export|download|print|updated|built|сформир|созда|выгру|экспорт|скача|обновл|печат|запрош|створен|сформов|generad|gerado|erstellt/i;
const offsets = /[+−-] ?\d{1,2}(?::?\d\d)?/g;

/** Whether a line above the header says the zone of all times below: one with a day or a clock has a time of its own. */
function saysZone(title: string): boolean {
  return ofTimes.test(title) && !ofReport.test(title) && !/\d/.test(title.replace(offsets, ''));
}

/** The zone that the names of the columns of the dates say, else the lines above them; undefined where they say none, or several. */
function namedZone({ table: { titles = [] }, date }: DatedFile): NamedZone | undefined {
  if (date.kind === 'preset') return undefined;
  return oneZone(date.columns.map(({ name }) => name)) ?? oneZone(titles.filter(saysZone));
}

function oneZone(texts: readonly string[]): NamedZone | undefined {
  const found = texts.flatMap((text): readonly NamedZone[] => {
    const name = zoneOfName(text);
    const zone = name === undefined ? undefined : openZone(name);
    return zone === undefined || zone instanceof Problem ? [] : [{ text, zone }];
  });
  return new Set(found.map(({ zone }) => zone.name)).size === 1 ? found[0] : undefined;
}

/** What the header says against the given zone, where a time of the first rows is another one by it. */
function againstHeader(
  given: Zone,
  { text, zone }: NamedZone,
  { options, zoneless, order }: DatedFile,
): Contradiction | undefined {
  if (options.allow?.includes('zone')) return undefined;
  const walls = zoneless.flatMap((one) => wallOf(dateOf(one, order)) ?? []);
  if (walls.every((local) => given.unixOf(local) === zone.unixOf(local))) return undefined;
  return headerContradiction(text, zone.name, given.name);
}

/** The column of zones, beside a zone that this header names, or that was given; undefined where there is none. */
function zoneColumn({ zone, columns }: FieldSource, header: string | undefined): ZoneColumn | undefined {
  if (zone === undefined) return undefined;
  return { name: zone.name, template: columns.map(({ name }) => `{${name}}`).join(' '), header };
}

/** The zone that was given, or that a header names; where the ids contradict it and it may be assumed, what they say. */
function asGiven(zone: Zone, by: 'option' | 'header', file: DatedFile): Omit<ClockDecision, 'order'> {
  const { options, unread, zoned, zoneless, date } = file;
  const known = zoneless.length > 0 || zoned.length === 0 ? by : 'values';
  if (options.allow?.includes('zone')) return byZone(zone, { ...file, readEpoch: undefined }, { known });
  const pairs = unread === undefined ? file.pairs : pairRows(unread, { ...file, readDate: date.read });
  const before = foundBefore(options, zone.name);
  const verdict = contradictedBy(zone, pairs, before);
  const contradiction = zoneContradiction(zone.name, verdict, pairs);
  if (contradiction === undefined)
    return { ...byZone(zone, file, { known }), finding: ahead(before, verdict.finding) };
  if (options.assume !== undefined && file.isClear) return byIds(file, { known: 'ids', contradiction });
  return { ...byZone(zone, file, { known, contradiction }), finding: verdict.finding };
}

/** The zone of this machine where it fits every id, else what the ids say; else UTC stands in. */
function assumed(file: DatedFile, machineZone: string): Omit<ClockDecision, 'order'> {
  if (!file.isClear) return byZone(fixedZone(0), { ...file, readEpoch: undefined }, { known: 'unknown' });
  const here = openZone(machineZone);
  if (here instanceof Problem || !fitsAll(here, file.pairs)) return byIds(file, { known: 'ids' });
  return byZone(here, file, { known: 'machine' });
}

type Known = Pick<ZonePlan, 'known' | 'contradiction'>;

function byZone(zone: Zone | undefined, file: DatedFile, known: Known): Omit<ClockDecision, 'order'> {
  const { readEpoch, order, date, pairs } = file;
  const evidence = inferOffset(pairs);
  return {
    clock: { zone, byIds: false, readEpoch, order, readDate: date.read },
    finding: emptyFinding(zone?.name ?? ''),
    zone: {
      ...known,
      ...(zone === undefined ? {} : { name: zone.name }),
      ...(evidence === undefined ? {} : { evidence }),
      pairs,
    },
  };
}

function byIds(file: DatedFile, known: Known): Omit<ClockDecision, 'order'> {
  const { clock, zone } = byZone(undefined, file, known);
  const before = foundBefore(file.options, zoneByIds);
  return {
    clock: { ...clock, byIds: true },
    zone: { ...zone, name: zoneByIds },
    finding: ahead(before, findOffsets(file.pairs, before)),
  };
}

/** What the first rows agree on, known before they are read: they are counted when they are. */
function ahead({ recent }: ZoneFinding, found: ZoneFinding): ZoneFinding {
  return { ...found, recent };
}

function foundBefore({ finding }: RecordOptions, zone: string): ZoneFinding {
  return finding?.zone === zone ? finding : emptyFinding(zone);
}

function noIds(table: Table): UserError {
  return new UserError(`${table.file}: --timezone ids needs unique ids that hold the time of the call`, {
    hint: 'Its rows have none. Give the time zone of the phone system, for example --timezone Europe/Moscow',
  });
}

function noZone({ table, date, zoneless, pairs, isClear }: DatedFile): UserError {
  const evidence = inferOffset(pairs);
  return new UserError(
    `${table.file}: the times in ${date.name}, such as "${zoneless[0] ?? ''}", have no time zone`,
    {
      hint:
        evidence === undefined || !isClear
          ? 'Give the time zone of the phone system: --timezone Europe/Moscow, or an offset such as --timezone +03:00'
          : `${describeEvidence(evidence)}. To take the zone of each row from its id: --timezone ids`,
    },
  );
}

/** What the unique ids say, in words. */
export function describeEvidence({ offset, agree, of }: OffsetEvidence): string {
  return `Its unique ids say ${utcOffset(offset)} (${agree} of ${of} rows)`;
}
