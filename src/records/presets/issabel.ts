// Issabel: CDR report.

import { asteriskBecomes } from './asterisk.js';
import { asteriskColumns, asteriskRows } from './asterisk-rows.js';
import type { Cell, FileSample, Preset } from './preset.js';
import type { Shape } from './shapes.js';
import * as is from './shapes.js';

/** The labels of the report by the columns of Asterisk: in English, Spanish, Portuguese and Russian (modules/cdrreport/lang). */
const labels: Readonly<Record<string, string>> = {
  'calldate|start': 'Date|Fecha|Data|Дата',
  src: 'Source|Fuente|Origem|От кого',
  dst: 'Destination|Destino|Кому',
  channel: 'Src. Channel|Canal origen|Canal Origem|Канал источник',
  dstchannel: 'Dst. Channel|Canal destino|Канал приемник',
  disposition: 'Status|Estado|Статус',
  billsec: 'Duration|Duración|Duração|Длительность',
  uniqueid: 'UniqueID',
  'recordingfile|filename': 'Recording',
  cnum: 'Cnum',
  outbound_cnum: 'Outbound Cnum',
  did: 'DID',
};

/** What the report makes of the words of Asterisk. */
const statuses: ReadonlyMap<string, string> = new Map([
  ['CONTESTADO', 'ANSWERED'],
  ['NO CONTESTADO', 'NO ANSWER'],
  ['OCUPADO', 'BUSY'],
  ['FALLIDO', 'FAILED'],
  ['ОТВЕЧЕННЫЙ', 'ANSWERED'],
  ['НЕТ ОТВЕТА', 'NO ANSWER'],
  ['ЗАНЯТО', 'BUSY'],
  ['НЕУДАЧНЫЙ', 'FAILED'],
]);

/** Gives the row under the names and in the words of Asterisk. Talk time is `83s (1m 23s)` in Issabel 4, `1m 23s` in 5. */
function asAsterisk(cell: Cell): Cell {
  return (column) => {
    const label = labels[column];
    const text = label === undefined ? '' : cell(label);
    if (column === 'disposition') return statuses.get(text) ?? text;
    return column === 'billsec' ? text.replace(/\s*\(.*\)$/, '') : text;
  };
}

const anything: Shape = { is: 'a text', fits: () => true };

const talkTime: Shape = {
  is: 'a duration such as 1m 23s',
  fits: (text) => /^\d+\s?[smhсмч]\b|^\d+:\d\d/u.test(text),
};

/** Its cells are those of Asterisk, but for durations and words. */
const shapes: is.Shapes = {
  ...asteriskColumns,
  dstchannel: is.needed(asteriskColumns.dstchannel),
  channel: is.filled(asteriskColumns.channel),
  billsec: is.filled(talkTime),
  uniqueid: is.filled(asteriskColumns.uniqueid),
  disposition: is.filled(anything),
  'recordingfile|filename': asteriskColumns.recordingfile,
};

function recognise({ has }: FileSample): number {
  const columns = [
    'calldate|start',
    'src',
    'dst',
    'channel',
    'dstchannel',
    'disposition',
    'billsec',
    'uniqueid',
  ];
  const hasOwn = (column: string) => has(labels[column] ?? column);
  // The names of the channels are nobody else's.
  const isOwn = hasOwn('channel') || hasOwn('dstchannel');
  return isOwn && columns.filter(hasOwn).length >= columns.length - 1 ? 0.97 : 0;
}

/** Issabel's CDR report (IssabelFoundation/reports, modules/cdrreport), and Elastix's before it. */
export const issabel: Preset = {
  name: 'issabel',
  recordingFolders: asteriskRows.recordingFolders,
  title: 'Issabel: CDR Report as CSV',
  versions: 'Issabel 4 and 5; labels in English, Spanish, Portuguese, Russian',
  looks:
    'CSV with the header "Date","Source","Ring Group","Destination","Src. Channel",… (Fecha, Fuente, Grupo de Timbrado, …)',
  certainty: 'code',
  zone: 'asked',
  clock: "the server's local time",
  guide: {
    steps: [
      'Open Reports > CDR Report, choose the period and the highest limit.',
      'Click CSV (in Issabel 4: Download > CSV). Columns that are hidden in Issabel 5 are not exported: show them all.',
      'For links to recordings, dump the table: mysql --batch -e "SELECT * FROM cdr" asteriskcdrdb > cdr.tsv, and use the preset freepbx.',
    ],
    becomes: {
      ...asteriskBecomes,
      uuid: 'UniqueID: rows that share it are one call',
      billsec: 'Duration, which is talk time, where Status is ANSWERED and Dst. Channel is filled; else 0',
      date: 'Date',
      link: 'Recording (Issabel 4), by a template',
    },
    lost: [
      'Queues, menus and voicemail that answered are rows without a Dst. Channel: such a call is a missed one.',
      'There is no linkedid: the parts of a transfer are calls of their own.',
      'Issabel 5 exports no recordings. The report in another language: dump the table.',
    ],
    example: 'amocalls check cdrreport.csv --preset issabel --timezone America/Bogota',
  },
  forms: [
    Object.fromEntries(Object.entries(labels).map(([column, label]) => [label, shapes[column] ?? anything])),
  ],
  recognise,
  read: (cell, isExtension) => asteriskRows.read(asAsterisk(cell), isExtension),
  id: asteriskRows.id,
  rowsPerCall: 'several',
  rowKey: ['uniqueid', 'calldate|start', 'src', 'dst', 'channel', 'dstchannel', 'billsec'].flatMap(
    (column) => labels[column]?.split('|') ?? [],
  ),
};
