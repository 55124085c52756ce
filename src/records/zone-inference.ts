// The zone of a file: given, assumed, or contradicted by its first rows.

import { type Contradiction, zoneByIds } from '../core/contradiction.js';
import { utcOffset } from '../core/display.js';
import { Problem, UserError } from '../core/errors.js';
import type { Row, Table } from '../core/row.js';
import { headerContradiction, zoneContradiction } from './contradictions.js';
import type { DateOrder, DateText } from './date-text.js';
import type { Sources, TextReader } from './field-sources.js';
import { type DatedLine, dateOf, type FileClock, pairRows, wallOf } from './file-clock.js';
import { zoneOfName } from './header-names.js';
import { findEpochs } from './id-epochs.js';
import type { RecordOptions } from './record-options.js';
import type { Sample } from './sample.js';
import { fixedZone, openZone, type Zone } from './time-zones.js';
import {
  contradictedBy,
  type EpochPair,
  type EpochReader,
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
  /** What the unique ids say against the zone that was given. */
  readonly contradiction?: Contradiction;
}

/** How times without a zone are read, what is known of their clock so far, and how. */
interface ZoneSettings extends Pick<FileClock, 'zone' | 'byIds' | 'readEpoch'> {
  readonly finding: ZoneFinding;
  readonly plan: ZonePlan;
}

/** A file whose dates are to be read. */
export interface DatedFile {
  readonly table: Table;
  readonly sample: Sample;
  readonly options: RecordOptions;
  readonly sources: Pick<Sources, 'date' | 'uuid'>;
  /** Reads the texts of its dates. */
  readonly readDate: TextReader;
  readonly order: DateOrder | undefined;
  /** The rows that are judged, where they are not the first ones of the file: those that earlier runs did not read. */
  readonly unread?: readonly Row[] | undefined;
}

/**
 * Decides the zone of a file. A zone that its unique ids contradict is in the plan, and what the ids say takes its place where it
 * may be assumed.
 *
 * @throws UserError where no zone is given and none may be assumed, and for `ids` where the rows have none
 */
export function decideZone(file: DatedFile): ZoneSettings {
  const survey = surveyDates(file);
  const { zoned, zoneless, pairs } = survey;
  const { timezone, assume } = file.options;
  if (timezone === zoneByIds) {
    if (pairs.length === 0 && zoneless.length > 0) throw noIds(file.table);
    return byIds(survey, file, 'option');
  }
  const zone = timezone === undefined ? undefined : openZone(timezone);
  if (zone instanceof Problem) throw new UserError(`--timezone ${zone.text}`);
  const named = namedZone(file);
  if (zone === undefined && named !== undefined) return asGiven(named.zone, survey, file, 'header');
  if (zone !== undefined) {
    const contradiction = againstHeader(zone, named, survey, file);
    if (contradiction === undefined || named === undefined) return asGiven(zone, survey, file, 'option');
    return byZone(named.zone, survey, { known: 'header', name: named.zone.name, contradiction });
  }
  if (zoneless.length > zoned) {
    if (assume === undefined) throw noZone(file, survey);
    return assumed(survey, file, assume.machineZone());
  }
  return byZone(undefined, survey, { known: zoned > 0 ? 'values' : 'none' });
}

/** What the first rows say. */
interface Survey {
  readonly readEpoch: EpochReader | undefined;
  /** Rows whose dates can be held against their ids. */
  readonly pairs: readonly DatedLine[];
  /** How many dates say their zone, or are counts of seconds. */
  readonly zoned: number;
  /** The texts of those that do not. */
  readonly zoneless: readonly string[];
  readonly evidence: OffsetEvidence | undefined;
  /** Whether the ids are surely made of times: most rows began soon after them, by some clock. */
  readonly isClear: boolean;
}

/** A zone that the header says. */
interface NamedZone {
  /** The name of the column, or the line above the header, that says it. */
  readonly text: string;
  readonly zone: Zone;
}

/** A line above the header that speaks of times. */
const ofTimes = /utc|gmt|msk|мск|zone|пояс|time|время|zona|hora|zeit/i;

