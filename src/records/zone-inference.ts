// The zone of a file: given, assumed, or contradicted by its first rows.

import { type Contradiction, zoneByIds } from '../core/contradiction.js';
import { utcOffset } from '../core/display.js';
import { Problem, UserError } from '../core/errors.js';
import type { Row, Table } from '../core/row.js';
import { zoneContradiction } from './contradictions.js';
import { type DateOrder, type DateText, parseDateText } from './date-text.js';
import { describeFieldSource, type FieldSource, type TextReader } from './field-sources.js';
import { findEpochs } from './id-epochs.js';
import { fixedZone, openZone, type Zone } from './time-zones.js';
import {
  contradictedBy,
  type EpochPair,
  type EpochReader,
  emptyFinding,
  findOffsets,
  fitsAll,
  inferOffset,
  isPlausible,
  type OffsetEvidence,
  offsetOf,
  type ZoneFinding,
} from './zone-evidence.js';

/** The zone of a file, and how it is known. */
export interface ZonePlan {
  /**
   * `option`: --timezone or the profile; `values`: every date says its own; `none`: no date could be read; `ids`: assumed, each
   * row has the offset of its unique id; `machine`: assumed, the zone of this machine fits every unique id; `unknown`: UTC stands
   * in, since nothing says it.
   */
  readonly known: 'option' | 'values' | 'none' | 'ids' | 'machine' | 'unknown';
  /** As --timezone takes it. */
  readonly name?: string;
  /** What the unique ids say about times without a zone. */
  readonly evidence?: OffsetEvidence;
  /** The rows that could be asked, to hold another zone against them. */
  readonly pairs: readonly EpochPair[];
  /** What the unique ids say against the zone that was given. */
  readonly contradiction?: Contradiction;
}

/** How times without a zone are read, and what is held against them. */
export interface ZoneSettings {
  /** undefined: such times are refused, or have the offset of their ids. */
  readonly zone: Zone | undefined;
  readonly byIds: boolean;
  /** Reads the moment in a row's own id; undefined where the rows have none. */
  readonly readEpoch: EpochReader | undefined;
  /** What is known so far. */
  readonly finding: ZoneFinding;
  readonly plan: ZonePlan;
}

/** Where the dates of a file come from, and what is said about their zone. */
export interface ZoneQuestion {
  readonly source: FieldSource;
  readonly read: TextReader;
  readonly order: DateOrder | undefined;
  readonly timezone: string | undefined;
  /** The position of the column that the uuid is read from, if it is one. */
  readonly uuid: number | undefined;
  /** The rows that are judged, where they are not the first ones of the file: those that earlier runs did not read. */
  readonly unread?: readonly Row[] | undefined;
  /** What earlier runs found out. */
  readonly finding?: ZoneFinding | undefined;
  /** Whether a zone that the ids contradict is taken all the same. */
  readonly allowed: boolean;
  /** Go on where the zone is not given, or contradicted; gives the zone of this machine. */
  readonly assume?: { readonly machineZone: () => string } | undefined;
}

/**
 * Settles the zone of a file. A zone that its unique ids contradict is in the plan, and what the ids say takes its place where it
 * may be assumed.
 *
 * @throws UserError where no zone is given and none may be assumed, and for `ids` where the rows have none
 */
export function decideZone(table: Table, question: ZoneQuestion): ZoneSettings {
  const survey = surveyDates(table, question);
  const { zoned, zoneless, pairs } = survey;
  const { timezone, assume } = question;
  if (timezone === zoneByIds) {
    if (pairs.length === 0 && zoneless.length > 0) throw noIds(table);
    return byIds(survey, question, 'option');
  }
  const zone = timezone === undefined ? undefined : openZone(timezone);
  if (zone instanceof Problem) throw new UserError(`--timezone ${zone.text}`);
  if (zone !== undefined) return asGiven(zone, survey, question);
  if (zoneless.length > zoned) {
    if (assume === undefined) throw noZone(table, question.source, survey);
    return assumed(survey, question, assume.machineZone());
  }
  return byZone(undefined, survey, { known: zoned > 0 ? 'values' : 'none' });
}

/** What the first rows say. */
interface Survey extends JudgedRows {
  readonly readEpoch: EpochReader | undefined;
  /** How many dates say their zone, or are counts of seconds. */
  readonly zoned: number;
  /** The texts of those that do not. */
  readonly zoneless: readonly string[];
  readonly evidence: OffsetEvidence | undefined;
  /** Whether the ids are surely made of times: most rows began soon after them, by some clock. */
  readonly isClear: boolean;
}

/** Rows whose dates can be held against their ids. */
interface JudgedRows {
  readonly pairs: readonly EpochPair[];
  readonly lines: readonly number[];
}

/** The given zone; where the ids contradict it and it may be assumed, what they say. */
function asGiven(zone: Zone, survey: Survey, question: ZoneQuestion): ZoneSettings {
  const { allowed, assume, unread } = question;
  const { zoned, zoneless, readEpoch, isClear } = survey;
  const known = zoneless.length > 0 || zoned === 0 ? 'option' : 'values';
  if (allowed) return byZone(zone, { ...survey, readEpoch: undefined }, { known, name: zone.name });
  const judged =
    unread === undefined || readEpoch === undefined ? survey : pairRows(unread, readEpoch, question);
  const before = foundBefore(question, zone.name);
  const verdict = contradictedBy(zone, judged.pairs, before);
  const contradiction = zoneContradiction(zone.name, verdict, judged.lines);
  if (contradiction === undefined)
    return { ...byZone(zone, survey, { known, name: zone.name }), finding: ahead(before, verdict.finding) };
  if (assume !== undefined && isClear) return byIds(survey, question, 'ids', contradiction);
  return { ...byZone(zone, survey, { known, name: zone.name, contradiction }), finding: verdict.finding };
}

