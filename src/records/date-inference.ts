import { Problem, UserError } from '../core/errors.js';
import { readableCells, type Table } from '../core/row.js';
import { type DateOrder, type DateText, parseDateText, unorderedParts } from './date-text.js';
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

interface DateColumn {
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
  const zone = column.timezone === undefined ? undefined : await openZone(column.timezone);
  if (zone instanceof Problem) throw new UserError(`--timezone ${zone.text}`);
  const sample = readableCells(table.sample);
  const rows = sample.map((cells) => ({ cells, text: column.read(cells, Number.NaN) }));
  const epochs = epochColumn(sample);
  const clues = { option: column.order, epochs, assume: column.assume };
  const orderPlan = await decideOrder(table, column.read, rows, clues);
  const { zoned, pairs, zoneless } = sortDates(rows, epochs, orderPlan?.order);
  const evidence = inferOffset(pairs);
  if (zone === undefined && zoneless.length > zoned) {
    if (!column.assume) throw noZone(table, column.source, { text: zoneless[0] ?? '', evidence });
    return { ...assumedZone(evidence), orderPlan };
  }
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
  const where = source.kind === 'preset' ? '' : ` in ${describeSource(source)}`;
  const message = `${table.file}: the times${where}, such as "${text}", have no time zone`;
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

/** The order of day and month in a file, and what told it. */
export interface OrderPlan {
  readonly order: DateOrder;
  /** `unknown`: nothing tells, day/month stands in. */
  readonly known: 'option' | 'parts' | 'epoch' | 'unknown';
}

/** A row as far as its date is concerned. */
interface DatedRow {
  readonly cells: readonly string[];
  readonly text: string;
}

/**
 * Decides for a whole file whether 3/4/2026 is in March or in April: by --date-order, by a part over 12 among the first rows,
 * by the epochs in the unique ids, by a part over 12 anywhere. undefined where no date of the file asks for it,
 * or so few that they may be invalid one by one. Throws a UserError where nothing tells.
 */
async function decideOrder(
  table: Table,
  readDate: TextReader,
  rows: readonly DatedRow[],
  clues: {
    readonly option: DateOrder | undefined;
    readonly epochs: number | undefined;
    /** Go on with day/month where nothing tells. */
    readonly assume: boolean;
  },
): Promise<OrderPlan | undefined> {
  if (clues.option !== undefined) return { order: clues.option, known: 'option' };
  const asking = rows.filter(({ text }) => unorderedParts(text) !== undefined);
  if (asking.length === 0) return undefined;
  const dated = rows.filter(({ text }) => text !== '').length;
  const isRare = asking.length * 2 <= dated && asking.length < dated;
  const votes = asking.map(({ text }) => evidentOrder(text));
  const evident = agreed(votes);
  if (evident !== undefined) return { order: evident, known: 'parts' };
  if (!votes.includes('dmy') && !votes.includes('mdy')) {
    const told = clues.epochs === undefined ? undefined : orderByEpochs(asking, clues.epochs);
    if (told !== undefined) return { order: told, known: 'epoch' };
    const found = isRare ? undefined : await findOrder(table, readDate);
    if (found !== undefined) return { order: found, known: 'parts' };
  }
  if (isRare) return undefined;
  if (clues.assume) return { order: 'dmy', known: 'unknown' };
  throw new UserError(
    `${table.file}: dates such as "${asking[0]?.text ?? ''}" may be day/month or month/day`,
    {
      hint: 'Nothing in the file tells which: say it with --date-order dmy or --date-order mdy.',
    },
  );
}

function evidentOrder(text: string): DateOrder | undefined {
  const [first, second] = unorderedParts(text) ?? [0, 0];
  if (first > 12 && second <= 12) return 'dmy';
  return second > 12 && first <= 12 ? 'mdy' : undefined;
}

/** The order that nearly all votes name: one mistyped date does not overrule a file. */
function agreed(votes: readonly (DateOrder | undefined)[]): DateOrder | undefined {
  const dmy = votes.filter((vote) => vote === 'dmy').length;
  const mdy = votes.filter((vote) => vote === 'mdy').length;
  if (dmy > 9 * mdy) return 'dmy';
  return mdy > 9 * dmy ? 'mdy' : undefined;
}

/** Asks each row in which order its date comes near the epoch of its unique id. */
function orderByEpochs(rows: readonly DatedRow[], column: number): DateOrder | undefined {
  return agreed(
    rows.map(({ cells, text }) => {
      const epoch = epochOf(cells[column] ?? '');
      if (epoch === undefined) return undefined;
      const fits = (order: DateOrder) => {
        const written = parseDateText(text, order);
        return !(written instanceof Problem) && isPlausible({ local: written.local, epoch });
      };
      if (fits('dmy') === fits('mdy')) return undefined;
      return fits('dmy') ? 'dmy' : 'mdy';
    }),
  );
}

async function findOrder(table: Table, readDate: TextReader): Promise<DateOrder | undefined> {
  if (table.rescan === undefined) return undefined;
  for await (const { rows } of table.rescan()) {
    for (const row of rows) {
      const order = row.problem === undefined ? evidentOrder(readDate(row.cells, Number.NaN)) : undefined;
      if (order !== undefined) return order;
    }
  }
  return undefined;
}

/** Where the clocks of a file stand, as the unique ids in it tell. */
export interface OffsetEvidence {
  /** Seconds east of UTC. */
  readonly offset: number;
  /** Rows that say so. */
  readonly agree: number;
  /** Rows that could be asked. */
  readonly of: number;
}

/** A time on a wall clock and the unix second in which its call began, both in seconds. */
interface EpochPair {
  readonly local: number;
  readonly epoch: number;
}

const quarter = 900;
/** Clocks stand at most 14 hours from UTC; calls of a group may have begun a while before their row. */
const widest = 15 * 3600;

/** The unix second in an id of Asterisk and its children: `1504525166.228`, `name-1504525166.228`. */
export function epochOf(id: string): number | undefined {
  // Most texts that are asked are none: a dot behind ten characters is found faster than their lack by the expression.
  if (!id.includes('.', 10)) return undefined;
  const match = /^(?:[\w.-]{1,80}-)?(\d{10})\.\d/.exec(id);
  return match === null ? undefined : Number(match[1]);
}

/** The position of the column that holds most epochs; undefined where none does. */
function epochColumn(rows: readonly (readonly string[])[]): number | undefined {
  const counts: number[] = [];
  for (const cells of rows) {
    // With entries() it would take 10 ms for a sample, four times as long.
    cells.forEach((cell, index) => {
      if (epochOf(cell) !== undefined) counts[index] = (counts[index] ?? 0) + 1;
    });
  }
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? undefined : counts.indexOf(most);
}

/** Tells whether some clock on earth could show `local` at `epoch`. */
function isPlausible({ local, epoch }: EpochPair): boolean {
  return Math.abs(local - epoch) <= widest;
}

/** The offset that most pairs agree on, to the quarter of an hour; undefined where there is none to ask. */
function inferOffset(pairs: readonly EpochPair[]): OffsetEvidence | undefined {
  const counts = new Map<number, number>();
  const possible = pairs.filter(isPlausible);
  for (const { local, epoch } of possible) {
    const offset = Math.round((local - epoch) / quarter) * quarter;
    counts.set(offset, (counts.get(offset) ?? 0) + 1);
  }
  let best: OffsetEvidence | undefined;
  for (const [offset, agree] of counts) {
    if (best === undefined || agree > best.agree) best = { offset, agree, of: possible.length };
  }
  return best;
}

/** How many pairs a zone explains: its reading of the wall clock is the epoch, give or take half a quarter. */
function countMatches(pairs: readonly EpochPair[], unixOf: (local: number) => number): number {
  return pairs.filter(({ local, epoch }) => Math.abs(unixOf(local) - epoch) <= quarter / 2).length;
}
