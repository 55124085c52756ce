import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import type { DateOrder, Written } from './calendar.js';
import { type Evidence, epochColumn, epochOf, explained, type Sighting, weighEpochs } from './epoch.js';
import { formatOffset, timezoneAdvice } from './offsets.js';
import { type DatedRow, decideOrder, type OrderPlan } from './order.js';
import { describeSource, type Source, type TextReader } from './sources.js';
import type { Note } from './tallies.js';
import { parseWritten } from './written.js';
import { openZone, type Zone } from './zones.js';

/** The zone of a file, and how it is known. */
export interface ZonePlan {
  /** `option`: --timezone or the profile; `values`: every date says its own; `none`: no date could be read. */
  readonly known: 'option' | 'values' | 'none';
  readonly name?: string;
  /** What the unique ids say about times without a zone. */
  readonly evidence?: Evidence;
}

/** What was found out about the dates of a file before its first row is validated. */
export interface DateSurvey {
  readonly zone: Zone | undefined;
  readonly zonePlan: ZonePlan;
  readonly orderPlan: OrderPlan | undefined;
}

export interface DateQuestion {
  readonly source: Source;
  readonly read: TextReader;
  readonly timezone: string | undefined;
  readonly order: DateOrder | undefined;
}

/**
 * Looks at the first rows to settle, for the whole file, the order of day and month and the zone of its times.
 * Throws a UserError where a flag is needed to settle them; a zone that the unique ids contradict gets a note.
 */
export async function surveyDates(table: Table, question: DateQuestion, note: Note): Promise<DateSurvey> {
  const zone = question.timezone === undefined ? undefined : await openZone(question.timezone);
  if (zone instanceof Problem) throw new UserError(`--timezone ${zone.text}`);
  const rows = table.sample
    .filter((row) => row.problem === undefined)
    .map(({ cells }) => ({ cells, text: question.read(cells, Number.NaN) }));
  const epochs = epochColumn(rows.map((row) => row.cells));
  const orderPlan = await decideOrder(table, question.read, rows, { option: question.order, epochs });
  const { zoned, sightings, zoneless } = sortDates(rows, epochs, orderPlan?.order);
  const evidence = weighEpochs(sightings);
  if (zone === undefined && zoneless.length > zoned) {
    throw noZone(table, question.source, { text: zoneless[0] ?? '', evidence });
  }
  if (zone !== undefined && evidence !== undefined) warnOfZone(table, zone, { sightings, evidence }, note);
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

interface SortedDates {
  /** How many dates say their zone, or are counts of seconds. */
  readonly zoned: number;
  /** The texts of those that do not. */
  readonly zoneless: readonly string[];
  /** Those that stand beside an epoch. */
  readonly sightings: readonly Sighting[];
}

function sortDates(
  rows: readonly DatedRow[],
  epochs: number | undefined,
  order: DateOrder | undefined,
): SortedDates {
  const zoneless: string[] = [];
  const sightings: Sighting[] = [];
  let zoned = 0;
  for (const { cells, text } of rows) {
    const written = parseWritten(text, order);
    if (written instanceof Problem || !isOfOurTime(written)) continue;
    if (written.offset !== undefined) {
      zoned++;
      continue;
    }
    zoneless.push(text);
    const epoch = epochs === undefined ? undefined : epochOf(cells[epochs] ?? '');
    if (epoch !== undefined && written.kind === 'wall') sightings.push({ local: written.local, epoch });
  }
  return { zoned, zoneless, sightings };
}

/** Between 2000 and 2100: zeros and other nonsense say nothing about a file. */
function isOfOurTime({ local }: Written): boolean {
  return local > 946_684_800 && local < 4_102_444_800;
}

function noZone(
  table: Table,
  source: Source,
  found: { readonly text: string; readonly evidence: Evidence | undefined },
): UserError {
  const { text, evidence } = found;
  const message = `${table.file}: the times in ${describeSource(source)}, such as "${text}", have no time zone`;
  if (evidence === undefined) {
    return new UserError(message, {
      hint: 'Say where the clock of the phone system stands: --timezone Europe/Moscow, or an offset such as --timezone +03:00.',
    });
  }
  return new UserError(message, {
    hint: `${sayEvidence(evidence)}: try ${timezoneAdvice(evidence.offset)}.`,
  });
}

function sayEvidence({ offset, agree, of }: Evidence): string {
  return `The unique ids say UTC${formatOffset(offset)} (${agree} of ${of} rows)`;
}

/** A zone is doubted where the ids agree among themselves, and most of them not with it. */
function warnOfZone(
  table: Table,
  zone: Zone,
  found: { readonly sightings: readonly Sighting[]; readonly evidence: Evidence },
  note: Note,
): void {
  const { sightings, evidence } = found;
  const fits = explained(sightings, zone.unixOf);
  if (fits * 2 >= evidence.agree || evidence.agree * 2 < evidence.of) return;
  note(
    `${table.file}: the times cannot be those of ${zone.name}. ${sayEvidence(evidence)}`,
    `Unless the ids were rewritten, use ${timezoneAdvice(evidence.offset)}.`,
  );
}
