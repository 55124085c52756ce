// What the texts of a column look like.

import { isDigits } from '../cell-text.js';

/** What the texts of a column look like; asked of texts that are not empty. */
export interface Shape {
  /** What such a text is, for the reason of a row that has another. */
  readonly is: string;
  readonly fits: (text: string) => boolean;
  /** Every row has one. */
  readonly filled?: boolean;
  /** Every row has one that has a text in this column (not 0), where the file has both. */
  readonly filledWith?: string;
}

/** The shapes of the columns of a system, by their names. */
export type Shapes = Readonly<Record<string, Shape>>;

function shape(is: string, pattern: RegExp): Shape {
  return { is, fits: (text) => pattern.test(text) };
}

/** 2024-11-20 10:15:00: what most files write; asked of every row, before any expression. */
function isIsoTime(text: string): boolean {
  const { length } = text;
  return length >= 16 && text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45 && text.charCodeAt(13) === 58;
}

/** Every row has such a text. */
export function filled(one: Shape): Shape {
  return { ...one, filled: true };
}

/** Where a row has a text in the other column, it has one in this. */
export function filledWith(column: string, one: Shape): Shape {
  return { ...one, filledWith: column };
}

/** One of these words, whatever their case. */
export function words(...known: readonly string[]): Shape {
  const all = new Set([...known, ...known.map((word) => word.toLowerCase())]);
  return { is: `one of ${known.join(', ')}`, fits: (text) => all.has(text) || all.has(text.toLowerCase()) };
}

export const time: Shape = {
  is: 'a time',
  fits: (text) =>
    isIsoTime(text) || (text.length > 10 && text.includes(':', 9) && /^\d{1,4}[-/.]\d/.test(text)),
};
export const unixMilliseconds = shape('a time in unix milliseconds', /^1\d{12}$/);
export const unixTime = shape('a time in unix seconds', /^(?:0|1\d{9})$/);
const mailTime = /^[A-Z][a-z]{2}, \d\d? [A-Z][a-z]{2} \d{4} \d\d:\d\d/;
/** A time as APIs write it: ISO 8601, RFC 2822, unix seconds. */
export const moment: Shape = {
  is: 'a time',
  fits: (text) => time.fits(text) || unixTime.fits(text) || mailTime.test(text),
};
export const seconds: Shape = {
  is: 'a number of seconds',
  fits: (text) => (text.length <= 6 && isDigits(text)) || (text.length <= 12 && /^\d{1,6}\.\d+$/.test(text)),
};
/** Seconds, or hours, minutes and seconds. */
export const duration: Shape = {
  is: 'a duration',
  fits: (text) => seconds.fits(text) || /^(?:\d+:)?\d{1,2}:\d\d(?:\.\d+)?$|^PT[\dHMS.]+$/.test(text),
};
export const count = shape('a number', /^\d{1,9}$/);
/** An id of a record in whatever form: one word. */
export const key = shape('an id', /^[\w{}.:=+/-]{1,64}$/);
/** A word in capitals: TELECOM_BUSY. */
export const constant = shape('a word in capitals', /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)*$/);
/** The address of a file, or its name. */
export const link = shape('the address of a file', /[./]/);
/** A name of somebody to log in with; a number where people have one. */
export const login = shape('a login', /^[^\s:/]+$/);
/** A code of one to five digits. */
export const code = shape('a code', /^\d{1,5}$/);
/** A cause of Q.850, or Cisco's own. */
export const cause = shape('a cause', /^-?\d{1,10}$/);
/** A name of a device: never digits alone. */
export const device = shape('the name of a device', /[A-Za-z]/);
/** A channel, or what MikoPBX writes of a queue or a menu: `Queue:QUEUE-1`. */
export const calledChannel: Shape = {
  is: 'a channel',
  fits: (given) => channel.fits(given) || /^\w+:\S/.test(given),
};
/** What Grandstream joins the rows of a call by. */
export const session = shape('a session', /^\d{10,}[\d.]*-/);
/** What joins them in one of its files: the session, or Asterisk's id where there is none. */
export const sessionOrId: Shape = {
  is: 'a session',
  fits: (given) => session.fits(given) || asteriskId.fits(given),
};
export const action = shape('an action', /^[A-Z]+(?:_[A-Z]+)*(?:\[.*\])?$/);
export const history = shape('a number of the call history', /^(?:Call )?\d+$/);
export const callHistory = shape('a number of the call history', /^Call \d+$/);
export const chain = shape('a chain of parties', /^Chain:/);
export const flag = words('0', '1', 'true', 'false', 'yes', 'no');
/** An id of Twilio: CA and 32 digits of a hexadecimal number. */
export const sid = shape('a SID', /^[A-Z]{2}[\da-zA-Z]{2,}$/);
/** An id of Zadarma's PBX, which begins with the direction. */
export const pbxCall = shape('an id of the PBX', /^(?:in|out)_\w+$/);
/** An account of Zadarma: `12345-100`, `100`, `0` for the scenario that answers first. */
export const sipAccount = shape('a SIP account', /^(?:\d+-)?\d+$/);
/** What became of a call, in one word of letters: ANSWER, VM-SUCCESS. */
export const disposition = shape('a disposition', /^[A-Za-z][A-Za-z -]*$/);
export const asteriskId = shape('a unique id', /^(?:[\w.-]*-)?\d{9,10}\.\d+$/);
export const uuid = shape('a UUID', /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i);
/** `SIP/101-0000001f`, `Local/101@from-queue-00000012;1`; not `SIP/101,30`, which is told to Dial. */
export const channel = shape('a channel', /^[A-Za-z]\w*\/[^,\s|]+$|^OutgoingSpoolFailed$/);
/** An application of Asterisk or FreeSWITCH. */
export const application = shape('an application', /^[A-Za-z]+[A-Za-z_]*\d*$/);
/** A word of Q.850 as FreeSWITCH writes it: NORMAL_CLEARING. */
export const hangupCause: Shape = { ...constant, is: 'a hangup cause' };

