// Cisco CUCM: flat files.

import { type Cell, type IsExtension, ifAll, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

/** Names of telephones; gateways and trunks have others. */
const phone = /^(?:SEP|CSF|TCT|BOT|TAB|ATA|VGP|AN)[0-9A-Z]/i;

/** The devices tell the direction; without them it is derived from the numbers. */
function directionOf(cell: Cell, isExtension: IsExtension): string {
  const [orig, dest] = [cell('origDeviceName'), cell('destDeviceName')];
  if (orig === '' || dest === '' || phone.test(orig) === phone.test(dest)) {
    return phone.test(orig) && isExtension(cell('finalCalledPartyNumber')) ? 'internal' : '';
  }
  return phone.test(orig) ? 'outbound' : 'inbound';
}

/** A cause of Q.850, or Cisco's own. */
const cause = is.like('a cause', /^-?\d{1,10}$/);
/** Never digits alone. */
const device = is.like('the name of a device', /[A-Za-z]/);

/**
 * Q.850 causes, as Cisco's CDR administration guide lists them: 1 unallocated number, 17 user busy, 18 no user responding, 19
 * no answer from the user. The side that did not end the call has 0.
 */
const causes = statusOf({
  'wrong number': /^1$/,
  busy: /^17$/,
  'no answer': /^1[89]$/,
});

/** The records of one call share it; callId restarts, so the day belongs to it. '' where the record has none. */
function callId(cell: Cell): string {
  const call = cell('globalCallID_callId');
  const started = Number(cell('dateTimeOrigination'));
  if (call === '' || !(started > 0)) return '';
  const day = new Date(started * 1000).toISOString().slice(0, 10);
  const cluster = cell('globalCallId_ClusterID');
  return [cluster, cell('globalCallID_callManagerId'), call, day].filter((part) => part !== '').join('-');
}

function skip(cell: Cell): string | undefined {
  const [calling, called] = [cell('callingPartyNumber'), cell('finalCalledPartyNumber')];
  if (/^b00/i.test(calling) || /^b00/i.test(called)) return 'type: a recording leg';
  return called === '' && cell('duration') === '0' ? 'to: nobody was called' : undefined;
}

/** A call is led on to a number as long as others. */
function disorder(cell: Cell): string | undefined {
  const isShort = /^\d{1,2}$/.test(cell('finalCalledPartyNumber'));
  return isShort && cell('originalCalledPartyNumber').length > 2
    ? 'finalCalledPartyNumber is shorter than any other number: are columns exchanged?'
    : undefined;
}

export const ciscoCucm: Preset = {
  name: 'cisco-cucm',
  title: 'Cisco CUCM: flat CDR files',
  versions: '8 and later, whatever columns they have',
  looks: 'CSV cdr_<cluster>_<node>_<time>_<n> without an ending; the second line holds SQL types',
  certainty: 'file',
  zone: 'values',
  clock: 'unix seconds',
  guide: {
    steps: [
      'Cisco Unified Serviceability > Tools > CDR Management: have the files sent to a server of yours.',
      'Or CDR Analysis and Reporting > CDR > Export CDR/CMR. Take the files cdr_…, not cmr_….',
    ],
    becomes: {
      uuid: 'globalCallID_callManagerId, globalCallID_callId, the cluster and the day: records that share them are one call',
      type: 'which of origDeviceName and destDeviceName is a telephone (SEP…, CSF…); else which number is an extension',
      caller: 'callingPartyNumber',
      to: 'finalCalledPartyNumber, else originalCalledPartyNumber',
      date: 'dateTimeOrigination',
      billsec: 'duration; 0 where dateTimeConnect is 0',
      call_status:
        'destCause_value, else origCause_value: 17 is busy, 1 is a wrong number; else by talk time',
    },
    lost: [
      'Recording legs (numbers b00…) and records in which nobody was called are left out.',
      'Numbers that are dialled with a prefix (9…) keep it.',
      'Numbers of the company that are longer than 5 digits need --internal.',
      'A call over midnight (UTC) with several records may be cut in two.',
    ],
    example: 'amocalls check cdr_StandAloneCluster_01_202410050900_1 --preset cisco-cucm',
  },
  forms: [
    {
      globalCallID_callManagerId: is.filled(is.joins(is.count)),
      globalCallID_callId: is.filled(is.joins(is.count)),
      globalCallId_ClusterID: is.filled(is.joins(device)),
      dateTimeOrigination: is.filled(is.unixTime),
      dateTimeConnect: is.filled(is.unixTime),
      dateTimeDisconnect: is.filled(is.unixTime),
      callingPartyNumber: is.needed(is.dialled),
      originalCalledPartyNumber: is.dialled,
      finalCalledPartyNumber: is.needed(is.dialled),
      duration: is.filled(is.seconds),
      origDeviceName: device,
      destDeviceName: device,
      origCause_value: cause,
      destCause_value: cause,
      origLegCallIdentifier: is.count,
      pkid: is.key,
      cdrRecordType: is.words('1'),
    },
  ],
  times: {
    start: 'dateTimeOrigination',
    answer: 'dateTimeConnect',
    end: 'dateTimeDisconnect',
    talk: 'duration',
  },
  refuse: (has) =>
    has('numberPacketsSent') || (has('jitter') && !has('finalCalledPartyNumber'))
      ? 'it holds records about the quality of calls (CMR), not calls: take the files whose names begin with cdr_'
      : undefined,
  recognise: (look) => ifAll(look, 'globalCallID_callId, dateTimeOrigination, callingPartyNumber', 0.98),
  read: (cell, isExtension) => ({
    uuid: callId(cell),
    date: cell('dateTimeOrigination'),
    type: directionOf(cell, isExtension),
    caller: cell('callingPartyNumber'),
    to: cell('finalCalledPartyNumber') || cell('originalCalledPartyNumber'),
    billsec: cell('duration'),
    kind: cell('dateTimeConnect') === '0' ? 'unanswered' : 'talk',
    status: causes(cell('destCause_value'), cell('origCause_value')),
    skip: skip(cell),
    problem: disorder(cell),
  }),
  rowsPerCall: 'several',
  rowKey: ['pkid', 'dateTimeOrigination', 'callingPartyNumber', 'finalCalledPartyNumber'],
};
