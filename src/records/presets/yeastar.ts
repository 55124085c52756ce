// Yeastar: events and export.

import { isJson, isObject } from '../../core/json.js';
import { bracketed, type Cell, type IsExtension, ifAll, ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

const resultOf = resultBy('status', {
  talk: /^ANSWER(?:E?D)?$/i,
  'left a message': /^VOICEMAIL$/i,
  busy: /^BUSY$/i,
  'no answer': /^NO ?ANSWER(?:ED)?$/i,
  unanswered: /^(?:VOICEMAIL|FAILED|CANCEL(?:LED)?|CONGESTION)$/i,
});

/** Event 30012 has its record in `msg`: an object, or a text of JSON as webhooks deliver it. */
function unfold(value: unknown): readonly unknown[] {
  if (!isObject(value)) return [value];
  const { msg } = value;
  const call: unknown = typeof msg === 'string' && isJson(msg) ? JSON.parse(msg) : msg;
  return isObject(call) && 'call_id' in call ? [call] : [value];
}

/** Of the events of the P series only 30012 is a call. */
function skipEvent(cell: Cell): string | undefined {
  const event = cell('type');
  return /^\d+$/.test(event) && cell('callfrom') === '' ? `type: event ${event} is no call` : undefined;
}

/** Events of the S series, whose names are misspelt, and of the P series. */
const ofEvents: is.Shapes = {
  callid: is.needed(is.joins(is.asteriskId)),
  timestart: is.needed(is.time),
  callfrom: is.needed(is.party),
  callto: is.filledWith('talkduraction|talkduration', is.needed(is.party)),
  'callduraction|callduration': is.ifThere(is.duration),
  'talkduraction|talkduration': is.needed(is.duration),
  status: is.needed(is.disposition),
  recording: is.link,
  didnumber: is.line,
  agent_ring_time: is.duration,
};

/** No telephone number. */
const pageId = is.like('the id of a call', /^\d{4,}[-.]\S+$|^(?=.*[A-Za-z])[\w.-]+$/);

/** The export of the web page. */
const ofPage: is.Shapes = {
  ID: is.filled(is.joins(pageId)),
  Time: is.filled(is.time),
  'Call From': is.filled(is.party),
  'Call To': is.needed(is.party),
  'Ring Duration': is.duration,
  'Talk Duration': is.filled(is.duration),
  Status: is.filled(is.disposition),
  'Communication Type': is.filled(is.words('Inbound', 'Outbound', 'Internal')),
  'DID/DDI': is.line,
  'Outbound Caller ID': is.line,
  'Recording File': is.link,
};

/** What every call has; the other events of the phone system have nothing of it. */
const everyCall = [
  'callid|ID',
  'timestart|Time',
  'callfrom',
  'talkduraction|talkduration',
  'status',
  'type|Communication Type',
];

function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  const empty = everyCall.find((columns) => cell(columns) === '');
  if (empty !== undefined && skipEvent(cell) === undefined) return `${empty.split('|')[0]} is empty`;
  const [did, called] = [cell('didnumber'), cell('callto')].map(bracketed);
  return isExtension(did ?? '') && !isExtension(called ?? '')
    ? 'didnumber is an extension, and callto is none'
    : undefined;
}

export const yeastar: Preset = {
  name: 'yeastar',
  title: 'Yeastar: NewCdr events (S series), event 30012 (P series), CDR of the web page as CSV',
  versions: 'S series; P series (of its CSV only the labels are known)',
  looks:
    'JSON with callid, timestart, callfrom, callto, talkduraction, also in msg of an event; or CSV with Call From, Call To, Talk Duration',
  certainty: 'doc',
  zone: 'asked',
  clock: "the PBX's local time",
  guide: {
    steps: [
      'P series: Reports and Recordings > CDR, choose the period, Download CDR as CSV.',
      'Or collect the events NewCdr or 30012 of its API, an object a line, as they come: the record may stand in msg, as text too.',
    ],
    becomes: {
      uuid: 'callid (call_id, ID): rows that share it are one call',
      type: 'type (Communication Type): Inbound, Outbound; Internal is left out',
      caller: 'callfrom (Call From), the number in brackets',
      to: 'callto (Call To); of 6500(1001), a queue, the person 1001',
      date: 'timestart (time_start, Time)',
      billsec: 'talkduraction (talk_duration, Talk Duration), where the status is ANSWERED; else 0',
      call_status: 'status: VOICEMAIL, a message was left; BUSY is busy; else by talk time',
      link: 'recording, a file name: by a template',
    },
    lost: ['The header of the CSV is not confirmed by a real file: where a column is not found, map it.'],
    example: 'amocalls check cdr.csv --preset yeastar --timezone Europe/Moscow',
  },
  forms: [ofEvents, ofPage],
  times: {
    start: 'timestart|Time',
    ringing: 'Ring Duration',
    talk: 'talkduraction|talkduration',
    whole: 'callduraction|callduration',
  },
  unfold,
  recognise: (look) =>
    Math.max(
      ifAll(look, 'type, sn, msg.call_id, msg.call_from', 0.98),
      look.has('sn') && look.texts('msg').some((text) => text.includes('"call_id"')) ? 0.98 : 0,
      ifMost(look, 'callid, timestart, callfrom, callto, talkduraction', 0.98),
      ifMost(look, 'callid, timestart, callfrom, callto, talkduration', 0.95),
      ifMost(look, 'ID, Time, Call From, Call To, Talk Duration, Status, Communication Type', 0.9),
    ),
  // Misspelt keys and words are real: talkduraction, ANSWERD.
  read: (cell, isExtension) => {
    return {
      uuid: cell('callid|ID'),
      date: cell('timestart|Time'),
      type: cell('type|Communication Type'),
      caller: cell('callfrom'),
      to: cell('callto|didnumber'),
      billsec: cell('talkduraction|Talk Duration'),
      link: cell('recording|Recording File'),
      skip: skipEvent(cell),
      problem: disorder(cell, isExtension),
      ...resultOf(cell),
    };
  },
  rowsPerCall: 'several',
  rowKey: ['callid', 'ID', 'timestart', 'Time', 'callfrom', 'callto', 'callduraction', 'Call Duration'],
};
