// history export and import: a ledger as lines of JSON, carried to another one.

import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { plural } from '../../core/display.js';
import { type ExitCode, exitCodes, UserError } from '../../core/errors.js';
import {
  type ExportEnd,
  parseSaved,
  type SavedKind,
  type SavedRecord,
  savedKinds,
  type TakenRuns,
} from '../../core/saved-record.js';
import { defaultLedgerFile, openLedgerStore } from '../../ledger/store.js';
import { noneTaken, transferPage } from '../../ledger/transfer.js';
import { toJson } from '../../output/json.js';
import { print } from '../../output/stdout.js';
import { requireLedger, type Session } from '../../session/session.js';
import type { KnownLedger } from './tables.js';

type Counts = Readonly<Record<SavedKind, number>>;

/** Prints all that a ledger keeps, a line of JSON for each record and one for the end, for `history import` into another one. */
export async function exportLedger(
  { context, messages, args }: Session,
  { transfer }: KnownLedger,
): Promise<ExitCode> {
  if (args.length > 1) throw usage('export', 'no further words');
  let counts: Counts = noneTaken;
  let all = 0;
  for await (const records of transfer?.save() ?? []) {
    counts = added(counts, countsOf(records));
    all += records.length;
    await print(context.stdout, records.map((record) => `${toJson(record)}\n`).join(''));
  }
  await print(context.stdout, `${toJson({ kind: 'end', records: all })}\n`);
  messages.note(`exported: ${wordsOf(counts)}`);
  return exitCodes.ok;
}

/**
 * Takes what another ledger exported and this one does not know. The ledger is made where there is none.
 *
 * @throws UserError for a line that is no record, and for a file without its end
 */
export async function importLedger(session: Session): Promise<ExitCode> {
  const { context, messages, args } = session;
  const [, name] = args;
  if (name === undefined || args.length > 2) throw usage('import', 'one file, or - for standard input');
  const where = requireLedger(session, 'history import') ?? defaultLedgerFile(context);
  const store = await openLedgerStore(where, context);
  try {
    let read: Counts = noneTaken;
    let taken: Counts = noneTaken;
    let runs: TakenRuns | undefined;
    for await (const { records, isFirst } of pagesOf(session, name)) {
      if (isFirst || runs === undefined) runs = { byNumber: new Map(), used: new Set() };
      read = added(read, countsOf(records));
      taken = added(taken, await store.transfer.take(records, runs));
    }
    messages.note(`imported into ${store.name}: ${wordsOf(taken)}; read: ${wordsOf(read)}`);
    return exitCodes.ok;
  } finally {
    await store.close();
  }
}

/** Records that stand together in an export. */
interface Page {
  readonly records: readonly SavedRecord[];
  /** They are the first ones of an export: its runs have numbers of their own. */
  readonly isFirst: boolean;
}

/** The records of a file in pages; several exports may stand in it one after the other. What stands before a broken line is given. */
async function* pagesOf(session: Session, name: string): AsyncGenerator<Page> {
  let page: SavedRecord[] = [];
  let given = 0;
  let number = 0;
  let isOver = false;
  for await (const line of linesOf(session, name)) {
    number += 1;
    if (line.trim() === '') continue;
    const record = parseSaved(line);
    isOver = typeof record === 'string' || record.kind === 'end';
    if (typeof record !== 'string' && record.kind !== 'end') {
      page.push(record);
      if (page.length < transferPage) continue;
    }
    if (page.length > 0) yield { records: page, isFirst: given === 0 };
    given += page.length;
    page = [];
    if (typeof record === 'string') throw broken(`${name}:${number}`, record);
    if (record.kind !== 'end') continue;
    const why = endFault(record, given);
    if (why !== undefined) throw broken(`${name}:${number}`, why);
    given = 0;
  }
  if (page.length > 0) yield { records: page, isFirst: given === 0 };
  if (number === 0) throw broken(name, 'it is empty');
  if (!isOver) throw broken(`${name}:${number}`, 'the last line of an export is missing');
}

function endFault({ records }: ExportEnd, given: number): string | undefined {
  if (records === given) return undefined;
  return `${records} records were exported, but ${given} come before this line`;
}

function broken(place: string, why: string): UserError {
  return new UserError(`${place}: ${why}`, {
    hint: 'The lines before it are imported. Export again and import the whole file; it is safe to import calls twice.',
  });
}

async function* linesOf({ context }: Session, name: string): AsyncGenerator<string> {
  const input = name === '-' ? context.stdin : createReadStream(path.resolve(context.cwd, name));
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (cause: Error) =>
      reject(new UserError(`${name}: cannot be read: ${cause.message}`, { cause })),
    );
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) return;
    yield next.value;
  }
}

function countsOf(records: readonly SavedRecord[]): Counts {
  const counts = { ...noneTaken };
  for (const { kind } of records) counts[kind] += 1;
  return counts;
}

function added(one: Counts, other: Counts): Counts {
  const sum = { ...noneTaken };
  for (const kind of savedKinds) sum[kind] = one[kind] + other[kind];
  return sum;
}

function wordsOf(counts: Counts): string {
  return savedKinds.map((kind) => plural(counts[kind], kind)).join(', ');
}

function usage(what: string, takes: string): UserError {
  return new UserError(`history ${what}: takes ${takes}`, {
    hint: 'amocalls history export > ledger.ndjson, then amocalls history import ledger.ndjson --ledger <another>',
  });
}
