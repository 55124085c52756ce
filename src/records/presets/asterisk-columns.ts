// Asterisk's columns where there is no header, named by what their cells are.

import { splitList } from '../cell-text.js';
import { majority, type Rows, textAt } from './headerless.js';

// Asterisk's rows without a header, recognised by what their cells are: the administrator may switch columns on and off, and add his own.

/** The order of cdr_csv.c; what stands behind is switched on by cdr.conf, or the administrator's own. */
const csvOrder = splitList(`
  accountcode, src, dst, dcontext, clid, channel, dstchannel, lastapp, lastdata, start, answer, end,
  duration, billsec, disposition, amaflags
`);
/** The order of the sample cdr_custom.conf. */
const customOrder = splitList(`
  clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, start, answer, end, duration, billsec,
  disposition, amaflags, accountcode
`);
/** What every table `cdr` begins with, whatever the version. */
const tableOrder = splitList(`
  calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec, disposition,
  amaflags, accountcode
`);

/** Names the columns of cdr_csv's Master.csv; undefined where the rows are none of it. */
export function nameCsvColumns(rows: Rows): readonly string[] | undefined {
  // Its three times stand one place after those of cdr_custom.
  const own = ownRows(rows, (cells) => isTime(cells[9]) && !isTime(cells[8]) && isDisposition(cells[14]));
  return own && [...csvOrder, ...nameTail(own, csvOrder.length)];
}

/** Names the columns of cdr_custom's file: in the order of the sample, else by the cells alone. */
export function nameCustomColumns(rows: Rows): readonly string[] | undefined {
  const own = ownRows(rows, (cells) => isTime(cells[8]) && !isTime(cells[7]) && isDisposition(cells[13]));
  if (own !== undefined) return [...customOrder, ...nameTail(own, customOrder.length)];
  return nameByCells(rows);
}

/** Names the columns of a table `cdr` that was dumped without its header. */
export function nameTableColumns(rows: Rows): readonly string[] | undefined {
  const own = ownRows(
    rows,
    (cells) =>
      isTimeOfAnyOrder(cells[0]) &&
      isDisposition(cells[11]) &&
      isCount(cells[9]) &&
      isCount(cells[10]) &&
      isId(cells[14]),
  );
  if (own === undefined) return undefined;
  const first = [...tableOrder, 'uniqueid', 'userfield'];
  const width = own[0]?.length ?? 0;
  let best: { readonly names: readonly string[]; readonly score: number } | undefined;
  for (const names of layouts(width - first.length)) {
    const score = scoreOf(names, own, first.length);
    if (best === undefined || score > best.score) best = { names, score };
  }
  return best && [...first, ...best.names];
}

/** The rows of one order, of one width; undefined where they are not most of the first rows, or stand below a header. */
function ownRows(rows: Rows, isOwn: (cells: readonly string[]) => boolean): Rows | undefined {
  return majority(rows, fieldNames, isOwn);
}

const fieldNames = [...csvOrder, 'calldate', 'uniqueid', 'linkedid'];

const id = /^(?:[\w.-]+-)?\d{9,10}\.\d+$/;
const dispositions = new Set(['ANSWERED', 'NO ANSWER', 'BUSY', 'FAILED', 'CONGESTION', 'CANCEL']);

function isId(text: string | undefined): boolean {
  return id.test((text ?? '').trim());
}

function isCount(text: string | undefined): boolean {
  return /^\d{1,9}$/.test((text ?? '').trim());
}

export function isDisposition(text: string | undefined): boolean {
  return dispositions.has((text ?? '').trim());
}

export function isTime(text: string | undefined): boolean {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/.test((text ?? '').trim());
}

/** A time whose day may stand before or behind its month and year: a table or Excel wrote it in the manner of its country. */
export function isTimeOfAnyOrder(text: string | undefined): boolean {
  return /^\d{1,4}([-/.])\d{1,2}\1\d{1,4} \d{1,2}:\d\d/.test((text ?? '').trim());
}

/** Whether all texts of a column that are not empty are of a kind, and most are not empty. */
function isColumnOf(rows: Rows, at: number, test: (text: string) => boolean, share = 0.9): boolean {
  const filled = rows.map((cells) => textAt(cells, at)).filter((text) => text !== '');
  return filled.length >= rows.length * share && filled.length > 0 && filled.every(test);
}

/**
 * Names the columns behind the usual ones, from position `from` on: the ids by their cells, `userfield` and what newcdrcolumns adds
 * by their places beside them. All others are the administrator's own, and have no name.
 */
