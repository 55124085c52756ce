import { splitList } from '../cell-text.js';
import {
  bracketed,
  type Cell,
  firstOf,
  firstText,
  from,
  type IsExtension,
  ifAll,
  type Preset,
} from './preset.js';

const sides = splitList(`
  Caller ID, Destination, Did, Trunk, Direction, SourceDn, SourceCallerId, DestinationDn,
  DestinationCallerId
`);

/** The report has no direction: it follows from which side is `Name (101)`. XAPI says it. */
function directionOf(cell: Cell, isExtension: IsExtension): string {
  const given = cell('Direction');
  if (given !== '') return given;
  const isOwn = isExtension(bracketed(cell('Caller ID')));
  const isToOwn = isExtension(bracketed(cell('Destination')));
  if (isOwn) return isToOwn ? 'internal' : 'outbound';
  return isToOwn || firstText(cell, ['Did', 'Trunk']) !== '' ? 'inbound' : '';
}

/** 3CX: the call report of version 20, and the call log of its XAPI. */
export const threeCx: Preset = {
  title: '3CX: call report as CSV, or CallLogData of the XAPI (JSON)',
  versions: 'v20; reports of v16 and v18 where the names of the columns are the same',
  looks:
    'CSV with Call Time,Caller ID,Destination,…,Status,Ringing,Talking; or JSON with value[] and MainCallHistoryId',
  certainty: 'file',
  zone: 'asked',
  clock: "the server's local time; XAPI writes the zone",
  guide: {
    steps: [
      'Admin console: Reports > Call Reports (or Call Logs), choose the period, export as CSV.',
      'Or GET /xapi/v1/ReportCallLogData/… and save the answer.',
      'The file cdr.log has an order of its own on every server: use --columns and --map for it.',
    ],
    becomes: [
      ['uuid', 'MainCallHistoryId; the report has no id: Call Time and the number in Caller ID'],
      ['type', 'Direction; report: which side is an extension in brackets, Did, Trunk'],
      ['caller', 'Caller ID (SourceCallerId; outbound: SourceDn)'],
      ['to', 'Destination, the number in brackets (inbound: DestinationDn; outbound: DestinationCallerId)'],
      ['date', 'Call Time (StartTime)'],
      ['billsec', 'Talking (TalkingDuration), where Status is Answered; else 0'],
      ['link', 'RecordingUrl'],
    ],
    lost: [
      'Rows with the Status Redirected are left out: where the call went to is a row of its own.',
      'The report does not tell a menu or a queue that answered from a person.',
    ],
    example: 'amocalls check calls.csv --preset 3cx --timezone Europe/Berlin',
  },
  needs: [
    ['Call Time', 'StartTime'],
    ['Caller ID', 'SourceCallerId'],
    ['Destination', 'DestinationCallerId'],
    ['Talking', 'TalkingDuration'],
    ['Status', 'Answered'],
  ],
  recognise: (look) =>
    Math.max(
      ifAll(look, ['Call Time', 'Caller ID', 'Destination', 'Status', 'Ringing', 'Talking'], 0.97),
      ifAll(look, ['MainCallHistoryId', 'SourceDn', 'DestinationDn', 'TalkingDuration'], 0.97),
    ),
  fields: {
    uuid: from(['MainCallHistoryId', 'CallHistoryId', 'Call Time', 'Caller ID'], (cell) => {
      const number = bracketed(cell('Caller ID'));
      const own = firstText(cell, ['MainCallHistoryId', 'CallHistoryId']);
      return own || (number === '' ? '' : `${cell('Call Time')} ${number}`);
    }),
    date: firstOf('Call Time', 'StartTime'),
    type: from(sides, directionOf),
    caller: from(sides, (cell, isExtension) => {
      const own = cell('SourceDn');
      return isExtension(own) && directionOf(cell, isExtension) !== 'Inbound'
        ? own
        : firstText(cell, ['Caller ID', 'SourceCallerId']);
    }),
    to: from(sides, (cell, isExtension) => {
      const own = cell('DestinationDn');
      if (isExtension(own) && directionOf(cell, isExtension) !== 'Outbound') return own;
      return firstText(cell, ['Destination', 'DestinationCallerId', 'Did']);
    }),
    billsec: firstOf('Talking', 'TalkingDuration'),
    link: firstOf('RecordingUrl'),
  },
  kind: (cell) => {
    if (cell('Answered') !== '') return cell('Answered') === 'true' ? 'talk' : 'unanswered';
    if (/^waiting$/i.test(cell('Status'))) return 'automated';
    return /^answered$/i.test(cell('Status')) ? 'talk' : 'unanswered';
  },
  skip: (cell) =>
    /^redirected$/i.test(cell('Status'))
      ? 'type: the call was redirected, and goes on in another row'
      : undefined,
  completeness: { durations: ['Ringing', 'Talking', 'RingingDuration', 'TalkingDuration'] },
  rowKey: [
    'CdrId',
    'Call Time',
    'StartTime',
    'Caller ID',
    'Destination',
    'DestinationDn',
    'Status',
    'Ringing',
  ],
};
