// What all files of Asterisk's family share.

import { callStatuses } from '../../core/call.js';
import { splitList } from '../cell-text.js';
import { contradictionOf, directionOf, type Parties, partiesOf } from './asterisk-parties.js';
import { type Cell, type IsExtension, type Preset, type RawFields, resultBy } from './preset.js';
import * as is from './shapes.js';

/** The fields of a call from a row of Asterisk, whatever the order of its columns. */
function read(cell: Cell, isExtension: IsExtension): RawFields {
  const parties = partiesOf(cell, isExtension);
  const { src, dst, did, cnum, calling, called, leadsOut } = parties;
  const type = directionOf(parties, cell);
  const [own, call] = [cell('uniqueid'), cell('linkedid')];
  const outside = src || cnum;
  const { kind, status } = asteriskResult(cell);
  return {
    uuid: call || own,
    date: cell('calldate|start'),
    billsec: cell('billsec'),
    link: cell('recordingfile|filename'),
    type,
    caller: type === 'inbound' ? outside : calling || outside,
    to: type === 'outbound' ? dst : called || (leadsOut ? dst : did || dst),
    kind,
    status,
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

/** A number of the own system, or of the company: at least two digits. */
const ownNumber = is.like('a number', /^\+?\d[\d*#-]+$|^[a-z]$/);

/** What the columns of Asterisk and its children hold. */
export const asteriskColumns = {
  'calldate|start': is.filled(is.time),
  answer: is.time,
  end: is.time,
  src: is.needed(is.callerNumber),
  dst: is.filled(is.dialled),
  cnum: is.telephone,
  did: ownNumber,
  outbound_cnum: ownNumber,
  channel: is.ifThere(is.filled(is.channel)),
  dstchannel: is.channel,
  lastapp: is.filledWith('dstchannel', is.application),
  duration: is.ifThere(is.filled(is.seconds)),
  billsec: is.filled(is.seconds),
  disposition: is.needed(is.disposition),
  amaflags: is.words('DOCUMENTATION', 'BILLING', 'OMIT', 'IGNORE', 'DEFAULT', '0', '1', '2', '3'),
  uniqueid: is.ifThere(is.filled(is.joins(is.asteriskId))),
  linkedid: { ...is.filledWith('sequence', is.joins(is.asteriskId)), filledSince: true },
  sequence: is.filledWith('linkedid', is.count),
  accountcode: is.text,
  userfield: is.text,
  peeraccount: is.text,
  recordingfile: is.text,
  clid: is.callerId,
  cnam: is.text,
  outbound_cnam: is.text,
  dst_cnam: is.text,
  dst_cnum: is.text,
  dcontext: is.context,
  lastdata: is.text,
} satisfies is.Shapes;

/** The words of Asterisk for what became of a channel. */
export const dispositions = {
  talk: /^ANSWERED$/i,
  busy: /^BUSY$/i,
  'no answer': /^NO ANSWER$/i,
  unanswered: /^(?:FAILED|CONGESTION|CANCEL)$/i,
};
const byDisposition = resultBy('disposition', dispositions);

/**
 * What became of a call. `billsec` counts only where the row is ANSWERED and another channel was there: rows NO ANSWER with a
 * billsec occur. A queue that rings its people through Local channels has a row each for them, where only their talk is counted.
 */
export function asteriskResult(cell: Cell): Pick<RawFields, 'kind' | 'status'> {
  const app = cell('lastapp').toLowerCase();
  if (app.startsWith('voicemail') || cell('dst').startsWith('vm'))
    return { kind: 'automated', status: callStatuses['left a message'] };
  const { kind, status } = byDisposition(cell);
  const called = cell('dstchannel');
  // A file may have no column of channels: then its disposition is all that tells.
  const isAlone = called === '' && (app !== '' || cell('channel') !== '');
  if (isAlone) return { kind: app.includes('dial') ? 'unanswered' : 'automated', status };
  const isQueue = kind === 'talk' && app === 'queue' && called.startsWith('Local/');
  return { kind: isQueue ? 'queue' : kind, status };
}

/** Without linkedid nothing joins the leg from a queue or group to its call: the row of the queue already names the person. */
function skipInnerLeg(cell: Cell, { src, dst, channel, isExtension }: Parties): string | undefined {
  if (!channel.startsWith('Local/') || cell('linkedid') !== '') return undefined;
  const rung = /^Local\/(\d+)@.*;2$/.exec(channel)?.[1];
  if (rung === undefined || rung !== dst || !isExtension(rung) || isExtension(src)) return undefined;
  return `type: a leg inside the phone system (channel "${channel.slice(0, 60)}")`;
}

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
  zone: 'asked',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
  read,
  refuse,
  rowsPerCall: 'several',
  rowKey: splitList(
    'uniqueid, sequence, calldate, start, src, dst, channel, dstchannel, lastapp, duration, billsec',
  ),
  forms: [asteriskColumns],
  times: {
    start: 'calldate|start',
    answer: 'answer',
    end: 'end',
    talk: 'billsec',
    whole: 'duration',
    isExact: true,
  },
  id: is.asteriskId,
} as const satisfies Partial<Preset>;
