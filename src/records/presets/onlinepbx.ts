// OnlinePBX: history of the API.

import { statusOfCause } from './freeswitch.js';
import { ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

/** A record without talk time says nothing about talk. */
const resultOf = resultBy('user_talk_time', { talk: /./ });

export const onlinepbx: Preset = {
  name: 'onlinepbx',
  title: 'OnlinePBX: history of the HTTP API (JSON)',
  versions: 'mongo_history/search.json',
  looks: 'JSON with data[] and start_stamp, user_talk_time, accountcode inbound|outbound|local, hangup_cause',
  certainty: 'literal',
  zone: 'values',
  clock: 'unix seconds',
  guide: {
    steps: [
      'Get a key pair: POST https://api2.onlinepbx.ru/<domain>/auth.json with auth_key=<the key of the API>.',
      'POST https://api2.onlinepbx.ru/<domain>/mongo_history/search.json with start_stamp_from and start_stamp_to, and the header x-pbx-authentication: <key_id>:<key>; a week at most at a time.',
      'Save the answer as it is.',
    ],
    becomes: {
      uuid: 'uuid',
      type: 'accountcode: inbound, outbound; local is left out',
      caller: 'caller_id_number',
      to: 'destination_number',
      date: 'start_stamp',
      billsec: 'user_talk_time; duration counts the ringing too',
      call_status: 'hangup_cause USER_BUSY is busy, UNALLOCATED_NUMBER a wrong number; else by talk time',
    },
    lost: [
      'Recordings: their addresses come from the API, one at a time, and expire after half an hour.',
      'Who of a group took the call stands in events, whose form is not confirmed: destination_number is used.',
    ],
    example: 'amocalls check history.json --preset onlinepbx',
  },
  forms: [
    {
      uuid: is.filled(is.uuid),
      caller_id_number: is.needed(is.employee),
      destination_number: is.filled(is.employee),
      start_stamp: is.filled(is.unixTime),
      end_stamp: is.filled(is.unixTime),
      duration: is.filled(is.seconds),
      user_talk_time: is.needed(is.seconds),
      hangup_cause: is.hangupCause,
      accountcode: is.filled(is.words('inbound', 'outbound', 'local', 'missed')),
      gateway: is.line,
    },
  ],
  times: { start: 'start_stamp', end: 'end_stamp', talk: 'user_talk_time', whole: 'duration' },
  recognise: (look) =>
    ifMost(
      look,
      'uuid, caller_id_number, destination_number, start_stamp, user_talk_time, accountcode',
      0.97,
    ),
  read: (cell) => ({
    uuid: cell('uuid'),
    date: cell('start_stamp'),
    type: cell('accountcode'),
    caller: cell('caller_id_number'),
    to: cell('destination_number'),
    billsec: cell('user_talk_time'),
    ...resultOf(cell),
    status: statusOfCause(cell('hangup_cause')),
  }),
  rowsPerCall: 'one',
  rowKey: ['uuid', 'start_stamp', 'destination_number'],
};
