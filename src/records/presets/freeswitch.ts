// FreeSWITCH: CSV templates and JSON.

import { callStatuses } from '../../core/call.js';
import { isObject } from '../../core/json.js';
import { splitList } from '../cell-text.js';
import { inOrder } from './headerless.js';
import { type Cell, type IsExtension, ifAll, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

const example = splitList(`
  caller_id_name, caller_id_number, destination_number, context, start_stamp, answer_stamp, end_stamp,
  duration, billsec, hangup_cause, uuid, bleg_uuid, accountcode, read_codec, write_codec
`);
const likeAsterisk = splitList(`
  accountcode, caller_id_number, destination_number, context, caller_id, channel_name, bridge_channel,
  last_app, last_arg, start_stamp, answer_stamp, end_stamp, duration, billsec, hangup_cause, amaflags, uuid,
  userfield
`);
const nameExample = inOrder({
  names: example,
  // The times as FreeSWITCH writes them or as Excel saves them.
  keys: { start_stamp: is.time, uuid: is.uuid },
  least: example.length,
  most: example.length,
});
const nameLikeAsterisk = inOrder({
  names: likeAsterisk,
  keys: { start_stamp: is.stamp, hangup_cause: is.hangupCause, uuid: is.uuid },
  // A workbook has no empty cells at the end of a row: userfield may be one.
  least: likeAsterisk.length - 1,
  most: likeAsterisk.length,
});

/** mod_json_cdr writes values URL-encoded unless it is told not to. */
function decoded(value: unknown): unknown {
  if (typeof value !== 'string' || !value.includes('%')) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/** Takes out of the hundreds of variables of a JSON record what a call needs; the last step of callflow is the first caller. */
function unfold(value: unknown): readonly unknown[] {
  if (!isObject(value) || !isObject(value['variables'])) return [value];
  const { variables, callflow } = value;
  const flow: unknown = Array.isArray(callflow) ? callflow.at(-1) : undefined;
  const profile = isObject(flow) && isObject(flow['caller_profile']) ? flow['caller_profile'] : {};
  const names = [
    'uuid',
    'start_epoch',
    'start_stamp',
    'answer_epoch',
    'duration',
    'billsec',
    'hangup_cause',
    'channel_name',
  ];
  const own = ['caller_id_number', 'destination_number', 'context'];
  const record = [
    ...names.map((name) => [name, decoded(variables[name])]),
    ...own.map((name) => [name, decoded(profile[name])]),
    ['bridge_channel', decoded(variables['bridge_channel'])],
    ['last_app', decoded(variables['last_app'])],
  ];
  return [Object.fromEntries(record)];
}

function bridged(cell: Cell, isExtension: IsExtension): string {
  const number = /(?:^|\/)(\d+)(?=@|$)/.exec(cell('bridge_channel'))?.[1] ?? '';
  return isExtension(number) ? number : '';
}

/** The direction that FreeSWITCH writes is that of the leg; whose call it is follows from the numbers and the context. */
function directionOf(cell: Cell, isExtension: IsExtension): string {
  const isToOwn = isExtension(cell('destination_number'));
  if (isExtension(cell('caller_id_number'))) return isToOwn ? 'internal' : 'outbound';
  const isInbound = isToOwn || cell('context') === 'public' || bridged(cell, isExtension) !== '';
  return isInbound ? 'inbound' : '';
}

/** What the causes of FreeSWITCH say. */
export const statusOfCause = statusOf({
  'wrong number': /^UNALLOCATED_NUMBER$/i,
  busy: /^USER_BUSY$/i,
  'no answer': /^(?:NO_ANSWER|NO_USER_RESPONSE|ORIGINATOR_CANCEL)$/i,
});

/** The account and the channel of the A leg are those of who calls. */
function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  const [from, to] = [cell('caller_id_number'), cell('destination_number')];
  const channel = /^sofia\/[^/]+\/([^@]+)@/.exec(cell('channel_name'))?.[1];
  if (to !== from && (channel === to || (cell('accountcode') === to && !isExtension(from))))
    return 'destination_number is who calls, by channel_name or accountcode: are columns exchanged?';
  const isAlone = cell('bridge_channel') === '' && cell('channel_name') !== '' && Number(cell('billsec')) > 0;
  return isAlone && cell('last_app') === 'bridge'
    ? 'bridge_channel is empty, but last_app is bridge'
    : undefined;
}

export const freeswitch: Preset = {
  name: 'freeswitch',
  title: 'FreeSWITCH: mod_cdr_csv (templates example and asterisk), mod_json_cdr',
  versions: 'all with the stock templates',
  looks:
    'CSV without a header, 15 columns (18 for the template asterisk); or JSON with variables and callflow',
  certainty: 'code',
  zone: 'asked',
  clock: "the server's local time; JSON has unix times",
  guide: {
    steps: [
      'CSV: copy /var/log/freeswitch/cdr-csv/Master.csv; keep legs=a in cdr_csv.conf.xml.',
      'JSON: cat /var/log/freeswitch/json_cdr/*.cdr.json > calls.json; keep log-b-leg=false.',
      'Another template: name its columns with --columns.',
    ],
    becomes: {
      uuid: 'uuid of the A leg (variables.uuid)',
      type: 'which of caller_id_number and destination_number is an extension; the context public is inbound',
      caller: 'caller_id_number',
      to: 'inbound: the extension in bridge_channel, else destination_number; outbound: destination_number',
      date: 'start_epoch, else start_stamp',
      billsec: 'billsec; 0 for voicemail and menus where last_app tells them',
      call_status:
        'a message was left where last_app is voicemail; hangup_cause USER_BUSY is busy, UNALLOCATED_NUMBER a wrong number; else by talk time',
    },
    lost: [
      'With legs=both every conversation appears twice: nothing joins the legs.',
      'Quotes in a name are not escaped, and may spoil their row.',
      'No recordings. The template sql is no CSV.',
    ],
    example: 'amocalls check Master.csv --preset freeswitch --timezone Europe/Moscow',
  },
  forms: [
    {
      uuid: is.filled(is.uuid),
      bleg_uuid: is.uuid,
      caller_id_number: is.needed(is.party),
      destination_number: is.filled(is.dialled),
      start_epoch: is.unixTime,
      answer_epoch: is.unixTime,
      'start_stamp|start_epoch': is.filled(is.moment),
      answer_stamp: is.time,
      end_stamp: is.time,
      duration: is.ifThere(is.filled(is.seconds)),
      billsec: is.filled(is.seconds),
      hangup_cause: is.hangupCause,
      last_app: is.filledWith('billsec', is.application),
      context: is.context,
      amaflags: is.words('0', '1', '2', '3', 'DOCUMENTATION', 'BILLING', 'OMIT', 'DEFAULT'),
    },
  ],
  times: {
    start: 'start_stamp|start_epoch',
    answer: 'answer_stamp',
    end: 'end_stamp',
    talk: 'billsec',
    whole: 'duration',
  },
  nameColumns: (rows) => nameExample(rows) ?? nameLikeAsterisk(rows),
  unfold,
  recognise: (look) => {
    if (look.isTabular)
      return (nameExample(look.rows) ?? nameLikeAsterisk(look.rows)) === undefined ? 0 : 0.85;
    return ifAll(look, 'variables.uuid, variables.billsec, callflow.0.caller_profile.caller_id_number', 0.97);
  },
  read: (cell, isExtension) => {
    const type = directionOf(cell, isExtension);
    const person = type === 'inbound' ? bridged(cell, isExtension) : '';
    const app = cell('last_app');
    return {
      uuid: cell('uuid'),
      date: cell('start_epoch|start_stamp'),
      type,
      caller: cell('caller_id_number'),
      to: person || cell('destination_number'),
      billsec: cell('billsec'),
      status: /^voicemail/i.test(app) ? callStatuses['left a message'] : statusOfCause(cell('hangup_cause')),
      problem: disorder(cell, isExtension),
      kind: /^(?:voicemail|ivr|play|say|echo|conference)/i.test(app) ? 'automated' : 'talk',
    };
  },
  id: is.uuid,
  rowsPerCall: 'one',
  rowKey: ['uuid', 'start_epoch', 'start_stamp', 'duration'],
};
