import { firstOf, firstText, from, ifAll, nothing, type Preset, statusOf } from './preset.js';

const parent = ['parent_call_sid'];
const own = ['sid', 'Call Sid'];

/** Twilio: the list of calls of its REST API. */
export const twilio: Preset = {
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
    becomes: [
      ['uuid', 'parent_call_sid, else sid: a call and its legs are one'],
      ['type', 'direction of the parent: inbound, outbound-…'],
      ['caller', 'from'],
      ['to', 'to; inbound: of the leg to an extension (sip:101@…) where there is one'],
      ['date', 'start_time'],
      ['billsec', 'duration of a call that was completed; else 0'],
      ['call_status', 'status busy is busy; else by talk time'],
    ],
    lost: [
      'A menu that answered counts as talk where no leg to an extension tells more.',
      'Agents are often client:<name>, which is no number: the number that was dialled is used for them.',
      'Recordings are another resource of the API.',
      'The header of the CSV of the console is not confirmed: where a column is not found, map it.',
    ],
    example: 'amocalls check calls.json --preset twilio',
  },
  needs: [own, ['from'], ['to'], ['start_time'], ['duration'], ['direction'], ['status']],
  recognise: (look) => ifAll(look, ['sid', 'parent_call_sid', 'from', 'to', 'start_time', 'direction'], 0.97),
  fields: {
    uuid: firstOf(...parent, ...own),
    date: firstOf('start_time'),
    // A leg that is dialled for a call is the employee's part of it, seen from the same outside number.
    type: from(['direction', ...parent], (cell) => {
      const isLeg = firstText(cell, parent) !== '' && cell('direction') === 'outbound-dial';
      return isLeg ? 'inbound' : cell('direction');
    }),
    caller: firstOf('from'),
    to: firstOf('to'),
    billsec: firstOf('duration'),
    link: nothing,
  },
  status: statusOf(['status'], { busy: /^busy$/i, 'no answer': /^no-answer$/i }),
  kind: (cell) => (cell('status') === 'completed' ? 'talk' : 'unanswered'),
  completeness: {
    durations: ['duration'],
    ends: ['end_time'],
    // The API lists calls that are not over yet as well.
    isRoot: (cell) =>
      firstText(cell, parent) === '' &&
      !['queued', 'initiated', 'ringing', 'in-progress'].includes(cell('status')),
  },
  rowKey: own,
};
