// RingCentral: call log of the REST API.

import { isObject } from '../../core/json.js';
import { type Cell, ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

const answered = /^(?:Accepted|Call connected|Connected)$/i;
const resultOf = resultBy('result', {
  talk: answered,
  'left a message': /^Voice ?mail$/i,
  automated: /^Reply$/i,
  busy: /^(?:Line )?Busy$/i,
  'wrong number': /^Wrong Number$/i,
  'no answer': /^(?:Missed|No Answer|Not Answered)$/i,
  unanswered:
    /^(?:Hang ?Up|Rejected|Declined|Blocked|Stopped|Call Fail(?:ed|ure)|Answered Not Accepted|Not Allowed|IP Phone Offline|No Calling Credit|Restricted Number|Suspended account|International (?:Disabled|Restricted)|Internal Error|Abandoned|Cancell?ed)$/i,
});

/**
 * Takes the legs out of a detailed record: what is kept of them is the extension that took the call, which the record itself does
 * not always name.
 */
function unfold(value: unknown): readonly unknown[] {
  if (!isObject(value) || !Array.isArray(value['legs'])) return [value];
  const { legs, ...record } = value;
  const parties = legs.filter(isObject).flatMap((leg: Readonly<Record<string, unknown>>) => {
    const { result, to } = leg;
    const isTaken = typeof result === 'string' && answered.test(result);
    return isTaken && isObject(to) && typeof to['extensionNumber'] === 'string'
      ? [to['extensionNumber']]
      : [];
  });
  return [{ ...record, takenBy: parties.at(-1) ?? '' }];
}

/** Both sides of a call inside the company have an extension. */
function isInternal(cell: Cell): boolean {
  return cell('from.extensionNumber') !== '' && cell('to.extensionNumber') !== '';
}

/** Who is at the telephone of the company has an extension: the caller of an outbound call, never its callee alone. */
function disorder(cell: Cell): string | undefined {
  const [inside, outside] = /^inbound$/i.test(cell('direction')) ? ['to', 'from'] : ['from', 'to'];
  if (cell(`${outside}.extensionNumber`) === '' || cell(`${inside}.extensionNumber`) !== '') return undefined;
  return `${outside} has an extension, and ${inside} has none: are the two exchanged?`;
}

/** A party may have both: the number counts outside, the extension inside. */
function numberOf(cell: Cell, side: 'from' | 'to', kind: 'outside' | 'extension'): string {
  const [outside, inside] = [`${side}.phoneNumber`, `${side}.extensionNumber`];
  return cell(kind === 'outside' ? `${outside}|${inside}` : `${inside}|${outside}`);
}

export const ringcentral: Preset = {
  name: 'ringcentral',
  title: 'RingCentral: call log of the REST API (JSON)',
  versions: 'restapi/v1.0, simple and detailed records',
  looks: 'JSON with records[] and sessionId, startTime, direction, type, result, from, to',
  certainty: 'doc',
  zone: 'values',
  clock: 'times end in Z',
  guide: {
    steps: [
      'GET https://platform.ringcentral.com/restapi/v1.0/account/~/call-log?view=Detailed&type=Voice&dateFrom=…&dateTo=…&perPage=1000 with the token of an administrator.',
      'Save each page as it is; navigation.nextPage says whether there is another.',
    ],
    becomes: {
      uuid: 'sessionId, else id: records that share it are one call',
      type: 'direction; a call between two extensions is left out',
      caller: 'inbound: from.phoneNumber; outbound: from.extensionNumber, else from.phoneNumber',
      to: 'inbound: the extension that took it (legs), else to.extensionNumber, else to.phoneNumber; outbound: to.phoneNumber',
      date: 'startTime',
      billsec: 'duration, where result is Accepted or Call connected; else 0',
      call_status:
        'result Voicemail, a message was left; Busy is busy; Wrong Number is a wrong number; else by talk time',
    },
    lost: [
      'Faxes and messages are left out: only the type Voice is a call.',
      'duration of an answered call may count a menu before it.',
      'A result that is not known makes its record invalid.',
      'Recordings open only with a token of RingCentral, and are left out.',
    ],
    example: 'amocalls check call-log.json --preset ringcentral',
  },
  forms: [
    {
      id: is.filled(is.key),
      sessionId: is.filled(is.joins(is.like('the number of a session', /^\d{5,}$/))),
      startTime: is.filled(is.moment),
      direction: is.filled(is.words('Inbound', 'Outbound')),
      type: is.filled(is.words('Voice', 'Fax', 'SMS', 'VoiceMail')),
      result: is.filled(is.text),
      duration: is.filled(is.seconds),
      durationMs: is.count,
      'from.phoneNumber|from.extensionNumber': is.needed(is.telephone),
      'from.phoneNumber': is.client,
      'from.extensionNumber': is.extension,
      'to.phoneNumber|to.extensionNumber': is.needed(is.telephone),
      'to.phoneNumber': is.client,
      'to.extensionNumber': is.extension,
      takenBy: is.extension,
    },
  ],
  times: { start: 'startTime', whole: 'duration' },
  unfold,
  recognise: (look) => ifMost(look, 'sessionId, startTime, direction, type, result, duration', 0.95),
  read: (cell) => {
    const isInbound = /^inbound$/i.test(cell('direction'));
    const taken = cell('takenBy') || numberOf(cell, 'to', 'extension');
    const type = cell('type');
    return {
      uuid: cell('sessionId|id'),
      date: cell('startTime'),
      type: isInternal(cell) ? 'internal' : cell('direction'),
      caller: numberOf(cell, 'from', isInbound ? 'outside' : 'extension'),
      to: isInbound ? taken : numberOf(cell, 'to', 'outside'),
      billsec: cell('duration'),
      ...resultOf(cell),
      skip: type === 'Voice' ? undefined : `type: not a call, but ${type || 'of unknown type'}`,
      problem: disorder(cell),
    };
  },
  rowsPerCall: 'several',
  rowKey: ['id', 'sessionId', 'startTime', 'direction'],
};
