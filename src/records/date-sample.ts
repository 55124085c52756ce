import { Problem, UserError } from '../core/errors.js';
import { readableCells, type Table } from '../core/row.js';
import { type DatedRow, decideOrder, type OrderPlan } from './date-order.js';
import { type DateOrder, type DateText, parseDateText } from './date-text.js';
import {
  countMatches,
  type EpochPair,
  epochColumn,
  epochOf,
  inferOffset,
  type OffsetEvidence,
} from './epoch-ids.js';
import { describeSource, type Source, type TextReader } from './field-sources.js';
import { fixedZone, formatOffset, openZone, timezoneAdvice, type Zone } from './time-zones.js';
import type { Note } from './warnings.js';

/** The zone of a file, and how it is known. */
export interface ZonePlan {
  /**
   * `option`: --timezone or the profile; `values`: every date says its own; `none`: no date could be read; `ids`: assumed,
   * as the unique ids say; `unknown`: UTC stands in, since nothing says it.
   */
  readonly known: 'option' | 'values' | 'none' | 'ids' | 'unknown';
  readonly name?: string;
  /** What the unique ids say about times without a zone. */
  readonly evidence?: OffsetEvidence;
}

/** What was found out about the dates of a file before its first row is validated. */
export interface DateSettings {
  readonly zone: Zone | undefined;
  readonly zonePlan: ZonePlan;
  readonly orderPlan: OrderPlan | undefined;
}

export interface DateColumn {
  readonly source: Source;
  readonly read: TextReader;
  readonly timezone: string | undefined;
  readonly order: DateOrder | undefined;
  /** Go on with a guess where a flag is needed; the plan says so. */
  readonly assume: boolean;
}

/**
 * Looks at the first rows to settle, for the whole file, the order of day and month and the zone of its times.
 * Throws a UserError where a flag is needed to settle them, unless it may assume; a zone that the unique ids contradict gets a note.
 */
export async function inspectDates(table: Table, column: DateColumn, note: Note): Promise<DateSettings> {
  const given = column.timezone === undefined ? undefined : await openZone(column.timezone);
  if (given instanceof Problem) throw new UserError(`--timezone ${given.text}`);
  const sample = readableCells(table.sample);
  const rows = sample.map((cells) => ({ cells, text: column.read(cells, Number.NaN) }));
  const epochs = epochColumn(sample);
  const clues = { option: column.order, epochs, assume: column.assume };
  const orderPlan = await decideOrder(table, column.read, rows, clues);
  const { zoned, pairs, zoneless } = sortDates(rows, epochs, orderPlan?.order);
  const evidence = inferOffset(pairs);
  if (given === undefined && zoneless.length > zoned) {
    if (!column.assume) throw noZone(table, column.source, { text: zoneless[0] ?? '', evidence });
    return { ...assumedZone(evidence), orderPlan };
  }
  const zone = given;
  if (zone !== undefined && evidence !== undefined) warnOfWrongZone(table, zone, { pairs, evidence }, note);
  return {
    zone,
    orderPlan,
    zonePlan: {
      known:
        zone !== undefined && (zoneless.length > 0 || zoned === 0) ? 'option' : zoned > 0 ? 'values' : 'none',
      ...(zone === undefined ? {} : { name: zone.name }),
      ...(evidence === undefined ? {} : { evidence }),
    },
  };
}

/** The zone that nearly all ids name; else UTC stands in. */
function assumedZone(evidence: OffsetEvidence | undefined): Pick<DateSettings, 'zone' | 'zonePlan'> {
  const isClear = evidence !== undefined && evidence.agree * 10 >= evidence.of * 9;
  const zone = fixedZone(isClear ? evidence.offset : 0);
  const plan = { known: isClear ? 'ids' : 'unknown', name: zone.name } as const;
  return { zone, zonePlan: evidence === undefined ? plan : { ...plan, evidence } };
}

interface SortedDates {
  /** How many dates say their zone, or are counts of seconds. */
  readonly zoned: number;
  /** The texts of those that do not. */
  readonly zoneless: readonly string[];
  /** Those that stand beside an epoch. */
  readonly pairs: readonly EpochPair[];
}

function sortDates(
  rows: readonly DatedRow[],
  epochs: number | undefined,
  order: DateOrder | undefined,
): SortedDates {
  const zoneless: string[] = [];
  const pairs: EpochPair[] = [];
  let zoned = 0;
  for (const { cells, text } of rows) {
    const written = parseDateText(text, order);
    if (written instanceof Problem || !isOfOurTime(written)) continue;
    if (written.offset !== undefined) {
      zoned++;
      continue;
    }
    zoneless.push(text);
    const epoch = epochs === undefined ? undefined : epochOf(cells[epochs] ?? '');
    if (epoch !== undefined && written.kind === 'wall') pairs.push({ local: written.local, epoch });
  }
  return { zoned, zoneless, pairs };
}

/** Between 2000 and 2100: zeros and other nonsense say nothing about a file. */
function isOfOurTime({ local }: DateText): boolean {
  return local > 946_684_800 && local < 4_102_444_800;
}

function noZone(
  table: Table,
  source: Source,
  found: { readonly text: string; readonly evidence: OffsetEvidence | undefined },
): UserError {
  const { text, evidence } = found;
  const message = `${table.file}: the times in ${describeSource(source)}, such as "${text}", have no time zone`;
  if (evidence === undefined) {
    return new UserError(message, {
      hint: "Name the zone of the phone system's clock: --timezone Europe/Moscow, or an offset such as --timezone +03:00.",
    });
  }
  return new UserError(message, {
    hint: `${describeEvidence(evidence)}: try ${timezoneAdvice(evidence.offset)}.`,
  });
}

function describeEvidence({ offset, agree, of }: OffsetEvidence): string {
  return `The unique ids say UTC${formatOffset(offset)} (${agree} of ${of} rows)`;
}

/** A zone is doubted where the ids agree among themselves, and most of them not with it. */
function warnOfWrongZone(
  table: Table,
  zone: Zone,
  found: { readonly pairs: readonly EpochPair[]; readonly evidence: OffsetEvidence },
  note: Note,
): void {
  const { pairs, evidence } = found;
  const fits = countMatches(pairs, zone.unixOf);
  if (fits * 2 >= evidence.agree || evidence.agree * 2 < evidence.of) return;
  note(
    `${table.file}: the times cannot be those of ${zone.name}. ${describeEvidence(evidence)}`,
    `Unless the ids were rewritten, use ${timezoneAdvice(evidence.offset)}.`,
  );
}