/** The zone of this machine where it fits every id, else what the ids say; else UTC stands in. */
function assumed(survey: Survey, question: ZoneQuestion, machineZone: string): ZoneSettings {
  if (!survey.isClear) {
    const utc = fixedZone(0);
    return byZone(utc, { ...survey, readEpoch: undefined }, { known: 'unknown', name: utc.name });
  }
  const here = openZone(machineZone);
  if (here instanceof Problem || !fitsAll(here, survey.pairs)) return byIds(survey, question, 'ids');
  return byZone(here, survey, { known: 'machine', name: here.name });
}

function byZone(
  zone: Zone | undefined,
  { readEpoch, pairs, evidence }: Survey,
  plan: Omit<ZonePlan, 'pairs' | 'evidence'>,
): ZoneSettings {
  return {
    zone,
    byIds: false,
    readEpoch,
    finding: emptyFinding(zone?.name ?? ''),
    plan: evidence === undefined ? { ...plan, pairs } : { ...plan, evidence, pairs },
  };
}

function byIds(
  survey: Survey,
  question: ZoneQuestion,
  known: ZonePlan['known'],
  contradiction?: Contradiction,
): ZoneSettings {
  const plan = { known, name: zoneByIds };
  const named = contradiction === undefined ? plan : { ...plan, contradiction };
  const before = foundBefore(question, zoneByIds);
  const finding = ahead(before, findOffsets(survey.pairs, before));
  return { ...byZone(undefined, survey, named), byIds: true, finding };
}

/** What the first rows agree on, known before they are read: they are counted when they are. */
function ahead({ recent }: ZoneFinding, found: ZoneFinding): ZoneFinding {
  return { ...found, recent };
}

function foundBefore({ finding }: ZoneQuestion, zone: string): ZoneFinding {
  return finding?.zone === zone ? finding : emptyFinding(zone);
}

function surveyDates({ columns, sample }: Table, question: ZoneQuestion): Survey {
  const { read, order, uuid } = question;
  const rows = sample.filter((row) => row.problem === undefined);
  const texts = rows.map(({ cells }) => read(cells));
  const dates = texts.map((text) => dateOf(text, order));
  const readEpoch = findEpochs(
    columns,
    rows.map(({ cells }) => cells),
    { local: (row) => wallOf(dates[row]), uuid },
  );
  const isZoneless = (date: DateText | undefined) => date !== undefined && date.offset === undefined;
  const zoneless = texts.filter((_, row) => isZoneless(dates[row]));
  const judged = readEpoch === undefined ? { pairs: [], lines: [] } : pairRows(rows, readEpoch, question);
  const zoned = dates.filter((date) => date !== undefined && !isZoneless(date)).length;
  const isClear = areTimes(judged.pairs, zoneless.length);
  return { ...judged, readEpoch, zoned, zoneless, evidence: inferOffset(judged.pairs), isClear };
}

/** The clock of a date that says no zone; undefined for all others. */
function wallOf(date: DateText | undefined): number | undefined {
  return date?.kind === 'wall' && date.offset === undefined ? date.local : undefined;
}

function dateOf(text: string, order: DateOrder | undefined): DateText | undefined {
  const written = parseDateText(text, order);
  return written instanceof Problem || !isOfOurTime(written) ? undefined : written;
}

/** The dates of rows with the ids that they can be held against. */
export function pairRows(
  rows: readonly Row[],
  readEpoch: EpochReader,
  { read, order }: Pick<ZoneQuestion, 'read' | 'order'>,
): JudgedRows {
  const judged = rows.flatMap(({ cells, line, problem }) => {
    const local = problem === undefined ? wallOf(dateOf(read(cells), order)) : undefined;
    const epoch = local === undefined ? undefined : readEpoch(cells);
    if (local === undefined || epoch === undefined || !isPlausible({ local, epoch })) return [];
    return [{ line, pair: { local, epoch } }];
  });
  return { pairs: judged.map(({ pair }) => pair), lines: judged.map(({ line }) => line) };
}

/** Between 2000 and 2100: zeros and other nonsense say nothing about a file. */
function isOfOurTime({ local }: DateText): boolean {
  return local > 946_684_800 && local < 4_102_444_800;
}

/** Numbers that only look like times agree with no clock. */
function areTimes(pairs: readonly EpochPair[], zoneless: number): boolean {
  const soon = pairs.filter((pair) => offsetOf(pair) !== undefined).length;
  return pairs.length > 0 && pairs.length * 2 >= zoneless && soon * 5 >= pairs.length * 4;
}

function noIds(table: Table): UserError {
  return new UserError(`${table.file}: --timezone ids needs unique ids that hold the time of the call`, {
    hint: 'Its rows have none. Give the time zone of the phone system, for example --timezone Europe/Moscow',
  });
}

function noZone(table: Table, source: FieldSource, { zoneless, evidence, isClear }: Survey): UserError {
  const message = `${table.file}: the times in ${describeFieldSource(source)}, such as "${zoneless[0] ?? ''}", have no time zone`;
  if (evidence === undefined || !isClear) {
    return new UserError(message, {
      hint: 'Give the time zone of the phone system: --timezone Europe/Moscow, or an offset such as --timezone +03:00',
    });
  }
  return new UserError(message, {
    hint: `${describeEvidence(evidence)}. To take the zone of each row from its id: --timezone ids`,
  });
}

/** What the unique ids say, in words. */
export function describeEvidence({ offset, agree, of }: OffsetEvidence): string {
  return `Its unique ids say ${utcOffset(offset)} (${agree} of ${of} rows)`;
}
