import { bracketed, type Cell, firstText, ifAll, type Preset, type RawFields } from './preset.js';

const talk = ['Длительность разговора', 'Продолжительность разговора'];

function read(cell: Cell): RawFields {
  const isInbound = /^вход/i.test(cell('Тип'));
  return {
    uuid: cell('ID записи'),
    date: cell('Время'),
    type: cell('Тип'),
    caller: cell('Откуда'),
    to: (isInbound ? bracketed(cell('Кто ответил')) : '') || cell('Куда'),
    billsec: firstText(cell, ...talk),
    kind: /^не /i.test(cell('Статус')) ? 'unanswered' : 'talk',
  };
}

/** Sipuni: the statistics of the cabinet, all of its headers since 2016. */
export const sipuni: Preset = {
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
    becomes: [
      ['uuid', 'ID записи; where it is empty, one is built of start, numbers and talk time'],
      ['type', 'Тип: Входящий, Исходящий; Внутренний is left out'],
      ['caller', 'Откуда'],
      ['to', 'inbound: Кто ответил, else Куда; outbound: Куда'],
      ['date', 'Время'],
      ['billsec', 'Длительность разговора, where Статус is Отвечен; else 0'],
    ],
    lost: ['The file has no address of the recording: it is had from the API by ID записи and a hash.'],
    example: 'amocalls check statistic.csv --preset sipuni --timezone Europe/Moscow',
  },
  needs: [['Тип'], ['Время'], ['Откуда'], ['Куда'], talk],
  recognise: (look) =>
    talk.some(look.has) ? ifAll(look, ['Тип', 'Статус', 'Время', 'Откуда', 'Куда', 'Кто ответил'], 0.97) : 0,
  read,
  rowsPerCall: 'one',
  rowKey: ['ID записи', 'Время', 'Откуда', 'Куда', 'Кто ответил'],
};
