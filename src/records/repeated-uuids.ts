// Uuids that stand on several rows with different calls.

import { Problem } from '../core/errors.js';
import { createRecentSet } from '../core/hash.js';
import { wayOf } from './directions.js';
import type { ParsedRecord } from './record.js';
import type { CallContent, ContestedUuids, RecordOptions } from './record-options.js';

/** What a record says of its call; undefined where it does not say all of it, and where it is not asked for. */
export function contentOf(record: ParsedRecord, { since, until }: RecordOptions): CallContent | undefined {
  const { file, line, uuid, account, caller, to, date, direction, billsec, skip } = record;
  if (typeof uuid !== 'string' || typeof account !== 'string' || direction === null) return undefined;
  if (caller instanceof Problem || to instanceof Problem || date instanceof Problem) return undefined;
  if (direction instanceof Problem || billsec instanceof Problem || skip !== undefined) return undefined;
  const { unix } = date;
  if ((since !== undefined && unix < since) || (until !== undefined && unix > until)) return undefined;
  const talk = direction === 'missed' ? 0 : billsec;
  const said = [caller, to, unix, wayOf(direction), talk].join(' ');
  return { key: `${account} ${uuid}`, file, line, said, billsec: talk };
}

/** So many calls are compared at least; what it takes is bounded. Those of a file that grows stand close together, and the ledger knows the others. */
const watched = { once: 1_000_000, growing: 50_000 };

/** What was read so far of an input that cannot be read twice: finds uuids that come again with other content. */
export class UuidWatch {
  readonly #uuids: ReturnType<typeof createRecentSet>;
  readonly #contents: ReturnType<typeof createRecentSet>;
  readonly #options: RecordOptions;
  readonly #contested: ContestedUuids;
  /** A call may be written again with another talk time, which is a change of it. */
  readonly #isGrowing: boolean;

  /** @param contested is filled with calls that stand together */
  constructor(options: RecordOptions, contested: ContestedUuids) {
    this.#isGrowing = options.isGrowing === true;
    const most = this.#isGrowing ? watched.growing : watched.once;
    this.#uuids = createRecentSet(most);
    this.#contents = createRecentSet(most);
    this.#options = options;
    this.#contested = contested;
  }

  /** Of records that were read together, those whose uuid had other content before; it may have in another of them as well. */
  lateOf(records: readonly ParsedRecord[]): ReadonlySet<ParsedRecord> {
    const first = new Map<string, CallContent>();
    const late = new Set<ParsedRecord>();
    for (const record of records) {
      const content = contentOf(record, this.#options);
      if (content === undefined) continue;
      const { key } = content;
      const said = this.#isGrowing ? callOf(content) : content.said;
      const before = first.get(key);
      const isKnown = this.#uuids.has(key);
      if (this.#contents.add(said, key) && isKnown) {
        if (before === undefined) late.add(record);
        else this.#contested.set(key, [before, content]);
      }
      this.#uuids.add(key);
      if (before === undefined) first.set(key, content);
    }
    return late;
  }
}

/** What is said of a call but for its talk time. */
function callOf({ said }: CallContent): string {
  return said.slice(0, said.lastIndexOf(' '));
}

/** Why a record of an input that is read once is not sent. */
export function cameBefore({ uuid }: ParsedRecord): string {
  return `uuid: ${String(uuid)} appeared earlier in this input with other content: ${hint}`;
}

/** Why a record is not sent: another one has its uuid and says something else; undefined where none does. */
export function whyContested(
  record: ParsedRecord,
  options: RecordOptions,
  contested: ContestedUuids,
): string | undefined {
  if (contested.size === 0) return undefined;
  const own = contentOf(record, options);
  const other = own && contested.get(own.key)?.find(({ said }) => said !== own.said);
  if (own === undefined || other === undefined) return undefined;
  const place = `${other.file === record.file ? '' : `${other.file}, `}line ${other.line}`;
  return (
    `uuid: ${String(record.uuid)} stands on ${place} with other content ` +
    `(talk time ${other.billsec} s, here ${own.billsec} s): ${callOf(own) === callOf(other) ? sameCallHint : hint}`
  );
}

const sameCallHint =
  'one call has several rows: use a preset that merges them, or leave only the right row of it in the file';

const hint =
  'if one call has several rows, use a preset that merges them; otherwise name the id of the row with --map uuid=<column>, or build one with --uuid-from <columns>';
