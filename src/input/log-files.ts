// Logs that phone systems write beside their call records: what they are, what to export in their place.

import { linesOf } from '../core/text.js';
import type { NoTable } from './no-table.js';

/** A kind of log: most of its lines are of one kind, or lines of several kinds stand in it. */
interface LogKind {
  readonly what: string;
  readonly hint: string;
  /** Of each, a line has to be there. */
  readonly holds: readonly RegExp[];
  /** How many of the lines are of one of these kinds at least, as a share. */
  readonly share: number;
}

const asteriskRecords =
  'Asterisk writes one record a call into Master.csv and into its table cdr: amocalls check /var/log/asterisk/cdr-csv/Master.csv --preset asterisk';

const kinds: readonly LogKind[] = [
  {
    what: 'the log of Asterisk (full, messages), which holds no call records',
    hint: asteriskRecords,
    holds: [
      /^\[[^\]]+\] *(?:VERBOSE|NOTICE|WARNING|ERROR|DEBUG|DTMF|SECURITY)\[\d+\](?:\[C-[\da-f]+\])? +\S+:/,
    ],
    share: 0.5,
  },
  {
    what: 'the queue_log of Asterisk, a log of events',
    hint: asteriskRecords,
    holds: [/^\d{9,10}(?:\.\d+)?\|[^|]*\|[^|]*\|[^|]*\|[A-Z]{3,}(?:\||$)/],
    share: 0.8,
  },
  {
    what: 'a list of events of the manager of Asterisk (AMI)',
    hint: asteriskRecords,
    holds: [/^Event: \w+/, /^(?:Uniqueid|Linkedid|Channel): /i],
    share: 0.1,
  },
  {
    what: 'a trace of SIP messages, which holds no call records',
    hint: `Export the call records (CDR) of the phone system. ${asteriskRecords}`,
    holds: [
      /(?:^|\s)(?:INVITE|BYE|REGISTER|ACK|OPTIONS) sips?:\S+ SIP\/2\.0|(?:^|\s)SIP\/2\.0 \d{3} /,
      /^\s*(?:Call-ID|i): \S+/i,
    ],
    share: 0.02,
  },
  {
    what: 'the log of FreeSWITCH, which holds no call records',
    hint: 'Load mod_json_cdr or mod_cdr_csv in FreeSWITCH, and import what it writes.',
    holds: [
      /^(?:[\da-f-]{36} )?\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ (?:[\d.]+% )?\[(?:DEBUG|INFO|NOTICE|WARNING|ERR|CRIT|CONSOLE)\] \S+:\d+/,
    ],
    share: 0.5,
  },
];

/** So many first lines are looked at. */
const seenLines = 200;

/** Tells logs of phone systems, by their lines that are not blank; undefined for all other texts. */
export function logFile(text: string): NoTable | undefined {
  const filled = linesOf(text, seenLines).filter((line) => line.trim() !== '');
  return kinds.find(({ holds, share }) => {
    const fitting = filled.filter((line) => holds.some((rule) => rule.test(line))).length;
    return fitting >= filled.length * share && holds.every((rule) => filled.some((line) => rule.test(line)));
  });
}
