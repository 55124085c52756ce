// Asterisk: Master.csv of cdr_csv.

import { nameCsvColumns } from './asterisk-columns.js';
import { asteriskBecomes, asteriskLost, asteriskRows } from './asterisk-rows.js';
import type { Preset } from './preset.js';

/** Asterisk's own Master.csv (cdr/cdr_csv.c). */
export const asterisk: Preset = {
  name: 'asterisk',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
  title: 'Asterisk: Master.csv of cdr_csv',
  versions: 'all; 16 to 21 columns by the switches in cdr.conf, and columns of your own behind them',
  looks: 'CSV without a header, texts in quotes, three times in the columns 10 to 12',
  certainty: 'file',
  zone: 'asked',
  clock: 'UTC where cdr.conf says usegmtime=yes (as shipped), else server local time',
  guide: {
    steps: [
      'Copy /var/log/asterisk/cdr-csv/Master.csv, or read it where it is.',
      'Do not import <accountcode>.csv as well: with accountlogs=yes each row is written there again.',
    ],
    becomes: {
      ...asteriskBecomes,
      date: 'start',
    },
    lost: [
      ...asteriskLost,
      'No recordings.',
      'Without loguniqueid=yes there is no id: the uuid is built of start, numbers and talk time, and every row is a call.',
    ],
    example: 'amocalls check Master.csv --preset asterisk --timezone Etc/UTC',
  },
  nameColumns: nameCsvColumns,
  recognise: ({ rows, fileName, isTabular }) => {
    if (!isTabular || nameCsvColumns(rows) === undefined) return 0;
    return fileName.startsWith('Master.csv') ? 0.98 : 0.95;
  },
  ...asteriskRows,
};
