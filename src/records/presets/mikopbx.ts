// MikoPBX: REST API, and its table.

import { isObject } from '../../core/json.js';
import { quote, splitList } from '../cell-text.js';
import { inOrder } from './headerless.js';
import { type Cell, extensionOf, type IsExtension, ifAll, ifMost, type Preset, resultBy } from './preset.js';
import * as is from './shapes.js';

/** The columns of its table cdr_general, in their order. */
const names = splitList(`
  id, start, endtime, answer, src_chan, src_num, dst_chan, dst_num, UNIQUEID, linkedid, did, disposition,
  recordingfile, from_account, to_account, dialstatus, appname, transfer, is_app, duration, billsec,
  work_completed
`);
/** What versions add. */
const more = ['src_call_id', 'dst_call_id', 'verbose_call_id'];
const bit = is.words('0', '1');

/** Names the columns of the table where it was written without its header, as `sqlite3` does unless it is told. */
const nameColumns = inOrder({
  names,
  keys: {
    id: is.count,
    start: is.stamp,
    endtime: is.stamp,
    linkedid: is.like('a unique id', /^\D+\d{10}\.\d+$/),
    is_app: bit,
    duration: is.count,
    billsec: is.count,
    work_completed: bit,
  },
  least: names.length,
  tail: ([row = []]) => row.slice(names.length).map((_, at) => more[at] ?? ''),
});

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

const resultOf = resultBy('disposition', {
  talk: /^ANSWER(?:ED)?$/i,
  busy: /^BUSY$/i,
  'no answer': /^NO ?ANSWER$/i,
  unanswered: /^(?:CANCEL|CHANUNAVAIL|CONGESTION|FAILED|DONTCALL|INVALIDARGS|TORTURE)$/i,
});

/** The channels name the extensions that are in src_num and dst_num. */
function disorder(cell: Cell, isExtension: IsExtension): string | undefined {
  const [src, dst] = [cell('src_num'), cell('dst_num')];
  const rung = extensionOf(cell('dst_chan'), isExtension);
  if (rung !== '' && !/^[+*]?\d+$/.test(dst))
    return `dst_num is ${quote(dst)}, but dst_chan is that of ${rung}`;
  if (rung !== '' && rung === src && extensionOf(cell('src_chan'), isExtension) !== src)
    return 'src_num is the extension that dst_chan calls: are columns exchanged?';
  return isExtension(cell('did')) && !isExtension(dst)
    ? 'did is an extension: are did and dst_num exchanged?'
    : undefined;
}

export const mikopbx: Preset = {
  name: 'mikopbx',
  title: 'MikoPBX: GET /pbxcore/api/v3/cdr (JSON), or the table cdr_general of cdr.db',
  versions: 'REST API v3, grouped by linkedid (as it comes) or flat; the table with its header or without',
  looks: 'JSON with data.records[] and linkedid, src_num, dst_num; or what sqlite3 writes of the table',
  certainty: 'code',
  zone: 'asked',
  clock: "the server's local time",
  guide: {
    steps: [
      'Make an API key in the web page of the PBX.',
      'GET http://<pbx>/pbxcore/api/v3/cdr with that key, page by page, and save each answer.',
      'Or on the PBX: sqlite3 -header -csv /storage/usbdisk1/mikopbx/astlogs/asterisk/cdr.db "SELECT * FROM cdr_general" > cdr.csv',
    ],
    becomes: {
      uuid: 'linkedid, else UNIQUEID: rows that share it are one call',
      type: 'which of src_num and dst_num is an extension (--internal)',
      caller: 'src_num',
      to: 'dst_num; inbound and nobody called: did',
      date: 'start',
      billsec: 'billsec, where disposition is ANSWERED or ANSWER; else 0',
      call_status: 'disposition BUSY is busy; else by talk time',
      link: "recordingfile or download_url, which are no whole addresses: --map link='https://pbx.example{+download_url}'",
    },
    lost: ['download_url carries a token: whoever sees the note in amoCRM can use it.'],
    example: 'amocalls check cdr.json --preset mikopbx --timezone Europe/Moscow',
  },
  forms: [
    {
      id: is.count,
      start: is.filled(is.time),
      endtime: is.time,
      answer: is.time,
      src_chan: is.channel,
      dst_chan: {
        is: 'a channel',
        fits: (given) => is.channel.fits(given) || /^\w+:\S/.test(given),
      },
      src_num: is.needed(is.callerNumber),
      dst_num: is.needed(is.dialled),
      verbose_call_id: is.text,
      from_account: is.text,
      to_account: is.text,
      did: is.telephone,
      linkedid: is.filled(is.joins(is.asteriskId)),
      UNIQUEID: is.like('the id of a leg', /\d{9,10}\.\d+/),
      disposition: is.needed(is.disposition),
      dialstatus: is.disposition,
      appname: is.application,
      duration: is.ifThere(is.filled(is.seconds)),
      'billsec|totalBillsec': is.filled(is.seconds),
      totalDuration: is.seconds,
      is_app: is.flag,
      work_completed: is.flag,
      transfer: is.flag,
    },
  ],
  times: {
    start: 'start',
    answer: 'answer',
    end: 'endtime',
    talk: 'billsec|totalBillsec',
    whole: 'duration|totalDuration',
  },
  nameColumns,
  unfold,
  recognise: (look) =>
    Math.max(
      look.isTabular && nameColumns(look.rows) !== undefined ? 0.95 : 0,
      ifMost(look, 'linkedid, src_num, dst_num, UNIQUEID, disposition, dst_chan, is_app', 0.95),
      ifAll(look, 'linkedid, src_num, dst_num, totalBillsec', 0.97),
    ),
  read: (cell, isExtension) => {
    const type = directionOf(cell, isExtension);
    const called = cell('dst_num');
    const isApp = ['1', 'true'].includes(cell('is_app'));
    return {
      uuid: cell('linkedid|UNIQUEID'),
      date: cell('start'),
      type,
      caller: cell('src_num'),
      to: type === 'inbound' && !/^\+?\d+$/.test(called) ? cell('did') || called : called,
      billsec: cell('billsec|totalBillsec'),
      link: cell('recordingfile|download_url'),
      ...resultOf(cell),
      ...(isApp && { kind: 'automated' }),
      problem: disorder(cell, isExtension),
    };
  },
  id: is.asteriskId,
  rowsPerCall: 'several',
  rowKey: ['UNIQUEID', 'id', 'start', 'src_chan', 'dst_chan', 'dst_num', 'endtime'],
};
