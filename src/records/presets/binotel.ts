import { type Cell, firstOf, firstText, from, ifAll, nothing, type Preset, statusOf } from './preset.js';

const sides = ['callType', 'internalNumber', 'externalNumber', 'pbxNumberData.number'];

/** A missed call may name nobody: then the number that was called stands for the company. */
function employee(cell: Cell): string {
  return firstText(cell, ['internalNumber', 'pbxNumberData.number']);
}

/** Binotel: the calls of its statistics API. */
export const binotel: Preset = {
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
    becomes: [
      ['uuid', 'generalCallID'],
      ['type', 'callType: 0 inbound, 1 outbound'],
      ['caller', 'inbound: externalNumber; outbound: internalNumber'],
      ['to', 'outbound: externalNumber; inbound: internalNumber, else the number of the line'],
      ['date', 'startTime'],
      ['billsec', 'billsec, where disposition is ANSWER or TRANSFER; else 0'],
      ['call_status', 'disposition: VM-SUCCESS, a message was left; BUSY is busy; else by talk time'],
    ],
    lost: ['Recordings: their addresses come from the API and expire.'],
    example: 'amocalls check calls.json --preset binotel --country UA',
  },
  needs: [['generalCallID'], ['startTime'], ['callType'], ['externalNumber'], ['billsec'], ['disposition']],
  recognise: (look) => ifAll(look, ['generalCallID', 'callType', 'externalNumber', 'startTime'], 0.97),
  fields: {
    uuid: firstOf('generalCallID'),
    date: firstOf('startTime'),
    type: firstOf('callType'),
    caller: from(sides, (cell) => (cell('callType') === '1' ? employee(cell) : cell('externalNumber'))),
    to: from(sides, (cell) => (cell('callType') === '1' ? cell('externalNumber') : employee(cell))),
    billsec: firstOf('billsec'),
    link: nothing,
  },
  typeMap: { 0: 'inbound', 1: 'outbound' },
  status: statusOf(['disposition'], {
    'left a message': /^VM-SUCCESS$/i,
    busy: /^BUSY$/i,
    'no answer': /^(?:NOANSWER|CANCEL)$/i,
  }),
  kind: (cell) => {
    if (/^VM/i.test(cell('disposition'))) return 'automated';
    return /^(?:ANSWER|TRANSFER)/i.test(cell('disposition')) ? 'talk' : 'unanswered';
  },
  completeness: 'row',
  rowKey: ['generalCallID', 'startTime', 'internalNumber'],
};
