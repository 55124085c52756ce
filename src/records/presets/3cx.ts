// 3CX: call report and XAPI.

import { splitList } from '../cell-text.js';
import { bracketed, type Cell, type IsExtension, ifAll, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

/** The report has no direction: it follows from which side is `Name (101)`. XAPI says it. */
function directionOf(cell: Cell, isExtension: IsExtension): string {
  const given = cell('Direction');
  if (given !== '') return given;
  const isOwn = isExtension(bracketed(cell('Caller ID')));
  const isToOwn = isExtension(bracketed(cell('Destination')));
  if (isOwn) return isToOwn ? 'internal' : 'outbound';
  return isToOwn || cell('Did|Trunk') !== '' ? 'inbound' : '';
}

/** The report has no id: rows of one second about one caller are one call. */
function callId(cell: Cell): string {
  const number = bracketed(cell('Caller ID'));
  const own = cell('MainCallHistoryId|CallHistoryId');
  return own || (number === '' ? '' : `${cell('Call Time')} ${number}`);
}

const byStatus = resultBy('Status', {
  talk: /^answered$/i,
  automated: /^waiting$/i,
  unanswered: /^(?:unanswered|not answered|no answer|missed|busy|failed|redirected)$/i,
});
const byAnswered = resultBy('Answered', { talk: /^true$/i, unanswered: /^false$/i });

const report: is.Shapes = {
  'Call Time': is.filled(is.time),
  'Caller ID': is.filled(is.party),
  Destination: is.filled(is.party),
  'Trunk number': is.count,
  Did: is.telephone,
  Status: is.filled(is.disposition),
  Ringing: is.duration,
  Talking: is.needed(is.duration),
  'Total Duration': is.duration,
};

const xapi: is.Shapes = {
  CallHistoryId: is.ifThere(is.filled(is.joins(is.key))),
  MainCallHistoryId: is.filled(is.joins(is.key)),
  StartTime: is.filled(is.moment),
  SourceCallerId: is.needed(is.employee),
  SourceDn: is.filled(is.count),
  DestinationCallerId: is.needed(is.employee),
  DestinationDn: is.filled(is.count),
  Direction: is.filled(is.words('Inbound', 'Outbound', 'Internal')),
  Answered: is.filled(is.flag),
  RingingDuration: is.ifThere(is.filled(is.duration)),
  TalkingDuration: is.filled(is.duration),
  RecordingUrl: is.link,
};

export const threeCx: Preset = {
  name: '3cx',
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
      'The lines of the CDR service (cdr.log, a socket) have the preset 3cx-cdr.',
    ],
    becomes: {
      uuid: 'MainCallHistoryId; the report has no id: Call Time and the number in Caller ID',
      type: 'Direction; report: which side is an extension in brackets, Did, Trunk',
      caller: 'Caller ID (SourceCallerId; outbound: SourceDn)',
      to: 'Destination, the number in brackets (inbound: DestinationDn; outbound: DestinationCallerId)',
      date: 'Call Time (StartTime)',
      billsec: 'Talking (TalkingDuration), where Status is Answered; else 0',
      link: 'RecordingUrl',
    },
    lost: [
      'Rows with the Status Redirected are left out: where the call went to is a row of its own.',
      'The report does not tell a menu or a queue that answered from a person.',
    ],
    example: 'amocalls check calls.csv --preset 3cx --timezone Europe/Berlin',
  },
  forms: [report, xapi],
  times: {
    start: 'Call Time|StartTime',
    ringing: 'Ringing|RingingDuration',
    talk: 'Talking|TalkingDuration',
    whole: 'Total Duration',
  },
  recognise: (look) =>
    Math.max(
      ifAll(look, 'Call Time, Caller ID, Destination, Status, Ringing, Talking', 0.97),
      ifAll(look, 'MainCallHistoryId, SourceDn, DestinationDn, TalkingDuration', 0.97),
    ),
  read: (cell, isExtension) => {
    const type = directionOf(cell, isExtension);
    const [source, destination] = [cell('SourceDn'), cell('DestinationDn')];
    const isRedirected = /^redirected$/i.test(cell('Status'));
    return {
      uuid: callId(cell),
      date: cell('Call Time|StartTime'),
      type,
      caller: isExtension(source) && type !== 'Inbound' ? source : cell('Caller ID|SourceCallerId'),
      to:
        isExtension(destination) && type !== 'Outbound'
          ? destination
          : cell('Destination|DestinationCallerId|Did'),
      billsec: cell('Talking|TalkingDuration'),
      link: cell('RecordingUrl'),
      problem:
        type === 'outbound' && cell('Did') !== '' ? 'Did is filled, but an extension called' : undefined,
      ...(cell('Answered') === '' ? byStatus : byAnswered)(cell),
      skip: isRedirected ? 'type: the call was redirected, and goes on in another row' : undefined,
    };
  },
  rowsPerCall: 'several',
  rowKey: splitList('CdrId, Call Time, StartTime, Caller ID, Destination, DestinationDn, Status, Ringing'),
};
