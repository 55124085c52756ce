// What the columns of Asterisk hold; rows that contradict themselves.

import { quote } from '../cell-text.js';
import type { Parties } from './asterisk-parties.js';
import { bracketed, type Cell, extensionOf } from './preset.js';
import * as is from './shapes.js';

// What rows of Asterisk look like: a cell in another column, or two columns exchanged, must not make another call of them.

/** What the columns of Asterisk and its children hold. */
export const asteriskShapes = {
  calldate: is.filled(is.time),
  start: is.filled(is.time),
  answer: is.time,
  end: is.time,
  src: is.party,
  dst: is.filled(is.party),
  cnum: is.telephone,
  did: is.ownNumber,
  outbound_cnum: is.ownNumber,
  channel: is.channel,
  dstchannel: is.channel,
  lastapp: is.application,
  duration: is.filled(is.seconds),
  billsec: is.filled(is.seconds),
  amaflags: is.words('DOCUMENTATION', 'BILLING', 'OMIT', 'IGNORE', 'DEFAULT', '0', '1', '2', '3'),
  uniqueid: is.filled(is.asteriskId),
  linkedid: is.filledWith('sequence', is.asteriskId),
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
  dcontext: is.text,
  lastdata: is.text,
} satisfies is.Shapes;

/** A row that contradicts itself, in words; undefined for all others. */
export function contradictionOf(cell: Cell, parties: Parties): string | undefined {
  return is.timesContradict(timesOf(cell)) ?? ids(cell) ?? numbers(cell, parties) ?? channels(parties);
}

function timesOf(cell: Cell): is.Times {
  const [start, answer, end] = [cell('start'), cell('answer'), cell('end')];
  return { start, answer, end, whole: cell('duration'), talk: cell('billsec') };
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

function numbers(cell: Cell, { src, dst, did, cnum, leadsOut, isExtension }: Parties): string | undefined {
  const clid = cell('clid');
  if (dst !== '' && dst !== src && clid.includes(dst) && bracketed(clid) === dst)
    return 'clid names dst, not src: are the two exchanged?';
  if (/^(?:from|ext|ivr|app|macro|sub)-/.test(dst))
    return `dst is ${quote(dst)}, which is the name of a context`;
  if (src === dst && leadsOut) return 'src and dst are the same number';
  if (did === '') return undefined;
  if (did === src && cnum !== '' && cnum !== src)
    return 'did is src, and cnum is not: are columns exchanged?';
  return did !== dst && leadsOut && isExtension(src)
    ? 'did is filled, but an extension calls outside'
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
