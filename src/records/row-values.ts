// Reads the rows of a file to records.

import { type CallStatus, callStatuses } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import type { Row } from '../core/row.js';
import { quote } from './cell-text.js';
import { type DateRules, parseCallDate } from './dates.js';
import { parseBillsec } from './durations.js';
import type { FileRules } from './file-rules.js';
import { otherMedium } from './other-media.js';
import type { RawFields, RowKind } from './presets/preset.js';
import type { ParsedRecord } from './record.js';
import type { RowShape } from './row-shape.js';
import { compileSides } from './sides.js';
import { compileTalk } from './talk-time.js';

/** Reads a row of a file; how dates are read is what is known of the file so far. */
type RowReader = (row: Row, file: string, dates: DateRules) => ParsedRecord;

/** Compiles the rules of a file, once, to what reads its rows; a row that is broken or cut is a record with a problem. */
export function compileRowReader(rules: FileRules, shape: RowShape): RowReader {
  const { preset } = rules.mapping;
  const read = compileValues(rules);
  return (row, file, dates) => {
    const wrong = row.problem ?? shape.whyCut(row.cells);
    if (wrong === undefined) return read(row, file, dates);
    const uuid = preset?.idIn(row.cells);
    if (row.problem !== undefined && uuid === undefined) return { ...nothing, row, file, line: row.line };
    const record = read(row, file, dates);
    return { ...record, ...(uuid === undefined ? {} : { uuid, isBuilt: false }), problem: wrong };
  };
}

const unknown = new Problem('cannot be read');

/** What is known of a row that cannot be read, and does not say of which call it is. */
const nothing: Omit<ParsedRecord, 'row' | 'file' | 'line'> = {
  rows: 1,
  uuid: unknown,
  caller: unknown,
  to: unknown,
  date: unknown,
  direction: unknown,
  billsec: unknown,
  account: unknown,
  link: '',
  callStatus: undefined,
  callResult: '',
  isBuilt: false,
  formerUuid: undefined,
  kind: 'talk',
  skip: undefined,
  problem: undefined,
};

/** Why a row cannot be read at all; undefined where it can, or says at least of which call it is. */
export function whyUnread({ row, uuid }: ParsedRecord): string | undefined {
  return typeof uuid === 'string' ? undefined : row.problem;
}

function compileValues(rules: FileRules): RowReader {
  const { mapping, options, rowUuid, buildUuid } = rules;
  const { preset, sources, noteSources, check } = mapping;
  const readSides = compileSides(rules);
  const readTalk = compileTalk(sources);
  const ofFile = options.accountId ?? (options.requireAccount ? undefined : '');
  // What the user maps beats what the preset knows.
  const readStatus = noteSources.call_status.kind === 'none' ? undefined : noteSources.call_status.read;
  const notCall = preset === undefined ? otherMedium(mapping.unused) : undefined;
  return (row, file, dates) => {
    const { cells, line } = row;
    const date = parseCallDate(sources.date.read(cells), dates, cells);
    const { caller, to, direction } = readSides(cells);
    const fields = preset?.read(cells);
    const { kind: told = 'talk', skip = notCall?.(cells), problem } = fields ?? noPreset;
    const billsec = readTalkTime(told, readTalk(cells, date, dates.zone), preset !== undefined);
    const uuid = readUuid(sources.uuid.read(cells), cells, rowUuid);
    const record = {
      row,
      file,
      line,
      rows: 1,
      uuid,
      caller,
      to,
      date,
      direction,
      billsec,
      account: parseAccount(sources.account_id.read(cells), ofFile),
      link: date instanceof Problem ? '' : sources.link.read(cells, date.local),
      callStatus: readStatus === undefined ? fields?.status : parseStatus(readStatus(cells)),
      callResult: noteSources.call_result.read(cells),
      isBuilt: false,
      formerUuid: mapping.formerUuid?.read(cells) || undefined,
      kind: told instanceof Problem ? 'unanswered' : told,
      skip,
      problem:
        problem ??
        (skip === undefined && billsec === told
          ? `billsec: ${told.text}`
          : check?.(cells, billsec, date, dates.zone)),
    };
    if (uuid !== '') return record;
    if (buildUuid === undefined) return { ...record, uuid: noUuid, isBuilt: true };
    return { ...record, ...buildUuid(record, mapping.uuidParts), isBuilt: true };
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
function readUuid(text: string, cells: readonly string[], rowUuid: FileRules['rowUuid']): Parsed<string> {
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
