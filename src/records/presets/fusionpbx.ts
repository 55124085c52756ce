import { type Cell, firstOf, firstText, from, ifAll, type Preset, statusOf } from './preset.js';

const sides = ['direction', 'caller_id_number', 'caller_destination', 'destination_number'];
const occurrence = ['call_disposition', 'status'];

function isInbound(cell: Cell): boolean {
  return cell('direction') === 'inbound';
}

/** FusionPBX: the CSV export of its call detail records. */
export const fusionpbx: Preset = {
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
    becomes: [
      ['uuid', 'xml_cdr_uuid'],
      ['type', 'direction: inbound, outbound; local is left out'],
      ['caller', 'caller_id_number'],
      [
        'to',
        'inbound: destination_number where it is an extension, else caller_destination; outbound: destination_number',
      ],
      ['date', 'start_epoch, else start_stamp'],
      [
        'billsec',
        'billsec, else duration, which holds the same; 0 where the call was missed or went to voicemail',
      ],
      [
        'call_status',
        'call_disposition, status: voicemail, a message was left; busy is busy; else by talk time',
      ],
    ],
    lost: ['record_path and record_name are local: build the link with --map link.'],
    example: 'amocalls check xml_cdr.csv --preset fusionpbx --timezone Europe/Moscow',
  },
  needs: [
    ['xml_cdr_uuid'],
    ['direction'],
    ['caller_id_number'],
    ['destination_number', 'caller_destination'],
    ['start_epoch', 'start_stamp'],
    ['billsec', 'duration'],
  ],
  recognise: (look) => ifAll(look, ['xml_cdr_uuid', 'direction', 'caller_id_number'], 0.97),
  fields: {
    uuid: firstOf('xml_cdr_uuid'),
    date: firstOf('start_epoch', 'start_stamp'),
    type: firstOf('direction'),
    caller: firstOf('caller_id_number'),
    to: from(sides, (cell, isExtension) => {
      const called = cell('destination_number');
      if (isInbound(cell) && !isExtension(called)) return cell('caller_destination') || called;
      return called || cell('caller_destination');
    }),
    billsec: firstOf('billsec', 'duration'),
    link: firstOf('record_name'),
  },
  status: statusOf(occurrence, {
    'left a message': /voicemail/i,
    busy: /^busy/i,
    'no answer': /^(?:missed|no[_ ]answer|cancel)/i,
  }),
  kind: (cell) => {
    const said = firstText(cell, occurrence);
    if (/voicemail/i.test(said)) return 'automated';
    const isMissed =
      cell('missed_call') === 'true' || /^(?:missed|no[_ ]answer|cancel|busy|failed)/i.test(said);
    return isMissed ? 'unanswered' : 'talk';
  },
  completeness: 'row',
  rowKey: ['xml_cdr_uuid', 'start_epoch', 'start_stamp', 'destination_number'],
};
