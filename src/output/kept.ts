import type { Status } from '../core/outcome.js';
import type { Finding } from './printer.js';

/** The cells of a finding that a table may print. */
export interface Kept {
  readonly status: Status | 'valid';
  readonly uuid: string;
  readonly account: string;
  /** `file:line`; '' for `add`. */
  readonly place: string;
  readonly reasons: string;
  /** The cells of a valid call: type, caller, to, date, date in UTC, billsec, link. */
  readonly call: readonly string[];
}

/** Remembers the first findings of every status, in the order in which they came. */
export interface Keeper {
  add(findings: readonly Finding[]): void;
  of(status: Status | 'valid'): readonly Kept[];
}

/** A keeper of at most `limit` findings a status (Infinity for all), which holds on to no row and no block of a file. */
export function keeper(limit: number): Keeper {
  const lists = new Map<Status | 'valid', Kept[]>();
  return {
    add(findings) {
      for (const finding of findings) {
        let list = lists.get(finding.status);
        if (list === undefined) {
          list = [];
          lists.set(finding.status, list);
        }
        if (list.length < limit) list.push(keep(finding));
      }
    },
    of: (status) => lists.get(status) ?? [],
  };
}

function keep(finding: Finding): Kept {
  const { status, uuid, account_id, reasons, origin } = finding;
  const line = origin.line === undefined ? '' : `:${origin.line}`;
  return {
    status,
    uuid: copy(shortened(uuid ?? '-')),
    account: copy(account_id ?? ''),
    place: copy(origin.file === undefined ? '' : origin.file + line),
    reasons: copy(reasons?.join('; ') ?? ''),
    call: status === 'valid' ? callCells(finding).map(copy) : [],
  };
}

function callCells({ call }: Extract<Finding, { status: 'valid' }>): string[] {
  const { type, caller, to, date, billsec, link } = call;
  const utc = new Date(date * 1000).toISOString().slice(0, 19).replace('T', ' ');
  return [type, caller, to, `${date}`, utc, `${billsec}`, link ?? ''];
}

/** No phone system writes a longer one: a file whose columns are mixed up should not make every line of the table as wide. */
const longestUuid = 100;

function shortened(uuid: string): string {
  return uuid.length > longestUuid ? `${uuid.slice(0, longestUuid)}…` : uuid;
}

/** V8 keeps a whole block of a file alive for a slice of it: what stays until the end is copied. */
function copy(text: string): string {
  return Buffer.from(text).toString();
}
