// Who is who in a row of Asterisk.

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
