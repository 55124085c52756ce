// Asterisk's columns where there is no header: the administrator may switch columns on and off, and add his own.

import { splitList } from '../cell-text.js';
import { epochOf } from './asterisk-parties.js';
import { inOrder, majority, type Rows, textAt } from './headerless.js';
import * as is from './shapes.js';

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
  amaflags, accountcode, uniqueid, userfield
`);

const disposition = is.words('ANSWERED', 'NO ANSWER', 'BUSY', 'FAILED', 'CONGESTION', 'CANCEL');
/** The three times stand one place further on in one order than in the other. */
const noTime: is.Shape = { is: 'no time', fits: (text) => !is.stamp.fits(text) };

/** Names the columns of cdr_csv's Master.csv. */
export const nameCsvColumns = inOrder({
  names: csvOrder,
  keys: { lastdata: noTime, start: is.stamp, disposition },
  tail: (own) => nameTail(own, csvOrder.length),
});

/** Names the columns of cdr_custom's file: in the order of the sample, else by the cells alone. */
export function nameCustomColumns(rows: Rows): readonly string[] | undefined {
  return nameSampleColumns(rows) ?? nameByCells(rows);
}

const nameSampleColumns = inOrder({
  names: customOrder,
  keys: { lastdata: noTime, start: is.stamp, disposition },
  tail: (own) => nameTail(own, customOrder.length),
});

/** Names the columns of a table `cdr` that was dumped without its header, whose times Excel may have written. */
export const nameTableColumns = inOrder({
  names: tableOrder,
  keys: {
    calldate: is.time,
    duration: is.count,
    billsec: is.count,
    disposition,
    uniqueid: is.asteriskId,
  },
  tail: (own) => likeliest(own, tableOrder.length),
});

/** The texts of a column that are not empty. */
function textsAt(rows: Rows, at: number): readonly string[] {
  return rows.map((cells) => textAt(cells, at)).filter((text) => text !== '');
}

/** Whether all texts of a column that are not empty are of a kind, and most are not empty. */
function isColumnOf(rows: Rows, at: number, fits: (text: string) => boolean, share = 0.9): boolean {
  const texts = textsAt(rows, at);
  return texts.length >= rows.length * share && texts.length > 0 && texts.every(fits);
}

/**
 * Names the columns behind the usual ones, from position `from` on: the ids by their cells, `userfield` and what newcdrcolumns adds
 * by their places beside them. All others are the administrator's own, and have no name.
 */
function nameTail(rows: Rows, from: number): readonly string[] {
  const width = rows[0]?.length ?? 0;
  const names = new Array<string>(width).fill('');
  const ids = [...names.keys()].filter((at) => at >= from && isColumnOf(rows, at, is.asteriskId.fits, 0.5));
  const [first = width, second = width] = ids;
  const isNumbered = (at: number) => at < width && isColumnOf(rows, at, is.count.fits);
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
const looks: Readonly<Record<string, (text: string) => boolean>> = {
  did: (text) => number.test(text),
  recordingfile: (text) => /\.(?:wav|mp3|gsm|ogg|opus)$/i.test(text),
  cnum: (text) => number.test(text),
  outbound_cnum: (text) => number.test(text),
  linkedid: is.asteriskId.fits,
  sequence: is.count.fits,
};

/**
 * The likeliest names of the columns from position `from` on; versions differ by a column or two. A text that looks like its column
 * speaks for a layout, any other against it.
 */
function likeliest(rows: Rows, from: number): readonly string[] | undefined {
  const scoreOf = (names: readonly string[]) =>
    names
      .flatMap((name, at) => textsAt(rows, from + at).map((text) => looks[name]?.(text)))
      .reduce((sum, isLike) => sum + (isLike === undefined ? 0 : isLike ? 1 : -2), 0);
  const all = layouts((rows[0]?.length ?? 0) - from).map((names) => ({ names, score: scoreOf(names) }));
  return all.reduce<(typeof all)[0] | undefined>(
    (best, one) => (best === undefined || one.score > best.score ? one : best),
    undefined,
  )?.names;
}

/** So many columns: all in order, some at the end or one missing; columns of the administrator's own have no name. */
function layouts(count: number): readonly (readonly string[])[] {
  if (count < 0) return [];
  return [inTable, inReport].flatMap((all) => {
    const own = new Array<string>(Math.max(0, count - all.length)).fill('');
    const lacking = count === all.length - 1 ? all.map((left) => all.filter((name) => name !== left)) : [];
    return [[...all.slice(0, count), ...own], ...lacking];
  });
}

/** Columns with their names. */
type Named = readonly (readonly [at: number, name: string])[];

/**
 * Names the columns of an order of the administrator's own by their cells alone: one disposition, talk time before it, one time or
 * three, two numbers, an id; channels and applications where they are. undefined where one is missing, or may be another.
 */
function nameByCells(rows: Rows): readonly string[] | undefined {
  const own = majority(rows, [...csvOrder, 'calldate', 'uniqueid', 'linkedid'], (cells) =>
    [disposition, is.stamp].every(({ fits }) => cells.some((cell) => fits(cell.trim()))),
  );
  const [first] = own ?? [];
  if (own === undefined || first === undefined) return undefined;
  const places = [...first.keys()];
  const [result, ...otherResults] = places.filter((at) => isColumnOf(own, at, disposition.fits));
  if (result === undefined || otherResults.length > 0) return undefined;
  const groups = [
    namesOfTimes(own, places),
    namesOfDurations(own, result),
    namesOfIds(own, places),
    namesOfChannels(own, places),
  ];
  if (groups.includes(undefined)) return undefined;
  const named = new Map(groups.flatMap((group) => group ?? []));
  named.set(result, 'disposition');
  const sides = places.filter((at) => !named.has(at) && isColumnOf(own, at, isDialled));
  const [src, dst] = sides;
  if (src === undefined || dst === undefined || sides.length > 2) return undefined;
  const isTurned = namesCallerIn(own, dst) && !namesCallerIn(own, src);
  named.set(src, isTurned ? 'dst' : 'src').set(dst, isTurned ? 'src' : 'dst');
  return places.map((at) => named.get(at) ?? '');
}

/** Whether the numbers of a column stand in brackets in another one, `"Desk" <101>`: that names who calls. */
function namesCallerIn(rows: Rows, at: number): boolean {
  return rows.every((cells) => cells.some((cell) => cell.includes(`<${textAt(cells, at)}>`)));
}

function isDialled(text: string): boolean {
  return /^[+*#]?\d{2,}$|^[sithv]$/.test(text);
}

/** One time is the start, three are start, answer (which may be empty) and end; of two nobody knows. */
function namesOfTimes(rows: Rows, places: readonly number[]): Named | undefined {
  const times = places.filter((at) => isColumnOf(rows, at, is.stamp.fits, 0));
  const names = ['start', 'answer', 'end'];
  return times.length === 1 || times.length === 3
    ? times.map((at, nth) => [at, names[nth] ?? ''])
    : undefined;
}

/** The id of a row is never older than that of its call. */
function namesOfIds(rows: Rows, places: readonly number[]): Named | undefined {
  const [one, other, more] = places.filter((at) => isColumnOf(rows, at, is.asteriskId.fits));
  if (one === undefined || more !== undefined) return undefined;
  if (other === undefined) return [[one, 'uniqueid']];
  const isOlder = (first: number, second: number) =>
    rows.every((cells) => epochOf(textAt(cells, first)) <= epochOf(textAt(cells, second)));
  const isTurned = !isOlder(other, one);
  if (isTurned && !isOlder(one, other)) return undefined;
  return [
    [one, isTurned ? 'linkedid' : 'uniqueid'],
    [other, isTurned ? 'uniqueid' : 'linkedid'],
  ];
}

/** The calling channel, and the called one, which may be empty; the application that ran last. */
function namesOfChannels(rows: Rows, places: readonly number[]): Named | undefined {
  const channels = places.filter((at) => isColumnOf(rows, at, (text) => channel.test(text), 0));
  const [app] = places.filter((at) => isColumnOf(rows, at, (text) => applications.test(text), 0));
  if (channels.length !== 0 && channels.length !== 2) return undefined;
  // Who calls always has one.
  const isFull = (at: number) => textsAt(rows, at).length === rows.length;
  const ordered = channels.toSorted((one, other) => Number(isFull(other)) - Number(isFull(one)));
  const names: Named = ordered.map((at, nth) => [at, nth === 0 ? 'channel' : 'dstchannel']);
  return app === undefined ? names : [...names, [app, 'lastapp']];
}

const channel = /^[A-Za-z]\w*\/\S+-[\da-f]{4,}(?:;[12])?$/;
const applications =
  /^(?:AppDial|AppQueue|Answer|BackGround|Bridge|Busy|ConfBridge|Congestion|Dial|Echo|Hangup|MeetMe|Page|Park|Playback|Queue|Read|Record|VoiceMail\w*|Wait\w*)$/i;

/**
 * Talk time stands before the disposition, the whole duration before it. One duration alone is talk time only where calls that nobody
 * answered have none.
 */
function namesOfDurations(rows: Rows, disposition: number): Named | undefined {
  const [whole, talk] = [disposition - 2, disposition - 1];
  const isSeconds = (at: number) => at >= 0 && isColumnOf(rows, at, is.seconds.fits);
  const secondsAt = (cells: readonly string[], at: number) => Number(textAt(cells, at));
  if (!isSeconds(talk)) return undefined;
  if (isSeconds(whole)) {
    const isShorter = rows.every((cells) => secondsAt(cells, talk) <= secondsAt(cells, whole));
    return isShorter
      ? [
          [whole, 'duration'],
          [talk, 'billsec'],
        ]
      : undefined;
  }
  const missed = rows.filter((cells) => textAt(cells, disposition) !== 'ANSWERED');
  const isTalk = missed.length > 0 && missed.every((cells) => secondsAt(cells, talk) === 0);
  return isTalk ? [[talk, 'billsec']] : undefined;
}
