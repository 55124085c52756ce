// The values of one row.

import { type CallStatus, callStatuses } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import type { Row } from '../core/row.js';
import { quote } from './cell-text.js';
import { type CallDate, type DateRules, parseCallDate, secondsPassed } from './dates.js';
import type { Direction } from './directions.js';
import { parseBillsec } from './durations.js';
import type { UuidPart } from './mapping.js';
import { otherMedium } from './other-media.js';
import type { RawFields, RowKind } from './presets/preset.js';
import { compileSides, type SideRules } from './sides.js';
import type { RecordPlace } from './warnings.js';

/** The values of one row: each what it should be, or the reason why it is not. */
export interface RowValues {
  readonly uuid: Parsed<string>;
  readonly caller: Parsed<string>;
  readonly to: Parsed<string>;
  readonly date: Parsed<CallDate>;
  readonly direction: Parsed<Direction> | null;
  readonly billsec: Parsed<number>;
  readonly account: Parsed<string>;
  /** Text of the link, not yet checked. */
  readonly link: string;
  /** What became of the call, where the user or the preset knows it; undefined: what the talk time says. */
  readonly callStatus: Parsed<CallStatus> | undefined;
  /** '' for none. */
  readonly callResult: string;
  /** Whether the uuid was built here: it then belongs to this row alone. */
  readonly isBuilt: boolean;
  /** The uuid that earlier versions of amocalls would have given the call, where it is another one. */
  readonly formerUuid: string | undefined;
  readonly kind: RowKind;
  /** Why a preset does not send this row. */
  readonly skip: string | undefined;
  /** Why nobody can tell what the row says; its call is invalid. */
  readonly problem: string | undefined;
}

/** A row with its values, or the rows of one call with theirs, merged; its place is that of the first of its rows. */
export interface ParsedRecord extends RecordPlace {
  /** The row that is shown for the record. */
  readonly row: Row;
  readonly values: RowValues;
  /** How many rows it is made of. */
  readonly rows: number;
}

/** The uuid of a row whose call has this one, where every row is a call of its own. */
export type RowUuid = (call: string, cells: readonly string[]) => string;

/** Builds the uuid of a row that has none, of these parts; and the one that earlier versions would have built, where they would have. */
export type UuidBuilder = (
  cells: readonly string[],
  values: RowValues,
  parts: readonly UuidPart[],
) => Pick<RowValues, 'uuid' | 'formerUuid'>;

/** How the values of a file are read. */
export interface RowReadingRules extends SideRules {
  /** The names of the columns. */
  readonly columns: readonly string[];
  /** The account of rows that name none; undefined: such rows are not valid. */
  readonly account: string | undefined;
  /** undefined: a row without a uuid is not valid. */
  readonly buildUuid: UuidBuilder | undefined;
  /** undefined: rows that share a uuid are one call. */
  readonly rowUuid: RowUuid | undefined;
}

