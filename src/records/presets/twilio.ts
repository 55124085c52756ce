// Twilio: REST API.

import { ifAll, ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

/** CA and 32 digits of a hexadecimal number. */
const sid = is.like('a SID', /^[A-Z]{2}[\da-zA-Z]{2,}$/);
const resultOf = resultBy('status', {
  talk: /^completed$/i,
  busy: /^busy$/i,
  'no answer': /^no-answer$/i,
  unanswered: /^(?:queued|initiated|ringing|in-progress|failed|cancell?ed)$/i,
});
/** The API lists calls that are not over yet as well. */
const unfinished = ['queued', 'initiated', 'ringing', 'in-progress'];

export const twilio: Preset = {
  name: 'twilio',
  title: 'Twilio: calls of the REST API (JSON)',
  versions: 'API 2010-04-01',
  looks: 'JSON with calls[] and sid, parent_call_sid, from, to, start_time, direction',
  certainty: 'doc',
  zone: 'values',
  clock: 'start_time says its zone',
  guide: {
    steps: [
      'GET https://api.twilio.com/2010-04-01/Accounts/<sid>/Calls.json?PageSize=1000&StartTime>=… and save each page.',
      'Pages are read one after the other: amocalls import page-*.json --preset twilio.',
    ],
    becomes: {
      uuid: 'parent_call_sid, else sid: a call and its legs are one',
      type: 'direction of the parent: inbound, outbound-…',
      caller: 'from',
      to: 'to; inbound: of the leg to an extension (sip:101@…) where there is one',
      date: 'start_time',
      billsec: 'duration of a call that was completed; else 0',
      call_status: 'status busy is busy; else by talk time',
    },
    lost: [
      'A menu that answered counts as talk where no leg to an extension tells more.',
      'Agents are often client:<name>, which is no number: the number that was dialled is used for them.',
      'Recordings are another resource of the API.',
      'The header of the CSV of the console is not confirmed: where a column is not found, map it.',
    ],
    example: 'amocalls check calls.json --preset twilio',
  },
  forms: [
    {
      'sid|Call Sid': is.filled(is.joins(sid)),
      parent_call_sid: is.needed(is.joins(sid)),
      from: is.filled(is.text),
      to: is.filled(is.text),
      start_time: is.filledWith('duration', is.needed(is.moment)),
      end_time: is.moment,
      duration: is.needed(is.seconds),
      direction: is.filled(
        is.words('inbound', 'outbound-api', 'outbound-dial', 'trunking-originating', 'trunking-terminating'),
      ),
      status: is.filled(is.text),
    },
  ],
  times: { start: 'start_time', end: 'end_time', whole: 'duration' },
  recognise: (look) => {
    const columns = 'sid, parent_call_sid, from, to, start_time, direction';
    // The CSV of the console has other names, and other words.
    return look.isTabular ? ifAll(look, columns, 0.97) : ifMost(look, columns, 0.97);
  },
  read: (cell) => {
    const parent = cell('parent_call_sid');
    const status = cell('status');
    const direction = cell('direction');
    return {
      uuid: parent || cell('sid|Call Sid'),
      date: cell('start_time'),
      // A leg that is dialled for a call is the employee's part of it, seen from the same outside number.
      type: parent !== '' && direction === 'outbound-dial' ? 'inbound' : direction,
      caller: cell('from'),
      to: cell('to'),
      billsec: cell('duration'),
      ...resultOf(cell),
      isRoot: parent === '' && !unfinished.includes(status),
    };
  },
  rowsPerCall: 'several',
  rowKey: ['sid', 'Call Sid'],
};
