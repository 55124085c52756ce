// 3CX: lines of the CDR service.

import { type CallStatus, callStatuses } from '../../core/call.js';
import { splitList } from '../cell-text.js';
import { inOrder } from './headerless.js';
import { type Cell, type Preset, type RowKind, statusOf } from './preset.js';
import * as is from './shapes.js';

/** All fields in the order in which 3CX offers them. */
const names = splitList(`
  historyid, callid, duration, time-start, time-answered, time-end, reason-terminated, from-no, to-no, from-dn,
  to-dn, dial-no, reason-changed, final-number, final-dn, bill-code, bill-rate, bill-cost, bill-name, chain,
  from-type, to-type, final-type, from-dispname, to-dispname, final-dispname, missed-queue-calls
`);

const time = /^\d{4}[/-]\d\d[/-]\d\d \d\d:\d\d:\d\d/;

const chain = is.like('a chain of parties', /^Chain:/);
const stamp = is.like('a time', time);

/** Names the fields in this order; the names of people at its end may hold commas, which nobody quotes. */
const nameColumns = inOrder({
  names,
  keys: {
    historyid: is.like('a number of the call history', /^(?:Call )?\d+$/),
    'time-start': stamp,
    'time-end': stamp,
    'reason-terminated': is.like('a word', /^[A-Za-z]\w*$/),
    chain,
  },
});

/** `Ext.10013` is an extension, anything else an outside number. */
function extension(text: string): string {
  return /^Ext\.(\d+)$/i.exec(text)?.[1] ?? '';
}

/** An outside caller comes over a line; who was reached at the end decides the rest. */
function directionOf(cell: Cell): string {
  if (extension(cell('from-no')) === '') return 'inbound';
  const called = cell('final-number') || cell('to-no');
  return extension(called) === '' ? 'outbound' : 'internal';
}

const machines = /^(?:Queue|RingGroup|IVR|VoiceMail|Fax|SpecialMenu|Parking|Conference|Script)$/i;

function kindOf(cell: Cell): RowKind {
  if (cell('time-answered') === '') return 'unanswered';
  return machines.test(cell('final-type') || cell('to-type')) ? 'automated' : 'talk';
}

const reasons = statusOf({ busy: /busy/i });

function statusOfCall(cell: Cell, kind: RowKind): CallStatus | undefined {
  if (kind === 'unanswered') return reasons(cell('reason-terminated'));
  return /^VoiceMail$/i.test(cell('final-type')) ? callStatuses['left a message'] : undefined;
}

/** `Ext.10013`, or a number outside. */
const party = is.like(
  'a number or an extension',
  /^Ext\.\S+$|^[+*#]?\d{2,}[\d*#]*$|^(?:anonymous|unknown|private)$/i,
);

/** The times are UTC, and do not say so. */
function utc(text: string): string {
  return time.test(text) ? `${text.replaceAll('/', '-')}Z` : text;
}

/** The chain of the parties begins with who called; duration is the time since the answer. */
function disorder(cell: Cell): string | undefined {
  const answer = cell('time-answered');
  if ((answer === '') !== (cell('duration') === ''))
    return 'a duration needs an answer, and an answer a duration';
  const chain = cell('chain');
  if (!chain.startsWith(`Chain: ${cell('from-no')};`)) return 'from-no is not the first of chain';
  const [called, last] = [cell('to-no'), cell('final-number')];
  const place = chain.indexOf(`;${called};`);
  if (place < 0) return 'to-no is not in chain';
  if ((last === '') !== (cell('final-type') === '')) return 'final-number and final-type belong together';
  if (last === '') return undefined;
  const end = chain.lastIndexOf(`;${last};`);
  if (end < 0) return 'final-number is not in chain';
  return end < place ? 'final-number stands before to-no in chain' : undefined;
}

export const threeCxCdr: Preset = {
  name: '3cx-cdr',
  title: '3CX: lines of the CDR service (cdr.log, cdr-….log, socket), all fields in their usual order',
  versions: 'v20 by real lines; v18 where it has the same fields',
  looks: 'CSV without a header, Call 265500,…,2024/04/30 06:27:28,…,Ext.10013,…,Chain: …',
  certainty: 'file',
  zone: 'values',
  clock: 'UTC, though the times do not say it',
  guide: {
    steps: [
      'Admin console: Integrations > CDR (v18: Settings > CDR): choose a file or a socket, and add all fields in the order in which they are offered.',
      'Take the files cdr*.log from the folder of the CDR logs; several may be joined: cat cdr-*.log > cdr.log.',
      'Fields of your own choice: name them with --columns historyid,callid,duration,time-start,… in your order.',
    ],
    becomes: {
      uuid: 'historyid: lines that share it are one call',
      type: 'from-no and final-number, else to-no: Ext.… is an extension, all else outside',
      caller: 'from-no',
      to: 'inbound: the extension in final-number, else in to-no; outbound: final-number, else to-no',
      date: 'time-start, as UTC',
      billsec:
        'duration, the time since time-answered; 0 where nobody answered, or a queue, a menu or voicemail was all that did',
      call_status:
        'a message was left where final-type is VoiceMail; a reason-terminated with busy in it is busy; else by talk time',
    },
    lost: [
      'That the times are UTC is seen in v20. Of v18 one program says so: compare a call that you know, and if it is off, say --map date=time-start --timezone ….',
      'historyid counts from 1 again after a new installation: use another ledger for it.',
      'No recordings.',
    ],
    example: 'amocalls check cdr.log --preset 3cx-cdr',
  },
  forms: [
    {
      historyid: is.filled(is.joins(is.like('a number of the call history', /^(?:Call )?[1-9]\d{0,8}$/))),
      callid: is.ifThere(is.filled(is.like('the id of a leg', /^[\da-z]+_\d+$/i))),
      duration: is.needed(is.like('a duration', /^\d+:\d\d:\d\d$/)),
      'time-start': is.filled(is.time),
      'time-answered': is.needed(is.time),
      'time-end': is.filled(is.time),
      'reason-terminated': is.application,
      'from-no': is.filled(party),
      'to-no': is.filled(party),
      'from-dn': is.dialled,
      'to-dn': is.dialled,
      'dial-no': is.dialled,
      'final-number': is.needed(party),
      'final-dn': is.dialled,
      'from-type': is.filled(is.application),
      'to-type': is.filled(is.application),
      'final-type': is.needed(is.application),
      chain: is.filled(chain),
    },
  ],
  times: { start: 'time-start', answer: 'time-answered', end: 'time-end', talk: 'duration' },
  delimiter: ',',
  // Names of people are not quoted: "Smith, John" makes two cells.
  unquoted: 'from-dispname',
  nameColumns,
  recognise: (look) => (look.isTabular && nameColumns(look.rows) !== undefined ? 0.97 : 0),
  read: (cell) => {
    const type = directionOf(cell);
    const kind = kindOf(cell);
    const [first, last] = [extension(cell('to-no')), extension(cell('final-number'))];
    // A mailbox at the end is not who was called.
    const person = machines.test(cell('final-type')) ? first || last : last || first;
    return {
      uuid: cell('historyid'),
      date: utc(cell('time-start')),
      type,
      caller: extension(cell('from-no')) || cell('from-no'),
      to: type === 'outbound' ? cell('final-number') || cell('to-no') : person || cell('to-no'),
      billsec: cell('duration'),
      kind,
      status: statusOfCall(cell, kind),
      problem: disorder(cell),
    };
  },
  id: is.like('a number of the call history', /^Call \d+$/),
  rowsPerCall: 'several',
  rowKey: ['historyid', 'callid', 'time-start', 'from-no', 'to-no'],
};
