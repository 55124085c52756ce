// Sipuni: statistics.

import { bracketed, type Cell, type IsExtension, ifAll, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

const talk = 'Длительность разговора|Продолжительность разговора';

const resultOf = resultBy('Статус', { talk: /^отвечен/i, unanswered: /^не /i });

/** Who answered an inbound call is an extension sooner than its other numbers. */
function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  const person = bracketed(cell('Кто ответил'));
  if (person === '' || isExtension(person) || !/^вход/i.test(cell('Тип'))) return undefined;
  return ['Откуда', 'Куда'].some((column) => isExtension(bracketed(cell(column))))
    ? 'Кто ответил is outside, and another number is an extension: are columns exchanged?'
    : undefined;
}

export const sipuni: Preset = {
  name: 'sipuni',
  title: 'Sipuni: statistics of the cabinet as CSV',
  versions: '2016 to today; 19 to 24 columns, the older ones say "Продолжительность"',
  looks: 'CSV with ; and the header Тип;Статус;Время;…;Откуда;Куда;Кто ответил;…',
  certainty: 'literal',
  zone: 'asked',
  clock: "the account's zone, Moscow as a rule",
  guide: {
    steps: [
      'Open Статистика > История звонков, choose the period, click the export to CSV.',
      'Or POST to https://sipuni.com/api/statistic/export.',
      'Long periods are cut by the service: compare the last date with what was asked.',
    ],
    becomes: {
      uuid: 'ID записи; where it is empty, one is built of start, numbers and talk time',
      type: 'Тип: Входящий, Исходящий; Внутренний is left out',
      caller: 'Откуда',
      to: 'inbound: Кто ответил, else Куда; outbound: Куда',
      date: 'Время',
      billsec: 'Длительность разговора, where Статус is Отвечен; else 0',
    },
    lost: ['The file has no address of the recording: it is had from the API by ID записи and a hash.'],
    example: 'amocalls check statistic.csv --preset sipuni --timezone Europe/Moscow',
  },
  forms: [
    {
      Тип: is.filled(is.words('Входящий', 'Исходящий', 'Внутренний')),
      Время: is.filled(is.time),
      Откуда: is.needed(is.party),
      Куда: is.needed(is.party),
      'Длительность звонка|Продолжительность звонка': is.ifThere(is.duration),
      [talk]: is.filled(is.duration),
      'ID записи': is.needed(is.asteriskId),
      Статус: is.filled(is.text),
      Схема: is.text,
      'Исходящая линия': is.line,
      'Кто ответил': is.needed(is.party),
      'Время ответа': is.duration,
      Оценка: is.code,
      Метка: is.text,
      Теги: is.text,
      'Запись существует': is.flag,
      'Новый клиент': is.flag,
    },
  ],
  times: {
    talk,
    whole: 'Длительность звонка|Продолжительность звонка',
  },
  recognise: (look) => ifAll(look, `${talk}, Тип, Статус, Время, Откуда, Куда, Кто ответил`, 0.97),
  read: (cell, isExtension) => {
    const isInbound = /^вход/i.test(cell('Тип'));
    return {
      uuid: cell('ID записи'),
      date: cell('Время'),
      type: cell('Тип'),
      caller: cell('Откуда'),
      to: (isInbound ? bracketed(cell('Кто ответил')) : '') || cell('Куда'),
      billsec: cell(talk),
      problem: disorder(cell, isExtension),
      ...resultOf(cell),
    };
  },
  id: is.asteriskId,
  rowsPerCall: 'one',
  rowKey: ['ID записи', 'Время', 'Откуда', 'Куда', 'Кто ответил'],
};
