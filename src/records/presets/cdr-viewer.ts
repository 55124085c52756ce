// Asterisk CDR Viewer Mod.

import { asteriskBecomes, asteriskLost, asteriskRows, ofTable } from './asterisk-rows.js';
import { ifMost, type Preset } from './preset.js';

/** The export of Asterisk CDR Viewer Mod (prog-it/Asterisk-CDR-Viewer-Mod). */
export const cdrViewer: Preset = {
  name: 'cdr-viewer',
  recordingFolders: '{date:YYYY}/{date:MM}/{date:DD}/',
  title: 'Asterisk CDR Viewer Mod: CSV report',
  versions: 'all that write did as the fourth column',
  looks: 'CSV with ; and the header calldate;clid;src;did;dst;…; named report__<date>_<time>_<hash>.csv',
  certainty: 'code',
  zone: 'asked',
  clock: "the server's local time",
  guide: {
    steps: [
      'Open the viewer, choose the period and what to show.',
      'Tick the CSV report, then Search; the file is offered under the table.',
    ],
    becomes: {
      ...asteriskBecomes,
      date: 'calldate',
    },
    lost: [...asteriskLost, 'The report holds no recordings.'],
    example: 'amocalls check report__2024-10-05_12-00-00.csv --preset cdr-viewer --timezone Europe/Moscow',
  },
  recognise: (look) =>
    look.columns[3] === 'did'
      ? ifMost(look, ['calldate', 'clid', 'dcontext', 'dstchannel', 'lastapp', 'uniqueid', 'linkedid'], 0.98)
      : 0,
  ...asteriskRows,
  ...ofTable,
};
