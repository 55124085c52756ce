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

/** A text of a certain form, for what one system alone writes. */
export function like(is: string, pattern: RegExp): Shape {
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
/** 2024-11-20 10:15:00, as databases write it. */
export const stamp = like('a time', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
export const unixTime = like('a time in unix seconds', /^(?:0|1\d{9})$/);
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
export const count = like('a number', /^\d{1,9}$/);
/** An id of a record in whatever form: one word. */
export const key = like('an id', /^[\w{}.:=+/-]{1,64}$/);
/** A word in capitals: TELECOM_BUSY. */
export const constant = like('a word in capitals', /^[A-Z][A-Z\d]*(?:_[A-Z\d]+)*$/);
/** The address of a file, or its name. */
export const link = like('the address of a file', /[./]/);
/** A name of somebody to log in with; a number where people have one. */
export const login = like('a login', /^[^\s:/]+$/);
/** A code of one to five digits. */
export const code = like('a code', /^\d{1,5}$/);
export const flag = words('0', '1', 'true', 'false', 'yes', 'no');
/** What became of a call, in one word of letters: ANSWER, VM-SUCCESS. */
export const disposition = like('a disposition', /^[A-Za-z][A-Za-z -]*$/);
export const asteriskId = like('a unique id', /^(?:[\w.-]*-)?\d{9,10}\.\d+$/);
export const uuid = like('a UUID', /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i);
/** `SIP/101-0000001f`, `Local/101@from-queue-00000012;1`; not `SIP/101,30`, which is told to Dial. */
export const channel = like('a channel', /^[A-Za-z]\w*\/[^,\s|]+$|^OutgoingSpoolFailed$/);
/** An application of Asterisk or FreeSWITCH. */
export const application = like('an application', /^[A-Za-z]+[A-Za-z_]*\d*$/);
/** A word of Q.850 as FreeSWITCH writes it: NORMAL_CLEARING. */
export const hangupCause: Shape = {
  is: 'a hangup cause',
  fits: (given) => constant.fits(given) && !results.has(given),
};

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
export const telephone = like(
  'a telephone number',
  /^(?:sips?:|tel:)?[+*#]?\d[\d*#()\s-]*(?:@.*)?$|^sips?:|^(?:anonymous|unknown|private|restricted|unavailable|withheld)$/i,
);
/** An extension, where systems have no others: digits alone, at least two. */
export const extension = like('an extension', /^\d{2,7}$/);
/** A telephone number of so many digits at least. */
function numberFrom(digits: number, is: string): Shape {
  return { is, fits: (given) => (isDigits(given) ? given.length >= digits : telephone.fits(given)) };
}
/** A number of somebody of the company: no single digit. */
export const employee = numberFrom(2, 'a telephone number');
/** A number of a client: no single digit, and no two of them. */
export const client = numberFrom(3, 'a telephone number');
/** A number by which the company is called from outside: no extension. */
export const line = numberFrom(5, 'a telephone number of the company');
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
