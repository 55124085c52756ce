// Grandstream UCM: export and API.

import { isObject } from '../../core/json.js';
import { splitList } from '../cell-text.js';
import { answeredByNobody } from './asterisk-parties.js';
import { asteriskColumns, asteriskResult, dispositions } from './asterisk-rows.js';
import {
  type Cell,
  type IsExtension,
  ifAll,
  ifMost,
  type Preset,
  type RawFields,
  resultBy,
} from './preset.js';
import * as is from './shapes.js';

function isOutbound(cell: Cell): boolean {
  return /^outbound$/i.test(cell('Log Userfield|userfield'));
}

function answeredBy(cell: Cell, isExtension: IsExtension): string {
  const people = ['Answered by', 'Dest Channel Extension', 'dstanswer', 'dstchannel_ext'];
  return people.map(cell).find(isExtension) ?? '';
}

/** Gives the legs of `{"main_cdr": {…}, "sub_cdr_1": {…}}`, each with the session of the call. */
function unfold(value: unknown): readonly unknown[] {
  if (!isObject(value) || !isObject(value['main_cdr'])) return [value];
  const main = value['main_cdr'];
  const session = main['session'] || main['uniqueid'] || main['AcctId'];
  return Object.entries(value)
    .filter(([name, leg]) => /^(?:main|sub)_cdr/.test(name) && isObject(leg))
    .map(([, leg]) => ({ ...(isObject(leg) ? leg : {}), session }));
}

const byDisposition = resultBy('Disposition', dispositions);

function resultOf(cell: Cell): Pick<RawFields, 'kind' | 'status'> {
  const action = cell('Action Type');
  const ofApi = cell('lastapp') === '' ? undefined : asteriskResult(cell);
  if (action === '' && ofApi !== undefined) return ofApi;
  const { kind, status } = byDisposition(cell);
  return {
    kind: action === '' || /^DIAL/i.test(action) ? kind : 'automated',
    status: ofApi === undefined ? status : ofApi.status,
  };
}

/** What joins the rows of a call. */
const session = is.like('a session', /^\d{10,}[\d.]*-/);
/** In one of its files Asterisk's id, where there is no session. */
const sessionOrId: is.Shape = {
  is: 'a session',
  fits: (given) => session.fits(given) || is.asteriskId.fits(given),
};
const action = is.like('an action', /^[A-Z]+(?:_[A-Z]+)*(?:\[.*\])?$/);

/** What the rows of the web page hold. */
const ofPage: is.Shapes = {
  'Start Time': is.filled(is.time),
  'Answer Time': is.needed(is.time),
  'End Time': is.filled(is.time),
  'Call Time': is.ifThere(is.filled(is.duration)),
  'Talk Time': is.filled(is.duration),
  'Caller Number': is.needed(is.callerNumber),
  'Callee Number': is.needed(is.dialled),
  'Source Channel': is.channel,
  'Dest. Channel': is.needed(is.channel),
  Disposition: is.filled(is.words('ANSWERED', 'NO ANSWER', 'BUSY', 'FAILED', 'CONGESTION', 'CANCEL')),
  'Log Userfield': is.needed(is.words('Inbound', 'Outbound', 'Internal', 'External')),
  'Unique ID': is.ifThere(is.filled(is.asteriskId)),
  Session: is.filled(is.joins(session)),
  'Action Type': is.filled(action),
  'Answered by': is.dialled,
  'Dest Channel Extension': is.dialled,
  'CallerID Number': is.callerId,
  'Account Code': is.text,
  Context: is.text,
  'Premier Caller': is.dialled,
};

const { answer, end, channel, dstchannel, lastapp, duration, billsec } = asteriskColumns;
/** The API writes the names of Asterisk. */
const ofApi: is.Shapes = {
  AcctId: is.count,
  start: is.filled(is.time),
  answer: is.needed(answer),
  end: is.filled(end),
  src: is.needed(is.callerNumber),
  dst: is.needed(is.dialled),
  channel,
  dstchannel: is.needed(dstchannel),
  lastapp: is.needed(lastapp),
  duration,
  billsec: is.filled(billsec),
  disposition: is.needed(is.disposition),
  userfield: is.needed(is.words('Inbound', 'Outbound', 'Internal', 'External')),
  channel_ext: is.code,
  dstchannel_ext: is.code,
  dstanswer: is.dialled,
  uniqueid: is.filled(is.joins(is.asteriskId)),
  session: is.joins(sessionOrId),
  action_type: is.ifThere(is.filled(action)),
};