/** The zone that the names of the columns of the dates say, else the lines above them; undefined where they say none, or several. */
function namedZone({ table: { titles = [] }, sources: { date } }: DatedFile): NamedZone | undefined {
  if (date.kind === 'preset') return undefined;
  return (
    oneZone(date.columns.map(({ name }) => name)) ?? oneZone(titles.filter((title) => ofTimes.test(title)))
  );
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
  named: NamedZone | undefined,
  { zoneless }: Survey,
  { options, order }: DatedFile,
): Contradiction | undefined {
  if (named === undefined || options.allow?.includes('zone')) return undefined;
  const walls = zoneless.flatMap((text) => wallOf(dateOf(text, order)) ?? []);
  if (walls.every((local) => given.unixOf(local) === named.zone.unixOf(local))) return undefined;
  return headerContradiction(named.text, named.zone.name, given.name);
}

/** The zone that was given, or that a header names; where the ids contradict it and it may be assumed, what they say. */
function asGiven(zone: Zone, survey: Survey, file: DatedFile, by: 'option' | 'header'): ZoneSettings {
  const { options, unread } = file;
  const { zoned, zoneless, readEpoch, isClear } = survey;
  const known = zoneless.length > 0 || zoned === 0 ? by : 'values';
  const plan = { known, name: zone.name } as const;
  if (options.allow?.includes('zone')) return byZone(zone, { ...survey, readEpoch: undefined }, plan);
  const pairs = unread === undefined ? survey.pairs : pairRows(unread, { ...file, readEpoch });
  const before = foundBefore(options, zone.name);
  const verdict = contradictedBy(zone, pairs, before);
  const contradiction = zoneContradiction(zone.name, verdict, pairs);
  if (contradiction === undefined)
    return { ...byZone(zone, survey, plan), finding: ahead(before, verdict.finding) };
  if (options.assume !== undefined && isClear) return byIds(survey, file, 'ids', contradiction);
  return { ...byZone(zone, survey, { ...plan, contradiction }), finding: verdict.finding };
}

/** The zone of this machine where it fits every id, else what the ids say; else UTC stands in. */
function assumed(survey: Survey, file: DatedFile, machineZone: string): ZoneSettings {
  if (!survey.isClear) {
    const utc = fixedZone(0);
    return byZone(utc, { ...survey, readEpoch: undefined }, { known: 'unknown', name: utc.name });
  }
  const here = openZone(machineZone);
  if (here instanceof Problem || !fitsAll(here, survey.pairs)) return byIds(survey, file, 'ids');
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
  { options }: DatedFile,
  known: ZonePlan['known'],
  contradiction?: Contradiction,
): ZoneSettings {
  const plan = { known, name: zoneByIds };
  const named = contradiction === undefined ? plan : { ...plan, contradiction };
  const before = foundBefore(options, zoneByIds);
  const finding = ahead(before, findOffsets(survey.pairs, before));
  return { ...byZone(undefined, survey, named), byIds: true, finding };
}

/** What the first rows agree on, known before they are read: they are counted when they are. */
function ahead({ recent }: ZoneFinding, found: ZoneFinding): ZoneFinding {
  return { ...found, recent };
}

function foundBefore({ finding }: RecordOptions, zone: string): ZoneFinding {
  return finding?.zone === zone ? finding : emptyFinding(zone);
}

function surveyDates({ table, sample, sources: { uuid }, readDate, order }: DatedFile): Survey {
  const rows = table.sample.filter((row) => row.problem === undefined);
  const texts = rows.map(({ cells }) => readDate(cells));
  const dates = texts.map((text) => dateOf(text, order));
  const readEpoch = findEpochs(sample.columns, uuid.column?.index, (row) => wallOf(dates[row]));
  const isZoneless = (date: DateText | undefined) => date !== undefined && date.offset === undefined;
  const zoneless = texts.filter((_, row) => isZoneless(dates[row]));
  const pairs = pairRows(rows, { readEpoch, readDate, order });
  const zoned = dates.filter((date) => date !== undefined && !isZoneless(date)).length;
  const isClear = areTimes(pairs, zoneless.length);
  return { pairs, readEpoch, zoned, zoneless, evidence: inferOffset(pairs), isClear };
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

function noZone({ table, sources }: DatedFile, { zoneless, evidence, isClear }: Survey): UserError {
  const message = `${table.file}: the times in ${sources.date.name}, such as "${zoneless[0] ?? ''}", have no time zone`;
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