function nameTail(rows: Rows, from: number): readonly string[] {
  const width = rows[0]?.length ?? 0;
  const names = new Array<string>(width).fill('');
  const ids = [...names.keys()].filter((at) => at >= from && isColumnOf(rows, at, isId, 0.5));
  const [first = width, second = width] = ids;
  const isNumbered = (at: number) => at < width && isColumnOf(rows, at, isCount);
  // Without loguniqueid only the id of the whole call is there, with its sequence behind it.
  const isLinked = first !== from && second === width && isNumbered(first + 1);
  const [unique, linked] = isLinked ? [width, first] : [first, second];
  if (unique < width) names[unique] = 'uniqueid';
  if (linked < width) names[linked] = 'linkedid';
  if (linked < width && isNumbered(linked + 1)) names[linked + 1] = 'sequence';
  if (linked < width && linked > from && names[linked - 1] === '') names[linked - 1] = 'peeraccount';
  const user = unique === from ? from + 1 : from;
  if (user < width && names[user] === '') names[user] = 'userfield';
  // The sample of cdr_custom has it at the end.
  if (linked === width && names[user] === 'userfield' && isNumbered(user + 1)) names[user + 1] = 'sequence';
  return names.slice(from);
}

/** What FreePBX adds: in its table, and in its report. */
const inTable = splitList(`
  did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, linkedid, peeraccount, sequence
`);
const inReport = splitList(`
  did, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, recordingfile, linkedid, peeraccount, sequence
`);
const number = /^\+?\d+$/;
/** What texts of these columns look like; names may look like anything. */
const looks: Readonly<Record<string, RegExp>> = {
  did: number,
  recordingfile: /\.(?:wav|mp3|gsm|ogg|opus)$/i,
  cnum: number,
  outbound_cnum: number,
  linkedid: id,
  sequence: /^\d{1,9}$/,
};

/**
 * The columns that may stand behind the sixteenth, for so many of them: versions differ by a column or two. All in order, some at
 * the end or one missing; columns of the administrator's own have no name.
 */
function* layouts(count: number): Generator<readonly string[]> {
  for (const all of [inTable, inReport]) {
    const own = new Array<string>(Math.max(0, count - all.length)).fill('');
    if (count >= 0) yield [...all.slice(0, count), ...own];
    if (count === all.length - 1) for (const left of all) yield all.filter((name) => name !== left);
  }
}

/** How well columns fit the rows: a text that looks like its column speaks for them, any other against. */
function scoreOf(names: readonly string[], rows: Rows, from: number): number {
  let score = 0;
  for (const [index, name] of names.entries()) {
    const look = looks[name];
    if (look === undefined) continue;
    for (const cells of rows) {
      const text = textAt(cells, from + index);
      if (text !== '') score += look.test(text) ? 1 : -2;
    }
  }
  return score;
}

/**
 * Names the columns of an order of the administrator's own by their cells alone: one disposition, talk time before it, one time or
 * three, two numbers, an id; channels and applications where they are. undefined where one is missing, or may be another.
 */
function nameByCells(rows: Rows): readonly string[] | undefined {
  const own = ownRows(rows, (cells) => cells.some(isDisposition) && cells.some(isTime));
  const [first] = own ?? [];
  if (own === undefined || first === undefined) return undefined;
  const places = [...first.keys()];
  const [disposition, ...otherDispositions] = places.filter((at) => isColumnOf(own, at, isDisposition));
  if (disposition === undefined || otherDispositions.length > 0) return undefined;
  const groups = [
    namesOfTimes(own, places),
    namesOfDurations(own, disposition),
    namesOfIds(own, places),
    namesOfChannels(own, places),
  ];
  if (groups.includes(undefined)) return undefined;
  const named = new Map(groups.flatMap((group) => [...(group ?? [])]));
  named.set(disposition, 'disposition');
  const sides = places.filter((at) => !named.has(at) && isColumnOf(own, at, isDialled));
  const [src, dst, ...otherSides] = sides;
  if (src === undefined || dst === undefined || otherSides.length > 0) return undefined;
  const isTurned = namesCallerIn(own, dst) && !namesCallerIn(own, src);
  named.set(src, isTurned ? 'dst' : 'src').set(dst, isTurned ? 'src' : 'dst');
  return places.map((at) => named.get(at) ?? '');
}

