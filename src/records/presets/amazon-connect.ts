// Amazon Connect: contact records.

import { type Cell, ifMost, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

function isOutbound(cell: Cell): boolean {
  return ['OUTBOUND', 'CALLBACK', 'API'].includes(cell('InitiationMethod'));
}

/** Agents have logins; where one is a number, it is theirs. */
function employee(cell: Cell): string {
  const login = cell('Agent.Username');
  return /^\d+$/.test(login) ? login : cell('SystemEndpoint.Address');
}

/**
 * From AWS's data model of contact records. AnsweringMachineDetectionStatus is that of outbound campaigns; its VOICEMAIL_…
 * does not say whether a message was left.
 */
const reasons = statusOf({
  'wrong number': /^(?:TELECOM_NUMBER_INVALID|SIT_TONE_INVALID_NUMBER)$/,
  busy: /^(?:TELECOM|SIT_TONE)_BUSY$/,
  'no answer': /^(?:TELECOM_UNANSWERED|TELECOM_TIMEOUT|AMD_UNANSWERED)$/,
});

export const amazonConnect: Preset = {
  name: 'amazon-connect',
  title: 'Amazon Connect: contact records (CTR) from Kinesis or S3',
  versions: 'the data model of today',
  looks: 'JSON objects one a line or glued together, with ContactId, Channel, InitiationMethod',
  certainty: 'doc',
  zone: 'values',
  clock: 'times end in Z',
  guide: {
    steps: [
      'Amazon Connect console > Data streaming: send contact records to Firehose, and that to S3.',
      'aws s3 cp --recursive s3://<bucket>/<prefix>/ . ; objects may be glued together, that is fine.',
    ],
    becomes: {
      uuid: 'InitialContactId, else ContactId: a contact and its transfers are one call',
      type: 'InitiationMethod: OUTBOUND, CALLBACK, API are outbound, all else inbound',
      caller: 'inbound: CustomerEndpoint; outbound: Agent.Username where it is a number, else SystemEndpoint',
      to: 'outbound: CustomerEndpoint; inbound: Agent.Username where it is a number, else SystemEndpoint',
      date: 'InitiationTimestamp',
      billsec: 'Agent.AgentInteractionDuration; 0 where no agent came',
      call_status: 'DisconnectReason, AnsweringMachineDetectionStatus: busy, wrong number; else by talk time',
    },
    lost: [
      'Chats and tasks are left out: only the Channel VOICE is a call.',
      'Who spoke: Agent.Username is a login as a rule.',
      'Recording.Location is bucket/path, no address: build the link with --map link.',
    ],
    example: 'amocalls check contacts.ndjson --preset amazon-connect',
  },
  forms: [
    {
      ContactId: is.filled(is.joins(is.key)),
      InitialContactId: is.needed(is.joins(is.key)),
      Channel: is.filled(is.words('VOICE', 'CHAT', 'TASK', 'EMAIL')),
      InitiationMethod: is.filled(is.constant),
      InitiationTimestamp: is.filled(is.moment),
      DisconnectTimestamp: is.moment,
      'CustomerEndpoint.Address': is.filled(is.client),
      'CustomerEndpoint.Type': is.constant,
      'SystemEndpoint.Address': is.line,
      'SystemEndpoint.Type': is.constant,
      'Agent.Username': is.filledWith('Agent.AgentInteractionDuration', is.login),
      'Agent.AgentInteractionDuration': is.filledWith('Agent.Username', is.seconds),
      'Recording.Location': is.link,
      DisconnectReason: is.constant,
      AnsweringMachineDetectionStatus: is.constant,
    },
  ],
  times: {
    start: 'InitiationTimestamp',
    end: 'DisconnectTimestamp',
    talk: 'Agent.AgentInteractionDuration',
  },
  // Nobody of the company took part in any call of the file, or somebody did.
  refuse: (has) =>
    has('Agent.Username') === has('Agent.AgentInteractionDuration') && (has('Agent') || has('Agent.Username'))
      ? undefined
      : 'it says nothing of agents, without which every call is a missed one: export Agent too',
  recognise: (look) => ifMost(look, 'ContactId, InitiationMethod, Channel, InitiationTimestamp', 0.98),
  read: (cell) => {
    const isOut = isOutbound(cell);
    const client = cell('CustomerEndpoint.Address');
    const talk = cell('Agent.AgentInteractionDuration');
    const [own, first] = [cell('ContactId'), cell('InitialContactId')];
    const isLost = first === '' && cell('InitiationMethod') === 'TRANSFER';
    return {
      uuid: isLost ? '' : first || own,
      problem: isLost ? 'InitialContactId is empty, though the contact was transferred' : undefined,
      date: cell('InitiationTimestamp'),
      type: isOut ? 'outbound' : 'inbound',
      caller: isOut ? employee(cell) : client,
      to: isOut ? client : employee(cell),
      billsec: talk,
      link: cell('Recording.Location'),
      status: reasons(cell('DisconnectReason'), cell('AnsweringMachineDetectionStatus')),
      kind: Number(talk) > 0 ? 'talk' : 'unanswered',
      skip: cell('Channel') === 'VOICE' ? undefined : `type: not a call, but ${cell('Channel') || 'unknown'}`,
      isRoot: first === '' || first === own,
    };
  },
  rowsPerCall: 'several',
  rowKey: ['ContactId'],
};
