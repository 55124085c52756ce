import { isObject } from '../../core/json.js';
import {
  type Cell,
  firstText,
  type IsExtension,
  ifAll,
  type Preset,
  type RawFields,
  statusOf,
} from './preset.js';

/** As the vendor's own module for amoCRM does it (mikopbx/ModuleAmoCrm, AmoCdrDaemon). */
function directionOf(cell: Cell, isExtension: IsExtension): string {
  const isOwn = isExtension(cell('src_num'));
  const isToOwn = isExtension(cell('dst_num'));
  if (isOwn) return isToOwn || cell('dst_num') === '' ? 'internal' : 'outbound';
  return 'inbound';
}

/** Gives the legs of a call that was grouped by linkedid. */
function unfold(value: unknown): readonly unknown[] {
  if (!isObject(value) || !Array.isArray(value['records']) || value['records'].length === 0) return [value];
  const { linkedid, did } = value;
  const legs: readonly unknown[] = value['records'];
  return legs.map((leg) =>
    isObject(leg) ? { ...leg, linkedid: leg['linkedid'] || linkedid, did: leg['did'] || did } : leg,
  );
}

const statusWords = statusOf({ busy: /^BUSY$/i, 'no answer': /^NO ?ANSWER$/i });

function read(cell: Cell, isExtension: IsExtension): RawFields {
  const type = directionOf(cell, isExtension);
  const called = cell('dst_num');
  const disposition = cell('disposition');
  const isApp = ['1', 'true'].includes(cell('is_app'));
  const isTalk = /^ANSWER(?:ED)?$/i.test(disposition);
  return {
    uuid: firstText(cell, 'linkedid', 'UNIQUEID'),
    date: cell('start'),
    type,
    caller: cell('src_num'),
    to: type === 'inbound' && !/^\+?\d+$/.test(called) ? cell('did') || called : called,
    billsec: firstText(cell, 'billsec', 'totalBillsec'),
    link: firstText(cell, 'recordingfile', 'download_url'),
    status: statusWords(disposition),
    kind: isApp ? 'automated' : isTalk ? 'talk' : 'unanswered',
    lasted: [cell('duration'), cell('totalDuration')],
    ended: [cell('endtime')],
  };
}

/** MikoPBX: its REST API, calls grouped or leg by leg. */
export const mikopbx: Preset = {
  title: 'MikoPBX: GET /pbxcore/api/v3/cdr (JSON)',
  versions: 'REST API v3; grouped by linkedid (as it comes) or flat',
  looks: 'JSON with data.records[] and linkedid, src_num, dst_num',
  certainty: 'code',
  zone: 'asked',
  clock: "the server's local time",
  guide: {
    steps: [
      'Make an API key in the web page of the PBX.',
      'GET http://<pbx>/pbxcore/api/v3/cdr with that key, page by page, and save each answer.',
    ],
    becomes: [
      ['uuid', 'linkedid, else UNIQUEID: rows that share it are one call'],
      ['type', 'which of src_num and dst_num is an extension (--internal)'],
      ['caller', 'src_num'],
      ['to', 'dst_num; inbound and nobody called: did'],
      ['date', 'start'],
      ['billsec', 'billsec, where disposition is ANSWERED or ANSWER; else 0'],
      ['call_status', 'disposition BUSY is busy; else by talk time'],
      [
        'link',
        "recordingfile or download_url, which are no whole addresses: --map link='https://pbx.example{+download_url}'",
      ],
    ],
    lost: ['download_url carries a token: whoever sees the note in amoCRM can use it.'],
    example: 'amocalls check cdr.json --preset mikopbx --timezone Europe/Moscow',
  },
  needs: [['start'], ['src_num'], ['dst_num'], ['billsec', 'totalBillsec'], ['disposition']],
  unfold,
  recognise: (look) =>
    Math.max(
      ifAll(look, ['linkedid', 'src_num', 'dst_num', 'UNIQUEID', 'disposition'], 0.95),
      ifAll(look, ['linkedid', 'src_num', 'dst_num', 'totalBillsec'], 0.97),
    ),
  read,
  rowsPerCall: 'several',
  rowKey: ['UNIQUEID', 'id', 'start', 'src_chan', 'dst_chan', 'dst_num', 'endtime'],
};
