import { type Cell, firstOf, firstText, from, ifAll, nothing, type Preset } from './preset.js';

const sides = ['direction', 'phone', 'abonent.extension', 'abonent.phone'];

function employee(cell: Cell): string {
  return firstText(cell, ['abonent.extension', 'abonent.phone']);
}

/** Beeline's cloud PBX: the records of its old portal API. */
export const beeline: Preset = {
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
    becomes: [
      ['uuid', 'externalId, else id'],
      ['type', 'direction'],
      ['caller', 'INBOUND: phone; OUTBOUND: abonent.extension, else abonent.phone'],
      ['to', 'OUTBOUND: phone; INBOUND: abonent.extension, else abonent.phone'],
      ['date', 'date'],
      ['billsec', 'duration, from milliseconds'],
    ],
    lost: [
      'The list is one of recordings: calls without a recording, missed ones above all, are not in it.',
      'The recording itself is had from the API with the token.',
    ],
    example: 'amocalls check records.json --preset beeline',
  },
  needs: [['phone'], ['direction'], ['date'], ['duration']],
  recognise: (look) => ifAll(look, ['externalId', 'phone', 'direction', 'date', 'abonent.phone'], 0.95),
  fields: {
    uuid: firstOf('externalId', 'id'),
    date: firstOf('date'),
    type: firstOf('direction'),
    caller: from(sides, (cell) => (cell('direction') === 'OUTBOUND' ? employee(cell) : cell('phone'))),
    to: from(sides, (cell) => (cell('direction') === 'OUTBOUND' ? cell('phone') : employee(cell))),
    billsec: from(['duration'], (cell) => {
      const milliseconds = cell('duration');
      return /^\d+$/.test(milliseconds) ? String(Math.round(Number(milliseconds) / 1000)) : milliseconds;
    }),
    link: nothing,
  },
  completeness: 'row',
  rowKey: ['id', 'externalId', 'date'],
};