/** What certainly is no text of people, no number and no name. */
const machine =
  /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d|^(?:[\w.-]*-)?\d{10}\.\d+$|^(?:PJSIP|SIP|IAX2?|DAHDI|Zap|Local|SCCP|Skinny|Dongle|USER)\/\S*-[\da-f]+(?:;[12])?$/;
const results = new Set(['ANSWERED', 'NO ANSWER', 'BUSY', 'FAILED', 'CONGESTION']);

/** Anything but a time, a unique id, a channel and a word for what became of a call. */
export const text: Shape = {
  is: 'a text of its own',
  // Most texts are short.
  fits: (given) => (given.length < 12 ? !results.has(given) : !machine.test(given)),
};
/** `"Smith, John" <101>`: a name with a comma is followed by a number. */
export const callerId: Shape = {
  is: 'the name and number of a caller',
  fits: (given) => text.fits(given) && (!given.includes(',') || /<[^<>]*>"?$/.test(given)),
};
/** A telephone number or an extension, bare or as an address of SIP, or a word for a caller that hides it; no name. */
export const telephone = shape(
  'a telephone number',
  /^(?:sips?:|tel:)?[+*#]?\d[\d*#()\s-]*(?:@.*)?$|^sips?:|^(?:anonymous|unknown|private|restricted|unavailable|withheld)$/i,
);
/** A number of the own system, or of the company: at least two digits. */
export const ownNumber = shape('a number', /^\+?\d[\d*#-]+$|^[a-z]$/);
/** A telephone number or an extension, in whatever wrapping; the name of a caller, a step of a dialplan. */
export const party: Shape = {
  is: 'a number',
  fits: (given) => isDigits(given) || (text.fits(given) && !given.includes('/') && !/^\d+:\d\d/.test(given)),
};

/** Whether a duration is certainly shorter than another, which should be a part of it; texts that are none say nothing. */
export function lessThan(whole: string, part: string): boolean {
  return secondsIn(whole) + 2 < secondsIn(part);
}

/** NaN for what is no duration of this form. */
function secondsIn(given: string): number {
  if (given.length <= 6 && isDigits(given)) return Number(given);
  if (given === '' || !duration.fits(given)) return Number.NaN;
  if (given.startsWith('PT')) return ofIso(given);
  return given.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** PT1M38S, as ISO 8601 writes it. */
function ofIso(given: string): number {
  const [, hours, minutes, rest] = /^PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?$/.exec(given) ?? [];
  return [hours, minutes, rest].reduce((sum, part = '0') => sum * 60 + Number(part), 0);
}

/**
 * Whether times stand in their order: texts as ISO 8601 writes them, or unix seconds; empty ones and others say nothing.
 *
 * @param lasted how long it all took: in the night when summer time ends, a clock shows an earlier time at the end
 */
function inOrder(times: readonly (string | undefined)[], lasted: string): boolean {
  if (isSorted(times)) return true;
  const given = times.map(clockOf).filter((one) => !Number.isNaN(one));
  const [first = 0, last = 0] = [given[0], given.at(-1)];
  if (given.every((one, at) => at === 0 || (given[at - 1] ?? 0) <= one)) return true;
  return Math.abs(last + 3600 - first - secondsIn(lasted)) <= 2;
}

/** The times and durations of a row, as texts; '' or absent for what the row does not say. */
export interface Times {
  readonly start?: string | undefined;
  readonly answer?: string | undefined;
  readonly end?: string | undefined;
  readonly whole?: string;
  readonly talk?: string;
}

/** Why the times and durations of a row cannot all be right, in words; undefined where they agree. */
export function timesContradict({
  start = '',
  answer = '',
  end = '',
  whole = '',
  talk = '',
}: Times): string | undefined {
  if (lessThan(whole, talk)) return `the talk time of ${talk} is longer than the whole duration of ${whole}`;
  return inOrder([start, answer, end], whole) ? undefined : 'start, answer and end are not in this order';
}

/** Texts of one form stand in their order when they are sorted; asked of every row, as most are. */
function isSorted(times: readonly (string | undefined)[]): boolean {
  let before = '';
  for (const one of times) {
    if (one === undefined || one === '' || one === '0') continue;
    if (before !== '' && (before.length !== one.length || before > one)) return false;
    before = one;
  }
  return true;
}

const iso = /^(\d{4})[-/](\d\d)[-/](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?/;

/** Seconds of a clock, wherever it stands; NaN for any other text. */
function clockOf(given: string | undefined): number {
  if (given === undefined || given === '') return Number.NaN;
  if (unixTime.fits(given)) return given === '0' ? Number.NaN : Number(given);
  const [, year, month, date, hour, minute, second = '0'] = iso.exec(given)?.map(Number) ?? [];
  if (year === undefined) return Number.NaN;
  return Date.UTC(year, Number(month) - 1, date, hour, minute, Number(second)) / 1000;
}
