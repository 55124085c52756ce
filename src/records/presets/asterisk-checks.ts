// What the columns of Asterisk hold; rows that contradict themselves.

import { quote } from '../cell-text.js';
import type { Parties } from './asterisk-parties.js';
import { bracketed, type Cell, extensionOf } from './preset.js';
import * as is from './shapes.js';

// What rows of Asterisk look like: a cell in another column, or two columns exchanged, must not make another call of them.

/** What the columns of Asterisk and its children hold. */
export const asteriskColumns = {
  'start|calldate': is.filled(is.time),
  answer: is.time,
  end: is.time,
  src: is.needed(is.callerNumber),
  dst: is.filled(is.dialled),
  cnum: is.telephone,
  did: is.ownNumber,
  outbound_cnum: is.ownNumber,
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

/** The times and durations of a row of Asterisk. */
export const asteriskTimes = {
  start: 'start|calldate',
  answer: 'answer',
  end: 'end',
  talk: 'billsec',
  whole: 'duration',
  isExact: true,
};

/** A row that contradicts itself, in words; undefined for all others. */
export function contradictionOf(cell: Cell, parties: Parties): string | undefined {
  return (
    ids(cell) ??
    numbers(cell, parties) ??
    channels(parties) ??
    answeredByNobody(cell) ??
    outByNobody(cell, parties)
  );
}

/** The id of a call is that of its oldest channel. */
function ids(cell: Cell): string | undefined {
  const call = cell('linkedid');
  if (call === '') return undefined;
  const own = cell('uniqueid');
  if (own === call) return undefined;
  return epochOf(call) > epochOf(own) ? 'linkedid is newer than uniqueid' : undefined;
}

function epochOf(id: string): number {
  return Number(/(?:^|-)(\d{9,10})\.\d+$/.exec(id)?.[1]);
}

/** clid is made of the number in src; FreePBX fills did where a call came in, outbound_cnum where one goes out. */
function numbers(cell: Cell, { src, dst, did, cnum, leadsOut, isExtension }: Parties): string | undefined {
  const clid = cell('clid');
  const shown = clid === src || clid.includes(`<${src}>`) ? src : bracketed(clid);
  if (shown !== '' && shown !== src) {
    if (shown === dst) return 'clid names dst, not src: are the two exchanged?';
    if (shown === did) return 'clid names did, not src: are the two exchanged?';
    const isShort = /^\d{1,2}$/.test(src) && shown.length > 4;
    if (isShort && extensionOf(cell('channel'), isExtension) !== src)
      return `src is ${src}, but clid names ${shown}`;
  }
  if (/^(?:from|ext|ivr|app|macro|sub)-/.test(dst))
    return `dst is ${quote(dst)}, which is the name of a context`;
  if (src === dst && leadsOut) return 'src and dst are the same number';
  const shownOutside = cell('outbound_cnum');
  if (isExtension(shownOutside) && cnum !== '' && !isExtension(cnum))
    return 'outbound_cnum is an extension, and cnum is none: are the two exchanged?';
  if (shownOutside !== '' && shownOutside === src && cnum !== '' && !isExtension(cnum) && cnum !== src)
    return 'outbound_cnum is who calls, and cnum is not: are the two exchanged?';
  if (did === '')
    return shownOutside !== '' && isExtension(dst)
      ? 'outbound_cnum is filled, but an extension was called'
      : undefined;
  if (did === src && cnum !== '' && cnum !== src)
    return 'did is src, and cnum is not: are columns exchanged?';
  return did !== dst && leadsOut && isExtension(src)
    ? 'did is filled, but an extension calls outside'
    : undefined;
}

/** Who answers after it rang is a channel; calls that come in may be answered at once, by a menu. */
export function answeredByNobody(cell: Cell): string | undefined {
  if (cell('dstchannel') !== '' || cell('disposition') !== 'ANSWERED' || cell('lastapp') !== 'Dial')
    return undefined;
  const rang = Number(cell('duration')) - Number(cell('billsec'));
  return rang > 2 ? `it was answered after ${rang} s, but dstchannel is empty` : undefined;
}

/** A telephone that calls outside is answered by who is called. */
function outByNobody(
  cell: Cell,
  { channel, dstchannel, leadsOut, isExtension }: Parties,
): string | undefined {
  const isAnswered = cell('disposition') === 'ANSWERED' && cell('lastapp') === 'Dial';
  return isAnswered && leadsOut && dstchannel === '' && extensionOf(channel, isExtension) !== ''
    ? 'disposition is ANSWERED, but dstchannel is empty'
    : undefined;
}

/** The calling channel is that of src, the called one that of dst. */
function channels({
  src,
  dst,
  channel,
  dstchannel,
  calling,
  isFromOutside,
  isExtension,
}: Parties): string | undefined {
  if (dstchannel === '' || channel.startsWith('Local/') || dstchannel.startsWith('Local/')) return undefined;
  const to = extensionOf(dstchannel, isExtension);
  if (to !== '' && to === src && extensionOf(channel, isExtension) !== src)
    return 'src is the extension that dstchannel calls: are columns exchanged?';
  // A trunk may be named by digits, but not one that leads to another trunk.
  if (isFromOutside && calling !== '' && to === '' && isExtension(dst))
    return 'channel is that of an extension, but src is outside: are columns exchanged?';
  return undefined;
}