/** A session ends with the number of who called first. */
function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  if (cell('answer') === '' && Number(cell('billsec')) > 0) return 'billsec needs an answer';
  const first = /^\d{13}-(\+?\d+)$/.exec(cell('Session'))?.[1];
  const caller = cell('Caller Number|src');
  if (first === undefined || first === caller) return answeredByNobody(cell);
  const isOther = !isExtension(first) && !isOutbound(cell) && (caller === '' || isExtension(caller));
  return isOther || first === cell('Callee Number|dst')
    ? `Session says that ${first} called: are columns exchanged?`
    : undefined;
}

export const grandstream: Preset = {
  name: 'grandstream',
  title: 'Grandstream UCM: CDR of the web page as CSV; CDR API as CSV or JSON',
  versions: 'UCM6xxx; web export with 26 columns',
  looks:
    'CSV with the header Account Code,Caller Number,Callee Number,…,Session,…; or JSON with main_cdr and sub_cdr_1',
  certainty: 'file',
  zone: 'asked',
  clock: "the UCM's local time",
  guide: {
    steps: [
      'Open CDR > CDR, filter the period, click "Download Search Result(s)" (or "Download All Records").',
      'Or ask the API: https://<ucm>:8443/cdrapi?format=json&startTime=…&endTime=…',
    ],
    becomes: {
      uuid: 'Session (session): all rows of a call; where there is none, Unique ID',
      type: 'Log Userfield (userfield): Inbound, Outbound; Internal is left out',
      caller: 'Caller Number (src)',
      to: 'inbound: Answered by (dstanswer), else Callee Number (dst); outbound: Callee Number',
      date: 'Start Time (start) of the first row',
      billsec: 'Talk Time (billsec) of a row with the Action Type DIAL that was ANSWERED; else 0',
      call_status: 'Disposition BUSY is busy; else by talk time',
    },
    lost: [
      'Menus, queues and ring groups are rows of their own, ANSWERED and with a talk time: they are no conversations.',
      'recordfiles is a local path: build the link with --map link.',
      'The CSV of the API has no session: parts of one call stay apart where their uniqueid differs.',
    ],
    example: 'amocalls check cdr.csv --preset grandstream --timezone Asia/Yekaterinburg',
  },
  forms: [ofPage, ofApi],
  times: {
    start: 'Start Time|start',
    answer: 'Answer Time|answer',
    end: 'End Time|end',
    talk: 'Talk Time|billsec',
    whole: 'Call Time|duration',
  },
  refuse: (has) =>
    has('dstanswer') && !has('action_type')
      ? 'it has no column action_type, without which a menu looks like a conversation: export it too'
      : undefined,
  unquoted: 'lastdata',
  unfold,
  recognise: (look) =>
    Math.max(
      ifMost(
        look,
        'Caller Number, Callee Number, Action Type, Session, Log Userfield, Answered by, Talk Time',
        0.98,
      ),
      ifAll(look, 'main_cdr.uniqueid, main_cdr.src', 0.98),
      ifMost(look, 'AcctId, src, dst, channel_ext, dstchannel_ext, userfield', 0.95),
    ),
  read: (cell, isExtension) => {
    const isOut = isOutbound(cell);
    const own = cell('channel_ext');
    const callee = cell('Callee Number|dst');
    return {
      uuid: cell('Session|Unique ID'),
      date: cell('Start Time|start'),
      type: cell('Log Userfield|userfield'),
      caller: isOut && isExtension(own) ? own : cell('Caller Number|src'),
      to: isOut ? callee : answeredBy(cell, isExtension) || callee,
      billsec: cell('Talk Time|billsec'),
      // Several recordings stand in one text, with @ between them.
      link: cell('recordfiles').split('@')[0] ?? '',
      ...resultOf(cell),
      problem: disorder(cell, isExtension),
    };
  },
  id: sessionOrId,
  rowsPerCall: 'several',
  rowKey: splitList(`
    Unique ID, AcctId, Start Time, start, Source Channel, channel, Dest. Channel, dstchannel, Action Type,
    Callee Number, dst, Answered by, Call Time, duration
  `),
};
