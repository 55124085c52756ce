// Who calls whom in a row of Asterisk, and rows that contradict themselves.

import { quote } from '../cell-text.js';
import { bracketed, type Cell, extensionOf, type IsExtension } from './preset.js';

/** Who calls whom in a row of Asterisk, by its numbers and its channels; texts are '' where the row has none. */
export interface Parties {
  readonly src: string;
  readonly dst: string;
  readonly did: string;
  readonly cnum: string;
  readonly channel: string;
  readonly dstchannel: string;
  /** The extension that calls: of its channel, for `src` may hold the number that is shown outside. */
  readonly calling: string;
  /** The extension that is called: of its channel, for `dst` may be a queue or a group; of a mailbox (`vmu114`), its owner's. */
  readonly called: string;
  /** Whether `dst` is an outside number, not a feature code (`*97`), the operator (`0`) or a step of the dialplan (`s`). */
  readonly leadsOut: boolean;
  /** Whether the caller is outside by all that the row says of its number. */
  readonly isFromOutside: boolean;
  readonly isExtension: IsExtension;
}

export type Direction = 'inbound' | 'outbound' | 'internal' | '';

export function partiesOf(cell: Cell, isExtension: IsExtension): Parties {
  // Both are the number of the caller.
  const src = cell('src') || bracketed(cell('clid'));
  const dst = cell('dst');
  const cnum = cell('cnum');
  const channel = cell('channel');
  const dstchannel = cell('dstchannel');
  // Local channels are go-betweens.
  const own = channel.startsWith('Local/') ? '' : extensionOf(channel, isExtension);
  const box = dst.startsWith('vm') ? (/^vm[a-z]?(\d+)$/.exec(dst)?.[1] ?? '') : dst;
  const calling = own || (isExtension(cnum) ? cnum : isExtension(src) ? src : '');
  return {
    src,
    dst,
    did: cell('did'),
    cnum,
    channel,
    dstchannel,
    calling,
    called: extensionOf(dstchannel, isExtension) || (isExtension(box) ? box : ''),
    leadsOut: isOutside(dst, isExtension),
    isFromOutside: isOutside(src, isExtension) && !isExtension(cnum),
    isExtension,
  };
}

function isOutside(number: string, isExtension: IsExtension): boolean {
  return /^\+?\d\d/.test(number) && !isExtension(number);
}

const fromOutside = /^from-(?:trunk|pstn|did)/;

/**
 * Asterisk writes no direction: it follows from `did` and the contexts of FreePBX, else from who is an extension. '' where
 * nothing tells.
 */
export function directionOf(parties: Parties, cell: Cell): Direction {
  const { dst, did, channel, calling, called, leadsOut, isFromOutside } = parties;
  const context = cell('dcontext');
  // FreePBX fills did for a call from an extension to a number of the same system, too: out through a trunk, and back.
  const isOwnWay = did !== dst || !leadsOut || calling === '';
  if ((did !== '' && isOwnWay) || fromOutside.test(context)) return 'inbound';
  if (cell('outbound_cnum') !== '') return 'outbound';
  if (isFromOutside) {
    // Trunks and gateways may have names of digits: 4001 in SIP/4001-00000010 is then no extension.
    if (!leadsOut && !/^(?:[*#]|\d$)/.test(dst)) return 'inbound';
    if (leadsOut && calling !== '' && called !== '') return '';
  }
  if (calling !== '') return leadsOut ? 'outbound' : 'internal';
  // Through a Local channel a call that came in is led on, to a mobile for instance.
  const isLedOn = channel.startsWith('Local/') || called !== '';
  if (leadsOut && !isLedOn && context.startsWith('from-internal')) return 'outbound';
  return leadsOut && called === '' && channel === '' ? '' : 'inbound';
}

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

/** The unix seconds in a unique id; NaN where it is none. */
export function epochOf(id: string): number {
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
