// Moi Zvonki: calls of the API.

import { ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

const resultOf = resultBy('answered', { talk: /^(?:1|true)$/, unanswered: /^(?:0|false)$/ });

export const moizvonki: Preset = {
  name: 'moizvonki',
  title: 'Moi Zvonki (Мои Звонки): calls.list of the API (JSON)',
  versions: 'api/v1',
  looks: 'JSON with results[] and db_call_id, client_number, src_number, direction, answered',
  certainty: 'literal',
  zone: 'values',
  clock: 'unix seconds',
  guide: {
    steps: [
      'Take the key of the API in the cabinet: Настройки > Интеграция.',
      'POST to https://<company>.moizvonki.ru/api/v1 with user_name, api_key, action=calls.list, supervised=1, from_date and to_date; supervised=1 gives the calls of all employees.',
      'Save each answer as it is, and go on with from_offset=<results_next_offset> until results_remains is 0.',
    ],
    becomes: {
      uuid: 'db_call_id',
      type: 'direction: 0 inbound, 1 outbound',
      caller: 'inbound: client_number; outbound: src_number, the number of the employee',
      to: 'inbound: src_number; outbound: client_number',
      date: 'start_time',
      billsec: 'duration, where answered is 1; else 0',
      link: 'recording',
    },
    lost: [
      'The employee is the number of a mobile phone: with API v4, name these numbers under users in the profile.',
      'Calls between employees are calls of both.',
      "Both numbers are those of mobile phones: a file in which client_number and src_number have each other's name looks the same.",
    ],
    example: 'amocalls check calls.json --preset moizvonki',
  },
  forms: [
    {
      db_call_id: is.filled(is.count),
      direction: is.filled(is.words('0', '1')),
      client_number: is.filled(is.client),
      src_number: is.needed(is.client),
      start_time: is.filled(is.unixTime),
      answer_time: is.unixTime,
      end_time: is.filled(is.unixTime),
      duration: is.filled(is.seconds),
      answered: is.filled(is.flag),
      recording: is.link,
    },
  ],
  times: { start: 'start_time', answer: 'answer_time', end: 'end_time', talk: 'duration' },
  recognise: (look) =>
    ifMost(look, 'db_call_id, client_number, src_number, direction, start_time, answered', 0.98),
  typeMap: { 0: 'inbound', 1: 'outbound' },
  read: (cell) => {
    const isOut = cell('direction') === '1';
    return {
      uuid: cell('db_call_id'),
      date: cell('start_time'),
      type: cell('direction'),
      caller: isOut ? cell('src_number') : cell('client_number'),
      to: isOut ? cell('client_number') : cell('src_number'),
      billsec: cell('duration'),
      link: cell('recording'),
      ...resultOf(cell),
    };
  },
  rowsPerCall: 'one',
  rowKey: ['db_call_id', 'start_time'],
};
