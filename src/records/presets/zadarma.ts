// Zadarma: statistics API.

import { bracketed, type Cell, type IsExtension, ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

function directionOf(cell: Cell): string {
  const id = cell('pbx_call_id');
  if (id.startsWith('in_')) return 'inbound';
  return id.startsWith('out_') ? 'outbound' : '';
}

/** `sip` is `100`, or `12345-100` with the number of the account before it. */
function extension(cell: Cell, isExtension: IsExtension): string {
  const own = /(?:^|-)(\d+)$/.exec(cell('sip'))?.[1] ?? '';
  return isExtension(own) ? own : '';
}

const resultOf = resultBy('disposition', {
  talk: /^answered$/i,
  busy: /^busy$/i,
  'no answer': /^(?:no answer|cancel)$/i,
  unanswered:
    /^(?:failed|call failed|no money|unallocated number|no limit|no day limit|line limit|no money, no limit)$/i,
});

/** Columns of both statistics. */
const common: is.Shapes = {
  // `12345-100`, `100`, or `0` for the scenario that answers first.
  sip: is.filled(is.like('a SIP account', /^(?:\d+-)?\d+$/)),
  callstart: is.filled(is.moment),
  disposition: is.filled(is.text),
};

const ofPbx: is.Shapes = {
  ...common,
  pbx_call_id: is.filled(is.joins(is.like('an id of the PBX', /^(?:in|out)_\w+$/))),
  call_id: is.filled(is.asteriskId),
  clid: is.needed(is.party),
  destination: is.filled(is.party),
  seconds: is.filled(is.seconds),
};

const ofAccount: is.Shapes = {
  ...common,
  id: is.filled(is.asteriskId),
  from: is.needed(is.party),
  to: is.filled(is.client),
  billseconds: is.filled(is.like('a number of seconds', /^\d{1,6}$/)),
  hangupcause: is.code,
};

export const zadarma: Preset = {
  name: 'zadarma',
  title: 'Zadarma: statistics of the API (JSON)',
  versions: '/v1/statistics/pbx/ and /v1/statistics/',
  looks: 'JSON with stats[] and callstart, pbx_call_id, sip, clid, destination',
  certainty: 'code',
  zone: 'asked',
  clock: "the account's zone (not UTC)",
  guide: {
    steps: [
      'Call /v1/statistics/pbx/?start=…&end=… of https://api.zadarma.com, a month at most at a time.',
      'Save the answer as it is.',
    ],
    becomes: {
      uuid: 'pbx_call_id: all rows of a call; else call_id (id)',
      type: 'pbx_call_id: in_…, out_…; else from which side is an extension (--internal)',
      caller: 'inbound: clid; outbound: sip, else the number in clid (from)',
      to: 'inbound: destination or sip, whichever is an extension; outbound: destination (to)',
      date: 'callstart',
      billsec: 'seconds (billseconds), where disposition is answered; else 0',
      call_status: 'disposition busy is busy; else by talk time',
    },
    lost: [
      'Recordings: is_recorded only says that there is one; its address comes from the API and expires.',
      'The CSV of the cabinet is not known: map its columns.',
    ],
    example: 'amocalls check statistics.json --preset zadarma --timezone Europe/Kiev',
  },
  forms: [ofPbx, ofAccount],
  times: { start: 'callstart', whole: 'seconds|billseconds' },
  recognise: (look) =>
    Math.max(
      ifMost(look, 'callstart, pbx_call_id, clid, destination, seconds', 0.97),
      ifMost(look, 'callstart, sip, from, to, billseconds', 0.9),
    ),
  read: (cell, isExtension) => {
    const type = directionOf(cell);
    const own = extension(cell, isExtension);
    const shown = cell('clid|from');
    const called = cell('destination|to');
    return {
      uuid: cell('pbx_call_id|call_id|id'),
      date: cell('callstart'),
      type,
      caller: type === 'inbound' ? shown : own || bracketed(shown) || shown,
      to: type !== 'inbound' || isExtension(called) ? called : own || called,
      billsec: cell('seconds|billseconds'),
      problem:
        cell('to') !== '' && cell('to') === cell('sip') ? 'to is sip, the account that called' : undefined,
      ...resultOf(cell),
    };
  },
  rowsPerCall: 'several',
  rowKey: ['call_id', 'id', 'sip', 'callstart', 'destination', 'to', 'disposition'],
};
