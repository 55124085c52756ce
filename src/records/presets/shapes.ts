// What the texts of a column look like.

import { isDigits } from '../cell-text.js';

/** What the texts of a column look like; asked of texts that are not empty. */
export interface Shape {
  /** What such a text is, for the reason of a row that has another. */
  readonly is: string;
  readonly fits: (text: string) => boolean;
  /** A file without this column is none of the system. */
  readonly needed?: boolean;
  /** Every row has one. */
  readonly filled?: boolean;
  /** Every row has one that has a text in this column (not 0), where the file has both; `a|b`: in the one or the other. */
  readonly filledWith?: string;
  /** Older versions of the system do not fill it: no row is without one that began after a row with one. */
  readonly filledSince?: boolean;
  /** The rows of a call share it: where it is not what it should be, a row may be of any call. */
  readonly joins?: boolean;
}

/** The shapes of the columns of a system, by their names; `a|b`: under the one name or the other. */
export type Shapes = Readonly<Record<string, Shape>>;

function shape(is: string, pattern: RegExp): Shape {
  return { is, fits: (text) => pattern.test(text) };
}

/** 2024-11-20 10:15:00: what most files write; asked of every row, before any expression. */
function isIsoTime(text: string): boolean {
  const { length } = text;
  return length >= 16 && text.charCodeAt(4) === 45 && text.charCodeAt(7) === 45 && text.charCodeAt(13) === 58;
}

/** Every row has such a text, and so every file the column. */
export function filled(one: Shape): Shape {
  return { ...one, needed: true, filled: true };
}

/** Every file has the column; cells may be empty. */
export function needed(one: Shape): Shape {
  return { ...one, needed: true };
}

/** A file may be without the column. */
export function ifThere(one: Shape): Shape {
  return { ...one, needed: false };
}

/** The rows of a call share such a text. */
export function joins(one: Shape): Shape {
  return { ...one, joins: true };
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
export const wholeSeconds = shape('a number of seconds', /^\d{1,6}$/);
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
export const history = shape('a number of the call history', /^(?:Call )?[1-9]\d{0,8}$/);
export const callHistory = shape('a number of the call history', /^Call \d+$/);
/** One leg of a call of 3CX: a number of its exchange, an underscore, a count. */
export const callLeg = shape('the id of a leg', /^[\da-z]+_\d+$/i);
export const clockDuration = shape('a duration', /^\d+:\d\d:\d\d$/);
/** `Ext.10013`, or a number outside. */
export const cdrParty = shape(
  'a number or an extension',
  /^Ext\.\S+$|^[+*#]?\d{2,}[\d*#]*$|^(?:anonymous|unknown|private)$/i,
);
export const sessionNumber = shape('the number of a session', /^\d{5,}$/);
/** The id of a leg in MikoPBX: that of its channel, and letters behind it. */
export const legId = shape('the id of a leg', /\d{9,10}\.\d+/);
/** The id of a call in a list of Yeastar: no telephone number. */
export const pageId = shape('the id of a call', /^\d{4,}[-.]\S+$|^(?=.*[A-Za-z])[\w.-]+$/);
/** Where a call of Mango came from, in a word; never what stands in entry_id. */
export const location = shape('a place', /^\D{0,40}$/);
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

export const anything: Shape = { is: 'a text', fits: () => true };
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
/** An extension, where systems have no others: digits alone, at least two. */
export const extension = shape('an extension', /^\d{2,7}$/);
/** A number of somebody of the company: no single digit. */
export const employee: Shape = {
  is: 'a telephone number',
  fits: (given) => (isDigits(given) ? given.length > 1 : telephone.fits(given)),
};
/** A number of a client: no single digit, and no two of them. */
export const client: Shape = {
  is: 'a telephone number',
  fits: (given) => (isDigits(given) ? given.length > 2 : telephone.fits(given)),
};
/** A number by which the company is called from outside: no extension. */
export const line: Shape = {
  is: 'a telephone number of the company',
  fits: (given) => (isDigits(given) ? given.length > 4 : telephone.fits(given)),
};
/** What a telephone of Asterisk dialled, or a step of its dialplan: `101`, `*97`, `s`, `vmu114`; `6500(1001)` of Yeastar. */
export const dialled: Shape = {
  is: 'a number',
  fits: (given) =>
    isDigits(given) || (text.fits(given) && /^[^\s"<>()/]+(?:\((?:from )?\d+\))?$/.test(given)),
};
/** The name of a context of a dialplan: no telephone number. */
export const context: Shape = {
  is: 'the name of a context',
  fits: (given) => given.charCodeAt(0) > 96 || (text.fits(given) && !/^\+?\d{5,}$/.test(given)),
};
/** A number of the own system, or of the company: at least two digits. */
export const ownNumber = shape('a number', /^\+?\d[\d*#-]+$|^[a-z]$/);
/** The number of a caller without its brackets, or the name of one that hides it. */
export const callerNumber: Shape = {
  is: 'a number',
  fits: (given) => isDigits(given) || (party.fits(given) && !/[<>"]/.test(given)),
};
/** A telephone number or an extension, in whatever wrapping; the name of a caller, a step of a dialplan. */
export const party: Shape = {
  is: 'a number',
  fits: (given) => isDigits(given) || (text.fits(given) && !given.includes('/') && !/^\d+:\d\d/.test(given)),
};
