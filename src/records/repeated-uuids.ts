// Uuids that stand on several rows with different calls.

import { Problem } from '../core/errors.js';
import { createHashSet, createRecentSet } from '../core/hash.js';
import type { Outcome } from '../core/outcome.js';
import type { Table } from '../core/row.js';
import { detached } from '../core/text.js';
import { wayOf } from './directions.js';
import type { TextReader } from './field-sources.js';
import type { CallContent, ContestedUuids } from './record-options.js';
import type { ParsedRecord } from './row-values.js';

/** A file of which every row is a call with a uuid of its own, to be read once more. */
export interface UuidReader {
  readonly table: Table;
  readonly readUuid: TextReader;
  /** How many cells of a row `readUuid` needs. */
  readonly cells: number;
  /** Whether what it reads is the uuid as it stands. */
  readonly isExact: boolean;
  readonly read: (
    batch: Pick<ParsedRecord, 'file'> & { readonly rows: Table['sample'] },
  ) => readonly (ParsedRecord | Outcome)[];
  /** Whether a record counts: it is to be sent, or left out as an internal call. */
  readonly counts: (record: ParsedRecord) => boolean;
}

/**
 * Looks through all files for uuids that stand on several rows with different calls. The first look keeps a hash of each uuid; only
 * where some are repeated, a second one compares what these rows say.
 *
 * @param contested is filled
 * @returns the uuids that stand more than once, perhaps with some that do not
 */
export async function findContested(
  readers: readonly UuidReader[],
  contested: ContestedUuids,
): Promise<ReadonlySet<string>> {
  const repeated = await repeatedUuids(readers);
  if (repeated.size === 0) return repeated;
  const first = new Map<string, CallContent>();
  for (const reader of readers) {
    for await (const { rows, file = reader.table.file } of reader.table.rescan?.() ?? []) {
      const own = rows.filter(({ cells }) => repeated.has(reader.readUuid(cells)));
      for (const record of reader.read({ rows: own, file })) {
        const content = 'values' in record && reader.counts(record) ? contentOf(record) : undefined;
        if (content === undefined) continue;
        const { key, said } = content;
        const before = first.get(key);
        if (before === undefined) first.set(key, content);
        else if (before.said !== said && !contested.has(key)) contested.set(key, [before, content]);
      }
    }
  }
  return repeated;
}

async function repeatedUuids(readers: readonly UuidReader[]): Promise<ReadonlySet<string>> {
  const expected = readers.reduce((sum, { table }) => sum + (table.rows ?? 0), 0);
  const seen = createHashSet(expected);
  const repeated = new Set<string>();
  for (const { table, readUuid, cells: enough } of readers) {
    for await (const { rows } of table.rescan?.(enough) ?? []) {
      for (const { cells, problem } of rows) {
        const uuid = problem === undefined ? readUuid(cells) : '';
        // V8 keeps a whole block of a file alive for a slice of it: what stays is copied.
        if (uuid !== '' && !seen.add(uuid)) repeated.add(detached(uuid));
      }
    }
  }
  return repeated;
}

/** What a record says of its call; undefined where it does not say all of it. */
function contentOf({ file, line, values }: ParsedRecord): CallContent | undefined {
  const { uuid, account, caller, to, date, direction, billsec } = values;
  if (typeof uuid !== 'string' || typeof account !== 'string' || direction === null) return undefined;
  if (caller instanceof Problem || to instanceof Problem || date instanceof Problem) return undefined;
  if (direction instanceof Problem || billsec instanceof Problem) return undefined;
  const talk = direction === 'missed' ? 0 : billsec;
  const said = [caller, to, date.unix, wayOf(direction), talk].join(' ');
  return { key: `${account} ${uuid}`, file, line, said, billsec: talk };
}

/** So many calls are compared at least; what it takes is bounded. Those of a file that grows stand close together, and the ledger knows the others. */
const watched = { once: 1_000_000, growing: 50_000 };

/** What was read so far of an input that cannot be read twice: finds uuids that come again with other content. */
export class UuidWatch {
  readonly #uuids: ReturnType<typeof createRecentSet>;
  readonly #contents: ReturnType<typeof createRecentSet>;
  readonly #rules: Pick<UuidReader, 'counts'> & { readonly contested: ContestedUuids };
  readonly #isGrowing: boolean;

  /**
   * @param rules what counts, and what is filled with calls that stand together
   * @param isGrowing the file grows: a call may be written again with another talk time, which is a change of it
   */
  constructor(
    rules: Pick<UuidReader, 'counts'> & { readonly contested: ContestedUuids },
    isGrowing: boolean,
  ) {
    const most = isGrowing ? watched.growing : watched.once;
    this.#uuids = createRecentSet(most);
    this.#contents = createRecentSet(most);
    this.#rules = rules;
    this.#isGrowing = isGrowing;
  }

  /** Of records that were read together, those whose uuid had other content before; it may have in another of them as well. */
  lateOf(records: readonly (ParsedRecord | Outcome)[]): ReadonlySet<ParsedRecord | Outcome> {
    const { counts, contested } = this.#rules;
    const first = new Map<string, CallContent>();
    const late = new Set<ParsedRecord | Outcome>();
    for (const record of records) {
      const content = 'values' in record && counts(record) ? contentOf(record) : undefined;
      if (content === undefined) continue;
      const { key } = content;
      const said = this.#isGrowing ? content.said.slice(0, content.said.lastIndexOf(' ')) : content.said;
      const before = first.get(key);
      const isKnown = this.#uuids.has(key);
      if (this.#contents.add(said, key) && isKnown) {
        if (before === undefined) late.add(record);
        else contested.set(key, [before, content]);
      }
      this.#uuids.add(key);
      if (before === undefined) first.set(key, content);
    }
    return late;
  }
}

/** Why a record of an input that is read once is not sent. */
export function cameBefore({ values: { uuid } }: ParsedRecord): string {
  return `uuid: ${String(uuid)} appeared earlier in this input with other content: ${hint}`;
}

/** Why a record is not sent: another one has its uuid and says something else; undefined where none does. */
export function whyContested(record: ParsedRecord, contested: ContestedUuids): string | undefined {
  if (contested.size === 0) return undefined;
  const own = contentOf(record);
  const other = own && contested.get(own.key)?.find(({ said }) => said !== own.said);
  if (own === undefined || other === undefined) return undefined;
  const place = `${other.file === record.file ? '' : `${other.file}, `}line ${other.line}`;
  return (
    `uuid: ${String(record.values.uuid)} stands on ${place} with other content ` +
    `(talk time ${other.billsec} s, here ${own.billsec} s): ${isSameCall(own, other) ? sameCallHint : hint}`
  );
}

/** Whether two contents are the same but for the talk time. */
function isSameCall(own: CallContent, other: CallContent): boolean {
  const [one, another] = [own, other].map(({ said }) => said.slice(0, said.lastIndexOf(' ')));
  return one === another;
}

const sameCallHint = 'one call is written twice: leave only the right row of it in the file';
const hint =
  'if one call has several rows, use a preset that merges them; otherwise name the id of the row with --map uuid=<column>, or build one with --uuid-from <columns>';
