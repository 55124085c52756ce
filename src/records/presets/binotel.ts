// Binotel: statistics API.

import { ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

const resultOf = resultBy('disposition', {
  talk: /^(?:ANSWER|TRANSFER)/i,
  'left a message': /^VM-SUCCESS$/i,
  automated: /^VM/i,
  busy: /^BUSY$/i,
  'no answer': /^(?:NOANSWER|CANCEL)$/i,
  unanswered: /^(?:CONGESTION|CHANUNAVAIL|FAILED)$/i,
});

export const binotel: Preset = {
  name: 'binotel',
  title: 'Binotel: statistics of the API (JSON)',
  versions: 'API 2.0 to 4.0',
  looks: 'JSON with callDetails, an object keyed by generalCallID',
  certainty: 'literal',
  zone: 'values',
  clock: 'unix seconds',
  guide: {
    steps: [
      'POST to https://api.binotel.com/api/4.0/stats/list-of-calls-per-day.json (or incoming-calls-for-period, outgoing-calls-for-period).',
      'Save the answer as it is.',
    ],
    becomes: {
      uuid: 'generalCallID',
      type: 'callType: 0 inbound, 1 outbound',
      caller: 'inbound: externalNumber; outbound: internalNumber',
      to: 'outbound: externalNumber; inbound: internalNumber, else the number of the line',
      date: 'startTime',
      billsec: 'billsec, where disposition is ANSWER or TRANSFER; else 0',
      call_status: 'disposition: VM-SUCCESS, a message was left; BUSY is busy; else by talk time',
    },
    lost: ['Recordings: their addresses come from the API and expire.'],
    example: 'amocalls check calls.json --preset binotel --country UA',
  },
  forms: [
    {
      generalCallID: is.filled(is.count),
      startTime: is.filled(is.unixTime),
      callType: is.filled(is.words('0', '1')),
      internalNumber: is.needed(is.employee),
      externalNumber: is.filled(is.client),
      waitsec: is.seconds,
      billsec: is.filled(is.seconds),
      disposition: is.filled(is.disposition),
      'pbxNumberData.number': is.line,
    },
  ],
  recognise: (look) => ifMost(look, 'generalCallID, callType, externalNumber, startTime', 0.97),
  read: (cell) => {
    const isOut = cell('callType') === '1';
    // A missed call may name nobody: then the number that was called stands for the company.
    const employee = cell('internalNumber|pbxNumberData.number');
    return {
      uuid: cell('generalCallID'),
      date: cell('startTime'),
      type: cell('callType'),
      caller: isOut ? employee : cell('externalNumber'),
      to: isOut ? cell('externalNumber') : employee,
      billsec: cell('billsec'),
      problem:
        isOut && cell('internalNumber') === '' ? 'internalNumber is empty, but somebody called' : undefined,
      ...resultOf(cell),
    };
  },
  rowsPerCall: 'one',
  typeMap: { 0: 'inbound', 1: 'outbound' },
  rowKey: ['generalCallID', 'startTime', 'internalNumber'],
};
