// Issabel: CDR report.

import { asteriskColumns } from './asterisk-checks.js';
import { asteriskBecomes, asteriskRows } from './asterisk-rows.js';
import {
  type Cell,
  type FileSample,
  firstText,
  type IsExtension,
  type Preset,
  type RawFields,
} from './preset.js';
import type { Shape } from './shapes.js';
import * as is from './shapes.js';

/** The labels of the report by the names of Asterisk: in English, Spanish, Portuguese and Russian (modules/cdrreport/lang). */
const labels: Readonly<Record<string, readonly string[]>> = {
  calldate: ['Date', 'Fecha', 'Data', 'Дата'],
  src: ['Source', 'Fuente', 'Origem', 'От кого'],
  dst: ['Destination', 'Destino', 'Кому'],
  channel: ['Src. Channel', 'Canal origen', 'Canal Origem', 'Канал источник'],
  dstchannel: ['Dst. Channel', 'Canal destino', 'Канал приемник'],
  disposition: ['Status', 'Estado', 'Статус'],
  billsec: ['Duration', 'Duración', 'Duração', 'Длительность'],
  uniqueid: ['UniqueID'],
  recordingfile: ['Recording'],
  cnum: ['Cnum'],
  outbound_cnum: ['Outbound Cnum'],
  did: ['DID'],
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
    const text = firstText(cell, ...(labels[column] ?? []));
    if (column === 'disposition') return statuses.get(text) ?? text;
    return column === 'billsec' ? text.replace(/\s*\(.*\)$/, '') : text;
  };
}

function read(cell: Cell, isExtension: IsExtension): RawFields {
  return asteriskRows.read(asAsterisk(cell), isExtension);
}

const talkTime: Shape = {
  is: 'a duration such as 1m 23s',
  fits: (text) => /^\d+\s?[smhсмч]\b|^\d+:\d\d/u.test(text),
};

/** Its cells are those of Asterisk, but for durations and words. */
const asterisk: Readonly<Record<string, Shape>> = {
  ...asteriskColumns,
  calldate: asteriskColumns['start|calldate'],
  dstchannel: is.needed(asteriskColumns.dstchannel),
  channel: is.filled(asteriskColumns.channel),
  billsec: is.filled(talkTime),
  uniqueid: is.filled(asteriskColumns.uniqueid),
  disposition: is.filled(is.anything),
};
const columns: is.Shapes = Object.fromEntries(
  Object.entries(labels).map(([name, own]) => [own.join('|'), asterisk[name] ?? is.anything]),
);

function recognise({ has }: FileSample): number {
  const names = ['calldate', 'src', 'dst', 'channel', 'dstchannel', 'disposition', 'billsec', 'uniqueid'];
  const found = names.filter((name) => labels[name]?.some(has)).length;
  // The names of the channels are nobody else's.
  const isOwn = [labels['channel'], labels['dstchannel']].some((own) => own?.some(has));
  return isOwn && found >= names.length - 1 ? 0.97 : 0;
}

/** Issabel's CDR report (IssabelFoundation/reports, modules/cdrreport), and Elastix's before it. */
export const issabel: Preset = {
  name: 'issabel',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
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
  forms: [columns],
  recognise,
  read,
  id: asteriskRows.id,
  rowsPerCall: 'several',
  rowKey: [
    'UniqueID',
    ...['calldate', 'src', 'dst', 'channel', 'dstchannel', 'billsec'].flatMap((name) => labels[name] ?? []),
  ],
};
