// UIS, CoMagic, Novofon: Data API.

import { callStatuses } from '../../core/call.js';
import { ifMost, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

/** From the vendor's page of get.calls_report: the subscriber is the client, operator and employee are the company's. */
const finishReasons = statusOf({
  busy: /^(?:subscriber|operator|employee)_busy$/,
  'no answer': /^(?:subscriber|operator)_not_responsible$/,
});

export const uis: Preset = {
  name: 'uis',
  title: 'UIS, CoMagic, Novofon, CallGear: get.calls_report of the Data API (JSON)',
  versions: 'Data API v2.0',
  looks: 'JSON with result.data[] and direction, contact_phone_number, talk_duration',
  certainty: 'doc',
  zone: 'asked',
  clock: "the account's zone",
  guide: {
    steps: [
      'Call get.calls_report of https://dataapi.uiscom.ru/v2.0 (or the address of your brand) for the period.',
      'Ask for the fields id, communication_id, start_time, direction, contact_phone_number, operator_phone_number, virtual_phone_number, talk_duration, is_lost, finish_reason, voice_mail_records, full_record_file_link: always the same ones.',
      'Save the answer as it is.',
    ],
    becomes: {
      uuid: 'communication_id, else id',
      type: 'direction: in, out',
      caller: 'inbound: contact_phone_number; outbound: operator_phone_number, else virtual_phone_number',
      to: 'outbound: contact_phone_number; inbound: operator_phone_number, else virtual_phone_number',
      date: 'start_time',
      billsec: 'talk_duration, else clean_talk_duration; 0 where is_lost',
      link: 'full_record_file_link',
      call_status:
        'a message was left where voice_mail_records is filled; finish_reason …_busy is busy; else by talk time',
    },
    lost: [
      "call_records holds parts of addresses, whose host depends on the brand: --map link='https://app.uiscom.ru/system/media/talk/{communication_id}/{call_records}/'.",
      'The CSV and Excel files of the cabinet are not known: map their columns.',
    ],
    example: 'amocalls check calls.json --preset uis --timezone Europe/Moscow',
  },
  forms: [
    {
      id: is.count,
      communication_id: is.filled(is.joins(is.count)),
      start_time: is.filled(is.moment),
      finish_time: is.moment,
      direction: is.filled(is.words('in', 'out')),
      contact_phone_number: is.needed(is.client),
      virtual_phone_number: is.line,
      operator_phone_number: is.filledWith('employees.0.employee_id', is.needed(is.employee)),
      talk_duration: is.filled(is.seconds),
      clean_talk_duration: is.seconds,
      total_duration: is.seconds,
      is_lost: is.flag,
      full_record_file_link: is.link,
      finish_reason: is.text,
    },
  ],
  times: { start: 'start_time', end: 'finish_time', talk: 'talk_duration', whole: 'total_duration' },
  recognise: (look) =>
    ifMost(look, 'start_time, direction, contact_phone_number, virtual_phone_number', 0.95),
  read: (cell) => {
    const type = cell('direction');
    const client = cell('contact_phone_number');
    const employee = cell('operator_phone_number|virtual_phone_number');
    const isVoicemail = cell('voice_mail_records') !== '';
    return {
      uuid: cell('communication_id|id'),
      date: cell('start_time'),
      type,
      caller: type === 'out' ? employee : client,
      to: type === 'out' ? client : employee,
      billsec: cell('talk_duration|clean_talk_duration'),
      link: cell('full_record_file_link'),
      status: isVoicemail ? callStatuses['left a message'] : finishReasons(cell('finish_reason')),
      kind: cell('is_lost') === 'true' ? 'unanswered' : 'talk',
    };
  },
  rowsPerCall: 'several',
  rowKey: ['id', 'communication_id', 'start_time', 'operator_phone_number'],
};