/** Compiles the rules of a file, once, to what reads the values of a row; how dates are read is what is known of the file so far. */
export function compileRowReader(
  rules: RowReadingRules,
): (cells: readonly string[], dates: DateRules) => RowValues {
  const { mapping, rowUuid, buildUuid } = rules;
  const { preset, sources, noteSources, check } = mapping;
  const readUuidText = sources.uuid.read;
  const readDate = sources.date.read;
  const readBillsec = sources.billsec.read;
  const readAccount = sources.account_id.read;
  const readLink = sources.link.read;
  const readSides = compileSides(rules);
  // What the user maps beats what the preset knows.
  const readStatus = noteSources.call_status.kind === 'none' ? undefined : noteSources.call_status.read;
  const readResult = noteSources.call_result.read;
  const readFormer = mapping.formerUuid?.read;
  const notCall = preset === undefined ? otherMedium(mapping.unused) : undefined;
  return (cells, dates) => {
    const date = parseCallDate(readDate(cells), dates, cells);
    const { caller, to, direction } = readSides(cells);
    const fields = preset?.read(cells);
    const { kind: told = 'talk', skip = notCall?.(cells), problem } = fields ?? noPreset;
    const kind = told instanceof Problem ? 'unanswered' : told;
    const passed = (onClock: number) =>
      date instanceof Problem ? onClock : secondsPassed(date, onClock, dates.zone);
    const talk = readBillsec(cells);
    const isOnClock = sources.billsec.kind === 'times' && !Number.isNaN(Number(talk));
    const billsec = readTalkTime(told, isOnClock ? String(passed(Number(talk))) : talk, preset !== undefined);
    const account = parseAccount(readAccount(cells), rules.account);
    const link = date instanceof Problem ? '' : readLink(cells, date.local);
    const uuid = readUuid(readUuidText(cells), cells, rowUuid);
    const callStatus = readStatus === undefined ? fields?.status : parseStatus(readStatus(cells));
    const callResult = readResult(cells);
    const values = {
      uuid,
      caller,
      to,
      date,
      direction,
      billsec,
      account,
      link,
      callStatus,
      callResult,
      isBuilt: false,
      formerUuid: readFormer?.(cells) || undefined,
      kind,
      skip,
      problem:
        problem ??
        (skip === undefined && billsec === told ? `billsec: ${told.text}` : check?.(cells, billsec, passed)),
    };
    if (uuid !== '') return values;
    if (buildUuid === undefined) return { ...values, uuid: noUuid, isBuilt: true };
    return { ...values, ...buildUuid(cells, values, mapping.uuidParts), isBuilt: true };
  };
}

/** 0 where nobody talked, whatever stands there; where nobody can tell, only a talk time of 0 is believed. */
function readTalkTime(kind: Parsed<RowKind>, text: string, hasPreset: boolean): Parsed<number> {
  if (kind === 'unanswered' || kind === 'automated') return 0;
  if (text === '' && hasPreset) return kind instanceof Problem ? kind : noTalkTime;
  const seconds = parseBillsec(text);
  if (!(kind instanceof Problem)) return seconds;
  return seconds === 0 ? 0 : kind;
}

const noTalkTime = new Problem('is empty, though there was talk time');

const noPreset: Pick<RawFields, 'kind' | 'skip' | 'problem'> = {};

const noUuid = new Problem('is empty: fill it, or build one with --uuid-from date,caller,to,billsec');

/** A row where the status is empty says nothing. */
function parseStatus(text: string): Parsed<CallStatus> | undefined {
  if (text === '') return undefined;
  const known = Object.values(callStatuses).find((status) => String(status) === text);
  return known ?? new Problem(`${quote(text)} is not one of the numbers 1 to 7 of API v4`);
}

/** How Excel (`1.23E+18`) and Apache POI (`1.23E18`) write a long number: different ids look the same in it. */
const rounded = /^\d[.,]\d+E\+?\d+$/;

/** No id looks so: the column is under the name of another. */
const duration = /^\d{1,2}:\d\d(?::\d\d)?$/;

/** '' where the row has none. */
function readUuid(text: string, cells: readonly string[], rowUuid: RowUuid | undefined): Parsed<string> {
  if (text.includes('E', 3) && rounded.test(text))
    return new Problem(
      `${quote(text)} was shortened by Excel and is no longer unique: export it again with the column as text`,
    );
  if (text.length <= 8 && duration.test(text))
    return new Problem(`${quote(text)} is a time or a duration, not a unique id`);
  return wellFormed(text === '' || rowUuid === undefined ? text : rowUuid(text, cells));
}

function parseAccount(text: string, account: string | undefined): Parsed<string> {
  if (text !== '') return wellFormed(text);
  return account ?? new Problem('is empty, and no account is given with --account-id or in the profile');
}

function wellFormed(text: string): Parsed<string> {
  return text.isWellFormed() ? text : new Problem(`${quote(text)} has a broken character`);
}
