// Beeline: portal API.

import { ifMost, type Preset } from './preset.js';
import * as is from './shapes.js';

export const beeline: Preset = {
  name: 'beeline',
  title: 'Beeline cloud PBX, portal API: /apis/portal/records (JSON)',
  versions: 'the old portal; the newer cloud PBX writes what the preset megapbx reads',
  looks: 'JSON array with externalId, phone, direction INBOUND|OUTBOUND, date, duration, abonent',
  certainty: 'literal',
  zone: 'values',
  clock: 'unix milliseconds',
  guide: {
    steps: [
      'Make a token in the cabinet: Настройки > API.',
      'GET https://cloudpbx.beeline.ru/apis/portal/records?dateFrom=…&dateTo=… and save the answer.',
    ],
    becomes: {
      uuid: 'externalId, else id',
      type: 'direction',
      caller: 'INBOUND: phone; OUTBOUND: abonent.extension, else abonent.phone',
      to: 'OUTBOUND: phone; INBOUND: abonent.extension, else abonent.phone',
      date: 'date',
      billsec: 'duration, from milliseconds',
    },
    lost: [
      'The list is one of recordings: calls without a recording, missed ones above all, are not in it.',
      'The recording itself is had from the API with the token.',
    ],
    example: 'amocalls check records.json --preset beeline',
  },
  forms: [
    {
      id: is.count,
      externalId: is.filled(is.key),
      phone: is.filled(is.client),
      direction: is.filled(is.words('INBOUND', 'OUTBOUND')),
      date: is.filled(is.like('a time in unix milliseconds', /^1\d{12}$/)),
      duration: is.filled(is.count),
      fileSize: is.count,
      'abonent.phone': is.filled(is.line),
      'abonent.extension': is.needed(is.extension),
    },
  ],
  recognise: (look) => ifMost(look, 'externalId, phone, direction, date, abonent.phone', 0.95),
  read: (cell) => {
    const isOut = cell('direction') === 'OUTBOUND';
    const employee = cell('abonent.extension|abonent.phone');
    const milliseconds = cell('duration');
    return {
      uuid: cell('externalId|id'),
      date: cell('date'),
      type: cell('direction'),
      caller: isOut ? employee : cell('phone'),
      to: isOut ? cell('phone') : employee,
      billsec: /^\d+$/.test(milliseconds) ? String(Math.round(Number(milliseconds) / 1000)) : milliseconds,
    };
  },
  rowsPerCall: 'one',
  rowKey: ['id', 'externalId', 'date'],
};
