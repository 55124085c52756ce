// Mango Office: statistics API.

import { splitList } from '../cell-text.js';
import { inOrder } from './headerless.js';
import { type Cell, type IsExtension, ifAll, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

const names = splitList(`
  records, start, finish, answer, from_extension, from_number, to_extension, to_number, disconnect_reason,
  line_number, location
`);
const epoch = is.like('a time in unix seconds', /^\d{10}$/);

/** Names the fields of stats/result in their usual order; entry_id and create come last, where they were asked for. */
const nameColumns = inOrder({
  names,
  keys: { start: epoch, finish: epoch, answer: is.unixTime },
  // A workbook has no empty cells at the end of a row: location may be one.
  least: names.length - 1,
  most: names.length + 2,
  tail: ([row = []]) =>
    row.slice(names.length).map((cell) => (epoch.fits(cell.trim()) ? 'create' : 'entry_id')),
});

/** CSV: the extension is filled on the side of the company; a call that nobody took has none at all. */
function direction(cell: Cell): string {
  const given = cell('context_type');
  if (given !== '') return given;
  if (cell('from_extension') === '') return 'inbound';
  return cell('to_extension') === '' ? 'outbound' : 'internal';
}

/**
 * Result codes of the VPBX API, as two integrations list them: 1111 not answered in time, 1121 the other side was busy, 1133
 * there is no such number, 3200 the number is wrong.
 */
const codes = statusOf({
  'wrong number': /^(?:1133|3200)$/,
  busy: /^1121$/,
  'no answer': /^1111$/,
});

/** The answer of stats/result, in CSV. */
const ofResult: is.Shapes = {
  start: is.filled(is.unixTime),
  finish: is.filled(is.unixTime),
  answer: is.filled(is.unixTime),
  from_extension: is.needed(is.extension),
  from_number: is.needed(is.telephone),
  to_extension: is.needed(is.extension),
  to_number: is.needed(is.telephone),
  line_number: is.line,
  location: is.like('a place', /^\D{0,40}$/),
  disconnect_reason: is.filled(is.code),
  entry_id: is.ifThere(is.filled(is.joins(is.key))),
};

/** That of stats/calls/result, in JSON. */
const ofContexts: is.Shapes = {
  entry_id: is.filled(is.joins(is.key)),
  context_type: is.filled(is.words('1', '2', '3')),
  caller_number: is.filled(is.party),
  called_number: is.filled(is.client),
  context_start_time: is.filled(is.unixTime),
  duration: is.filled(is.seconds),
  talk_duration: is.filled(is.seconds),
  'context_calls.0.call_start_time': is.unixTime,
  'context_calls.0.call_abonent_info': is.text,
};

function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  const [from, to, line] = [cell('from_number'), cell('to_number'), cell('line_number')];
  if (line !== '' && (cell('from_extension') === '' ? from : to) === line)
    return 'line_number is the number of the client: are columns exchanged?';
  if (cell('context_type') !== '1') return undefined;
  const info = cell('context_calls.0.call_abonent_info');
  if (info === '' && Number(cell('talk_duration')) > 0)
    return 'call_abonent_info is empty, but somebody talked';
  return isExtension(cell('called_number')) || (isExtension(cell('caller_number')) && !isExtension(info))
    ? 'a number of the company and an extension look exchanged'
    : undefined;
}

export const mango: Preset = {
  name: 'mango',
  title: 'Mango Office: stats/result (CSV) or stats/calls/result (JSON) of the VPBX API',
  versions: 'VPBX API 1.9',
  looks:
    'CSV with ; and no header, unix times in the columns 2 to 4; or JSON with data[].list[] and context_type',
  certainty: 'doc',
  zone: 'values',
  clock: 'unix seconds; the documentation says "UTC+3": check one known call',
  guide: {
    steps: [
      'Ask for statistics with stats/request, with the fields records, start, finish, answer, from_extension, from_number, to_extension, to_number, disconnect_reason, line_number, location, entry_id in this order.',
      'Save the answer of stats/result; or of stats/calls/result, which is JSON.',
      'Fields in another order: say it with --columns.',
    ],
    becomes: {
      uuid: 'entry_id; where it was not asked for, one is built of start, numbers and talk time',
      type: 'from_extension without to_extension: outbound, both: internal, else inbound; JSON: context_type 1, 2, 3',
      caller: 'outbound: from_extension; else from_number (caller_number)',
      to: 'inbound: to_extension, else line_number (called_number); outbound: to_number (called_number)',
      date: 'start (context_start_time)',
      billsec: 'finish - answer, 0 where answer is 0 (talk_duration)',
      call_status:
        'disconnect_reason: 1121 is busy, 1133 and 3200 are a wrong number; else, and in JSON, by talk time',
    },
    lost: [
      'Recordings: their addresses are signed and expire.',
      'The CSV files of the cabinet are not known: map their columns.',
    ],
    example: 'amocalls check mango.csv --preset mango',
  },
  forms: [ofResult, ofContexts],
  times: {
    start: 'start|context_start_time',
    answer: 'answer',
    end: 'finish',
    talk: 'talk_duration',
    whole: 'duration',
  },
  nameColumns,
  delimiter: ';',
  refuse: (has) =>
    has('context_calls.0.call_start_time') && !has('context_calls.0.call_abonent_info')
      ? 'it has no column context_calls.0.call_abonent_info, without which nobody knows who answered'
      : undefined,
  recognise: (look) => {
    if (look.isTabular)
      return nameColumns(look.rows) !== undefined
        ? 0.95
        : ifAll(look, 'from_extension, to_extension, finish');
    return ifAll(look, 'entry_id, context_type, caller_number, called_number', 0.95);
  },
  read: (cell, isExtension) => {
    const type = direction(cell);
    const info = cell('context_calls.0.call_abonent_info');
    const person = cell('to_extension') || (/^\d+$/.test(info) ? info : '');
    const [answer, finish] = [Number(cell('answer')), Number(cell('finish'))];
    return {
      uuid: cell('entry_id'),
      date: cell('start|context_start_time'),
      type,
      caller: cell('from_extension|from_number|caller_number'),
      to: ['inbound', '1'].includes(type)
        ? person || cell('line_number|to_number|called_number')
        : cell('to_number|to_extension|called_number'),
      billsec: cell('talk_duration') || (answer > 0 ? String(finish - answer) : '0'),
      status: codes(cell('disconnect_reason')),
      problem: disorder(cell, isExtension),
    };
  },
  rowsPerCall: 'several',
  typeMap: { 1: 'inbound', 2: 'outbound', 3: 'internal' },
  rowKey: ['entry_id', 'start', 'context_start_time', 'from_number', 'to_number', 'to_extension'],
};
