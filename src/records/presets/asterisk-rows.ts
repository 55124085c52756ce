// What all files of Asterisk's family share.

import { type CallStatus, callStatuses } from '../../core/call.js';
import type { Parsed } from '../../core/errors.js';
import { splitList } from '../cell-text.js';
import { asteriskColumns, asteriskTimes, contradictionOf } from './asterisk-checks.js';
import { directionOf, type Parties, partiesOf } from './asterisk-parties.js';
import {
  type Cell,
  firstText,
  type IsExtension,
  kindBy,
  type Preset,
  type RawFields,
  type RowKind,
  statusOf,
} from './preset.js';
import * as is from './shapes.js';

/** The fields of a call from a row of Asterisk, whatever the order of its columns. */
function read(cell: Cell, isExtension: IsExtension): RawFields {
  const parties = partiesOf(cell, isExtension);
  const { src, dst, did, cnum, calling, called, leadsOut } = parties;
  const type = directionOf(parties, cell);
  const [own, call] = [cell('uniqueid'), cell('linkedid')];
  const outside = src || cnum;
  return {
    uuid: call || own,
    date: firstText(cell, 'calldate', 'start'),
    billsec: cell('billsec'),
    link: firstText(cell, 'recordingfile', 'filename'),
    type,
    caller: type === 'inbound' ? outside : calling || outside,
    to: type === 'outbound' ? dst : called || (leadsOut ? dst : did || dst),
    kind: asteriskRowKind(cell),
    status: asteriskStatus(cell),
    skip: type === 'internal' && /^\d$/.test(dst) ? operator(dst) : skipInnerLeg(cell, parties),
    problem: contradictionOf(cell, parties),
    // Without one of the two columns a row is all that is known of its call.
    isRoot: own === '' || call === '' || own === call,
  };
}

/** One digit reaches somebody inside, the operator in most systems. */
function operator(dst: string): string {
  return `type: an internal call (dst "${dst}" is a code of the phone system, no outside number)`;
}

/**
 * `billsec` counts only where the row is ANSWERED and another channel was there: rows NO ANSWER with a billsec occur.
 * A queue that rings its people through Local channels has a row each for them, where only their talk is counted.
 */
export function asteriskRowKind(cell: Cell): Parsed<RowKind> {
  const app = cell('lastapp').toLowerCase();
  // A file may have no column of channels: then its disposition is all that tells.
  const isAlone = cell('dstchannel') === '' && (app !== '' || cell('channel') !== '');
  if (isMailboxRow(cell) || (isAlone && !app.includes('dial'))) return 'automated';
  if (isAlone) return 'unanswered';
  const kind = kindOf(cell('disposition'));
  if (kind !== 'talk') return kind;
  return app === 'queue' && cell('dstchannel').startsWith('Local/') ? 'queue' : 'talk';
}

/** The words of Asterisk for what became of a channel. */
export const dispositionKinds = {
  talk: /^ANSWERED$/i,
  unanswered: /^(?:NO ANSWER|BUSY|FAILED|CONGESTION|CANCEL)$/i,
};
const kindOf = kindBy('disposition', dispositionKinds);

const isMailboxRow = (cell: Cell) =>
  cell('lastapp').toLowerCase().startsWith('voicemail') || cell('dst').startsWith('vm');

const wordsOfDisposition = statusOf({ busy: /^BUSY$/i, 'no answer': /^NO ANSWER$/i });

/** Voicemail took the call, else what `disposition` says. */
export function asteriskStatus(cell: Cell): CallStatus | undefined {
  return isMailboxRow(cell) ? callStatuses['left a message'] : wordsOfDisposition(cell('disposition'));
}

/** Without linkedid nothing joins the leg from a queue or group to its call: the row of the queue already names the person. */
function skipInnerLeg(cell: Cell, { src, dst, channel, isExtension }: Parties): string | undefined {
  if (!channel.startsWith('Local/') || cell('linkedid') !== '') return undefined;
  const rung = /^Local\/(\d+)@.*;2$/.exec(channel)?.[1];
  if (rung === undefined || rung !== dst || !isExtension(rung) || isExtension(src)) return undefined;
  return `type: a leg inside the phone system (channel "${channel.slice(0, 60)}")`;
}

/** What tells the rows of one call apart. */
const rowKey = splitList(`
  uniqueid, sequence, calldate, start, src, dst, channel, dstchannel, lastapp, duration, billsec
`);

/** Where rows always have an id of their own: in the table, and what is made of it. */
export const ofTable = { forms: [{ ...asteriskColumns, uniqueid: is.filled(asteriskColumns.uniqueid) }] };

/**
 * A row without the called channel is a menu or an announcement; a queue waits; legs of a call share linkedid: nobody could tell
 * without the columns. A table without any of them says nothing of such things.
 */
function refuse(has: (column: string) => boolean): string | undefined {
  const absent = (column: string, without: string) =>
    `it has no column ${column}, without which ${without}: export it too`;
  if ((has('channel') || has('lastapp')) && !has('dstchannel'))
    return absent('dstchannel', 'an announcement looks like a conversation');
  if (has('dstchannel') && !has('channel'))
    return absent('channel', 'a call that is led on looks like its own leg');
  // The table has them all; a log of one's own may have been made without.
  if (!has('calldate')) return undefined;
  if (has('dstchannel') && !has('lastapp'))
    return absent('lastapp', 'waiting in a queue looks like a conversation');
  return has('sequence') && !has('linkedid')
    ? absent('linkedid', 'parts of a call look like calls')
    : undefined;
}

/** How the presets of this family read their rows. */
export const asteriskRows = {
  read,
  refuse,
  rowsPerCall: 'several',
  rowKey,
  forms: [asteriskColumns],
  times: asteriskTimes,
  id: is.asteriskId,
} as const satisfies Partial<Preset>;

/** What becomes what, for the guides of this family. */
export const asteriskBecomes = {
  uuid: 'linkedid, else uniqueid: rows that share it are one call',
  type: 'did, outbound_cnum, dcontext of FreePBX; else from which side is an extension (--internal)',
  caller: 'inbound: src; outbound: the extension in channel, cnum or src',
  to: 'inbound: the extension in dstchannel, else dst, else did; outbound: dst',
  billsec: 'billsec, where disposition is ANSWERED and somebody was connected; else 0',
  call_status:
    'a message was left where voicemail took the call; disposition BUSY is busy; else by talk time',
};

/** What is lost, for the guides of this family. */
export const asteriskLost = [
  'Announcements, menus and voicemail are no talk: such a call is a missed one.',
  'Time in a queue before somebody answers is part of billsec where no row of its own holds the talk.',
  'Without linkedid (Asterisk up to 11, FreePBX up to 14) the parts of a transfer are calls of their own.',
];
