// MegaPBX: history API.

import { type Cell, ifAll, type Preset, statusOf } from './preset.js';
import * as is from './shapes.js';

/** `user` is a login as a rule; where it is a number, it is the employee's. */
function employee(cell: Cell): string {
  const user = cell('user');
  return /^\+?\d+$/.test(user) ? user : cell('diversion');
}

const statusWords = statusOf({ busy: /^busy$/i, 'no answer': /^(?:missed|cancel)/i });

/** The platform behind the cloud PBX of MegaFon, Beeline, Dom.ru and others. */
export const megapbx: Preset = {
  name: 'megapbx',
  title: 'MegaPBX: cloud PBX of MegaFon, newer Beeline, Dom.ru, Moldcell (JSON)',
  versions: 'crmapi/v1',
  looks: 'JSON array with uid, type in|out, client, user, diversion, start, duration',
  certainty: 'code',
  zone: 'values',
  clock: 'start ends in Z; some installations write local time there all the same',
  guide: {
    steps: [
      'Take the address and the key of the API in the cabinet: Настройки > Интеграция с CRM.',
      'GET https://<your domain>/crmapi/v1/history/json?start=…&end=… and save the answer.',
      'Compare the time of one known call: if it is off by whole hours, the installation writes local time.',
    ],
    becomes: {
      uuid: 'uid',
      type: 'type: in, out',
      caller: 'inbound: client; outbound: user where it is a number, else diversion',
      to: 'outbound: client; inbound: user where it is a number, else diversion',
      date: 'start',
      billsec: 'duration, which is talk time; 0 for a status such as missed',
      call_status: 'status busy is busy; else by talk time',
      link: 'record',
    },
    lost: [
      'Who spoke, where user is a login: the number of the line is used for the employee.',
      'Some installations open record only with the key of the API.',
    ],
    example: 'amocalls check history.json --preset megapbx',
  },
  forms: [
    {
      uid: is.filled(is.joins(is.key)),
      type: is.filled(is.words('in', 'out', 'missed')),
      status: is.disposition,
      client: is.filled(is.client),
      user: is.needed(is.login),
      diversion: is.line,
      start: is.filled(is.moment),
      wait: is.seconds,
      duration: is.filled(is.seconds),
      record: is.link,
    },
  ],
  times: { start: 'start', ringing: 'wait', talk: 'duration' },
  recognise: (look) => ifAll(look, 'uid, type, client, start, wait, duration', 0.95),
  read: (cell) => {
    const isOut = cell('type') === 'out';
    const status = cell('status');
    return {
      uuid: cell('uid'),
      date: cell('start'),
      type: cell('type'),
      caller: isOut ? employee(cell) : cell('client'),
      to: isOut ? cell('client') : employee(cell),
      billsec: cell('duration'),
      link: cell('record'),
      problem: isOut && cell('user') === '' ? 'user is empty, but somebody called' : undefined,
      status: statusWords(status),
      kind: /^(?:missed|cancel|busy|not)/i.test(status) ? 'unanswered' : 'talk',
    };
  },
  rowsPerCall: 'several',
  rowKey: ['uid', 'start', 'user', 'diversion'],
};
