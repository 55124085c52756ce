// FusionPBX: export.

import { type Cell, ifMost, type Preset, type RowKind, statusOf } from './preset.js';
import * as is from './shapes.js';

const statusWords = statusOf({
  'left a message': /voicemail/i,
  busy: /^busy/i,
  'no answer': /^(?:missed|no[_ ]answer|cancel)/i,
});

function kindOf(cell: Cell): RowKind {
  const said = cell('call_disposition|status');
  if (/voicemail/i.test(said)) return 'automated';
  const isMissed =
    cell('missed_call') === 'true' || /^(?:missed|no[_ ]answer|cancel|busy|failed)/i.test(said);
  return isMissed ? 'unanswered' : 'talk';
}

export const fusionpbx: Preset = {
  name: 'fusionpbx',
  title: 'FusionPBX: call detail records as CSV',
  versions: '4 and 5; which columns are there depends on the rights of the user',
  looks: 'CSV with a header in which xml_cdr_uuid, direction and destination_number stand',
  certainty: 'code',
  zone: 'asked',
  clock: "start_epoch is a unix time; start_stamp is the server's local time",
  guide: {
    steps: [
      'Apps > Call Detail Records, search the period, Export > CSV.',
      'An administrator sees more columns.',
    ],
    becomes: {
      uuid: 'xml_cdr_uuid',
      type: 'direction: inbound, outbound; local is left out',
      caller: 'caller_id_number',
      to: 'inbound: destination_number where it is an extension, else caller_destination; outbound: destination_number',
      date: 'start_epoch, else start_stamp',
      billsec:
        'billsec, else duration, which holds the same; 0 where the call was missed or went to voicemail',
      call_status: 'call_disposition, status: voicemail, a message was left; busy is busy; else by talk time',
    },
    lost: ['record_path and record_name are local: build the link with --map link.'],
    example: 'amocalls check xml_cdr.csv --preset fusionpbx --timezone Europe/Moscow',
  },
  forms: [
    {
      xml_cdr_uuid: is.filled(is.uuid),
      direction: is.filled(is.words('inbound', 'outbound', 'local', 'internal')),
      caller_id_number: is.needed(is.telephone),
      caller_destination: is.party,
      destination_number: is.filled(is.dialled),
      'start_epoch|start_stamp': is.filled(is.moment),
      'billsec|duration': is.filled(is.seconds),
      hangup_cause: is.hangupCause,
      call_disposition: is.disposition,
      record_name: is.link,
      missed_call: is.flag,
    },
  ],
  times: { talk: 'billsec', whole: 'duration' },
  recognise: (look) =>
    look.has('xml_cdr_uuid')
      ? ifMost(look, 'xml_cdr_uuid, direction, caller_id_number, destination_number', 0.97)
      : 0,
  read: (cell, isExtension) => {
    const type = cell('direction');
    const called = cell('destination_number');
    const dialled = cell('caller_destination');
    const isMenu = type === 'inbound' && !isExtension(called);
    return {
      uuid: cell('xml_cdr_uuid'),
      date: cell('start_epoch|start_stamp'),
      type,
      caller: cell('caller_id_number'),
      to: isMenu ? dialled || called : called || dialled,
      billsec: cell('billsec|duration'),
      link: cell('record_name'),
      status: statusWords(cell('call_disposition'), cell('status')),
      kind: kindOf(cell),
    };
  },
  rowsPerCall: 'one',
  rowKey: ['xml_cdr_uuid', 'start_epoch', 'start_stamp', 'destination_number'],
};
