import { type CallStatus, callStatuses } from '../../core/call.js';
import type { Parsed } from '../../core/errors.js';
import { splitList } from '../cell-text.js';
import {
  bracketed,
  type Cell,
  extensionOf,
  firstText,
  type IsExtension,
  kindBy,
  type Preset,
  type RawFields,
  type RowKind,
  statusOf,
} from './preset.js';

/** The extension that calls: of its channel, for `src` may hold the number that is shown outside. Local channels are go-betweens. */
function callingExtension(cell: Cell, isExtension: IsExtension): string {
  const channel = cell('channel');
  const own = channel.startsWith('Local/') ? '' : extensionOf(channel, isExtension);
  return own || [cell('cnum'), cell('src')].find(isExtension) || '';
}

/** The extension that is called: of its channel, for `dst` may be a queue or a group; of a mailbox (`vmu114`), its owner's. */
function calledExtension(cell: Cell, isExtension: IsExtension): string {
  const dst = /^(?:vm[a-z]{0,2})?(\d+)$/.exec(cell('dst'))?.[1] ?? '';
  return extensionOf(cell('dstchannel'), isExtension) || (isExtension(dst) ? dst : '');
}

/** An outside number, not a feature code (`*97`), the operator (`0`) or a step of the dialplan (`s`, `hangup`). */
function isOutside(dst: string, isExtension: IsExtension): boolean {
  return /^\+?\d\d/.test(dst) && !isExtension(dst);
}

const fromOutside = /^from-(?:trunk|pstn|did)/;

/**
 * Asterisk writes no direction: it follows from `did` and the contexts of FreePBX, else from who is an extension. '' where
 * nothing tells.
 */
function direction(cell: Cell, isExtension: IsExtension): Direction {
  const [context, did] = [cell('dcontext'), cell('did')];
  const calling = callingExtension(cell, isExtension);
  // FreePBX fills did for a call from an extension to a number of the same system, too: out through a trunk, and back.
  const isOwnWay = did !== cell('dst') || !isOutside(did, isExtension) || calling === '';
  if ((did !== '' && isOwnWay) || fromOutside.test(context)) return 'inbound';
  if (cell('outbound_cnum') !== '') return 'outbound';
  const leadsOut = isOutside(cell('dst'), isExtension);
  const called = calledExtension(cell, isExtension);
  const isCode = /^(?:[*#]|\d$)/.test(cell('dst'));
  if (isOutside(cell('src'), isExtension) && !isExtension(cell('cnum'))) {
    // Trunks and gateways may have names of digits: 4001 in SIP/4001-00000010 is then no extension.
    if (!leadsOut && !isCode) return 'inbound';
    if (leadsOut && calling !== '' && called !== '') return '';
  }
  if (calling !== '') return leadsOut ? 'outbound' : 'internal';
  // Through a Local channel a call that came in is led on, to a mobile for instance.
  const isLedOn = cell('channel').startsWith('Local/') || called !== '';
  if (leadsOut && !isLedOn && context.startsWith('from-internal')) return 'outbound';
  return leadsOut && called === '' && cell('channel') === '' ? '' : 'inbound';
}

/** The fields of a call from a row of Asterisk, whatever the order of its columns. */
function read(cell: Cell, isExtension: IsExtension): RawFields {
  const type = direction(cell, isExtension);
  const [own, call] = [cell('uniqueid'), cell('linkedid')];
  const outside = firstText(cell, 'src', 'cnum') || bracketed(cell('clid'));
  return {
    uuid: call || own,
    date: firstText(cell, 'calldate', 'start'),
    billsec: cell('billsec'),
    link: firstText(cell, 'recordingfile', 'filename'),
    type,
    caller: type === 'inbound' ? outside : callingExtension(cell, isExtension) || outside,
    to: type === 'outbound' ? cell('dst') : calledNumber(cell, isExtension),
    kind: asteriskRowKind(cell),
    status: asteriskStatus(cell),
    skip: skip(cell, type, isExtension),
    lasted: [cell('duration')],
    ended: [cell('end')],
    // Without one of the two columns a row is all that is known of its call.
    isRoot: own === '' || call === '' || own === call,
  };
}

function calledNumber(cell: Cell, isExtension: IsExtension): string {
  const dst = cell('dst');
  const called = calledExtension(cell, isExtension);
  return called || (isOutside(dst, isExtension) ? dst : cell('did') || dst);
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

type Direction = 'inbound' | 'outbound' | 'internal' | '';

/** Why a row is not sent, though nothing is wrong with it. */
function skip(cell: Cell, type: Direction, isExtension: IsExtension): string | undefined {
  // One digit reaches somebody inside, the operator in most systems.
  if (type === 'internal' && /^\d$/.test(cell('dst')))
    return `type: an internal call (dst "${cell('dst')}" is a code of the phone system, no outside number)`;
  return skipInnerLeg(cell, isExtension);
}

/** Without linkedid nothing joins the leg from a queue or group to its call: the row of the queue already names the person. */
function skipInnerLeg(cell: Cell, isExtension: IsExtension): string | undefined {
  if (cell('linkedid') !== '') return undefined;
  const rung = /^Local\/(\d+)@.*;2$/.exec(cell('channel'))?.[1];
  if (rung === undefined || rung !== cell('dst') || !isExtension(rung) || isExtension(cell('src')))
    return undefined;
  return `type: a leg inside the phone system (channel "${cell('channel').slice(0, 60)}")`;
}

/** What tells the rows of one call apart. */
const rowKey = splitList(`
  uniqueid, sequence, calldate, start, src, dst, channel, dstchannel, lastapp, duration, billsec
`);

/** Columns that no file of this family can do without. */
export const asteriskNeeds = [['start', 'calldate'], ['src'], ['dst'], ['billsec'], ['disposition']] as const;

/** A row without the called channel is a menu or an announcement: without the column nobody could tell them from talk. */
function refuse(has: (column: string) => boolean): string | undefined {
  return (has('channel') || has('lastapp')) && !has('dstchannel')
    ? 'it has no column dstchannel, without which an announcement looks like a conversation: export it too'
    : undefined;
}

/** How the presets of this family read their rows. */
export const asteriskRows = {
  read,
  refuse,
  rowsPerCall: 'several',
  rowKey,
} as const satisfies Partial<Preset>;

/** What becomes what, for the guides of this family. */
export const asteriskBecomes = [
  ['uuid', 'linkedid, else uniqueid: rows that share it are one call'],
  ['type', 'did, outbound_cnum, dcontext of FreePBX; else from which side is an extension (--internal)'],
  ['caller', 'inbound: src; outbound: the extension in channel, cnum or src'],
  ['to', 'inbound: the extension in dstchannel, else dst, else did; outbound: dst'],
  ['billsec', 'billsec, where disposition is ANSWERED and somebody was connected; else 0'],
  [
    'call_status',
    'a message was left where voicemail took the call; disposition BUSY is busy; else by talk time',
  ],
] as const;

/** What is lost, for the guides of this family. */
export const asteriskLost = [
  'Announcements, menus and voicemail are no talk: such a call is a missed one.',
  'Time in a queue before somebody answers is part of billsec where no row of its own holds the talk.',
  'Without linkedid (Asterisk up to 11, FreePBX up to 14) the parts of a transfer are calls of their own.',
];