/** Whether the numbers of a column stand in brackets in another one, `"Desk" <101>`: that names who calls. */
function namesCallerIn(rows: Rows, at: number): boolean {
  return rows.every((cells) => cells.some((cell) => cell.includes(`<${textAt(cells, at)}>`)));
}

/** Names of positions; undefined where nobody can tell. */
type Names = ReadonlyMap<number, string> | undefined;

function isDialled(text: string): boolean {
  return /^[+*#]?\d{2,}$|^[sithv]$/.test(text);
}

/** One time is the start, three are start, answer (which may be empty) and end; of two nobody knows. */
function namesOfTimes(rows: Rows, places: readonly number[]): Names {
  const isTimes = (at: number) =>
    rows.every((cells) => textAt(cells, at) === '' || isTime(cells[at])) &&
    rows.some((cells) => isTime(cells[at]));
  const [start, answer, end, more] = places.filter(isTimes);
  if (start === undefined || more !== undefined) return undefined;
  if (answer === undefined) return new Map([[start, 'start']]);
  return end === undefined
    ? undefined
    : new Map([
        [start, 'start'],
        [answer, 'answer'],
        [end, 'end'],
      ]);
}

/** The id of a row is never older than that of its call. */
function namesOfIds(rows: Rows, places: readonly number[]): Names {
  const [one, other, more] = places.filter((at) => isColumnOf(rows, at, isId));
  if (one === undefined || more !== undefined) return undefined;
  if (other === undefined) return new Map([[one, 'uniqueid']]);
  const isOlder = (first: number, second: number) =>
    rows.every((cells) => epochOf(textAt(cells, first)) <= epochOf(textAt(cells, second)));
  const [linked, unique] = isOlder(other, one) ? [other, one] : [one, other];
  if (!isOlder(linked, unique)) return undefined;
  return new Map([
    [unique, 'uniqueid'],
    [linked, 'linkedid'],
  ]);
}

function epochOf(text: string): number {
  return Number(/(\d{9,10})\.\d+$/.exec(text)?.[1]);
}

/** The calling channel, and the called one, which may be empty; the application that ran last. */
function namesOfChannels(rows: Rows, places: readonly number[]): Names {
  const isMostly = (at: number, test: RegExp) => {
    const filled = rows.map((cells) => textAt(cells, at)).filter((text) => text !== '');
    return filled.length > 0 && filled.every((text) => test.test(text));
  };
  const channels = places.filter((at) => isMostly(at, /^[A-Za-z]\w*\/\S+-[\da-f]{4,}(?:;[12])?$/));
  const [app] = places.filter((at) => isMostly(at, applications));
  if (channels.length !== 0 && channels.length !== 2) return undefined;
  const isFull = (at: number) => rows.every((cells) => textAt(cells, at) !== '');
  // Who calls always has one.
  const ordered = channels.toSorted((one, other) => Number(isFull(other)) - Number(isFull(one)));
  const names = new Map(ordered.map((at, index) => [at, index === 0 ? 'channel' : 'dstchannel']));
  return app === undefined ? names : names.set(app, 'lastapp');
}

const applications =
  /^(?:AppDial|AppQueue|Answer|BackGround|Bridge|Busy|ConfBridge|Congestion|Dial|Echo|Hangup|MeetMe|Page|Park|Playback|Queue|Read|Record|VoiceMail\w*|Wait\w*)$/i;

/**
 * Talk time stands before the disposition, the whole duration before it. One duration alone is talk time only where calls that nobody
 * answered have none.
 */
function namesOfDurations(rows: Rows, disposition: number): Names {
  const isSeconds = (at: number) =>
    at >= 0 && isColumnOf(rows, at, (text) => /^\d{1,6}(?:\.\d+)?$/.test(text));
  const talkOf = (cells: readonly string[]) => Number(textAt(cells, disposition - 1));
  if (!isSeconds(disposition - 1)) return undefined;
  if (isSeconds(disposition - 2)) {
    const isShorter = rows.every((cells) => talkOf(cells) <= Number(textAt(cells, disposition - 2)));
    return isShorter
      ? new Map([
          [disposition - 2, 'duration'],
          [disposition - 1, 'billsec'],
        ])
      : undefined;
  }
  const missed = rows.filter((cells) => textAt(cells, disposition) !== 'ANSWERED');
  const isTalk = missed.length > 0 && missed.every((cells) => talkOf(cells) === 0);
  return isTalk ? new Map([[disposition - 1, 'billsec']]) : undefined;
}
