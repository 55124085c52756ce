// Opens files as one job.

import path from 'node:path';
import { UserError } from '../core/errors.js';
import type { Checkpoints } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';
import { closeTable, type Table } from '../core/row.js';
import type { DeliveryBatch } from '../delivery/options.js';
import { readOn, type SourceChanges } from '../input/follow/follow.js';
import { readObjects, readTable } from '../input/open.js';
import { defaultSettle } from '../records/open-calls.js';
import type { Plan, Records } from '../records/read-records.js';
import type { ContestedUuids, RecordOptions } from '../records/record-options.js';
import { findContested, type UuidReader } from '../records/repeated-uuids.js';
import { Checkpointer, type CheckpointKey, loadCheckpoints, trackWhole } from './checkpointer.js';
import { type Environment, readingKey } from './environment.js';
import { readRemembering } from './file-findings.js';
import { inputOptions, presetOf, recordOptions } from './read-options.js';
import { linkRulesOf, withRecordings } from './recordings.js';

/** Records that were opened to be sent or checked, and what is known of where they come from. */
export interface InputJob {
  /** The files as the user gave them; none for `add`. */
  readonly files: readonly string[];
  /** How each of them is built, for `--rejects`. */
  readonly sources: readonly Pick<Table, 'format' | 'columns' | 'delimiter' | 'headerLine'>[];
  /** About how many records there are, where that can be guessed. */
  readonly records?: number;
  /** To be read once. */
  readonly batches: AsyncIterable<DeliveryBatch>;
  /** The uuids that may stand on several records; absent: any may. */
  readonly repeated?: ReadonlySet<string> | undefined;
  /** Takes every outcome, to know how far files are done. */
  readonly record?: (outcomes: readonly Outcome[]) => void;
  /** Saves how far they are done; called once, at the end. */
  readonly saveCheckpoints?: () => Promise<void>;
  /** Closes what is still open of the files. */
  readonly close?: () => Promise<void>;
  /** How each file is read, in words: its name under `file`, then labels with what they say. */
  readonly describe?: () => readonly Readonly<Record<string, string>>[];
  /** How many records, and bytes of the files (where their size is known), were read so far; and where reading ends, if asked for. */
  readonly progress: () => {
    readonly bytes?: { readonly read: number; readonly size: number };
    readonly records?: number;
    readonly limit?: number;
  };
}

/** For whom calls are read. */
export interface ReadTarget {
  /** The account of calls that name none. */
  readonly accountId: string;
  /** Address, code and account: who gets the calls. */
  readonly identity: string;
  /** Nobody looks: files are read on from where the last run left them. By default a person does. */
  readonly isUnattended?: boolean;
  /** How far files are done; absent where nothing is remembered. */
  readonly checkpoints?: Checkpoints;
}

/** What calls are read from: a file ('-' is standard input), or objects that a program has. */
export type InputSource =
  | string
  | { readonly name: string; readonly objects: AsyncIterable<object> | Iterable<object> };

/** A file that was opened and understood; none of its rows is validated yet. */
export interface Opened {
  readonly table: Table;
  readonly plan: Plan;
  readonly batches: Records['batches'];
  /** The uuids that may stand on several records of the input: no other does. Absent where nobody looked. */
  readonly repeated?: ReadonlySet<string> | undefined;
  /** Absent where nobody remembers how far the file is done. */
  readonly checkpoints?: Checkpointer;
  /** Keeps what was found out about the file. */
  readonly saveFindings?: () => Promise<void>;
}

/**
 * Opens all files and decides how each is read, so that what is wrong with one of them is known before anything is sent.
 *
 * @param target for whom; absent for `check`, which sends to nobody
 * @throws UserError for a file that cannot be read, a column, a zone or an account that is missing
 */
export async function openFiles(
  environment: Environment,
  sources: readonly InputSource[],
  target?: ReadTarget,
): Promise<readonly Opened[]> {
  const { messages } = environment;
  refuseNames(sources);
  const preset = await presetOf(environment);
  const options: RecordOptions = { ...(await recordOptions(environment, target?.accountId)), preset };
  const rules = linkRulesOf(environment);
  const contested: ContestedUuids = new Map();
  const readers: UuidReader[] = [];
  const opened: Opened[] = [];
  const tables: Table[] = [];
  try {
    for (const source of sources) {
      const { table, checkpoints, isEntered } =
        typeof source === 'string'
          ? await openFile(environment, source, target)
          : { table: await readObjects(source.objects, source.name), isEntered: false };
      tables.push(table);
      const records = await readRemembering(
        table,
        {
          options: { ...options, isEntered, contested, isGrowing: target?.isUnattended === true },
          note: messages.note,
        },
        {
          file: typeof source === 'string' ? source : '-',
          cwd: environment.context.cwd,
          checkpoints: target?.checkpoints,
          isUnattended: target?.isUnattended === true,
        },
      );
      const { plan, saveFindings, uuids } = records;
      if (uuids !== undefined) readers.push(uuids);
      const batches = withRecordings(records.batches, { file: table.file, plan, rules, environment });
      opened.push({
        table,
        plan,
        batches,
        saveFindings,
        ...(checkpoints === undefined ? {} : { checkpoints }),
      });
    }
    const repeated = await findRepeated(environment, readers, { contested, files: opened.length });
    return opened.map((one) => ({ ...one, repeated }));
  } catch (error) {
    for (const table of tables) await closeTable(table);
    throw error;
  }
}

/** Finds calls that share their uuid and differ; gives all uuids that stand more than once, where every file was asked. */
export async function findRepeated(
  { context }: Pick<Environment, 'context'>,
  readers: readonly UuidReader[],
  { contested, files }: { readonly contested: ContestedUuids; readonly files: number },
): Promise<ReadonlySet<string> | undefined> {
  const repeated = await findContested(readers, contested, context.tidyHeap);
  return readers.length === files && readers.every(({ isExact }) => isExact) ? repeated : undefined;
}

/** An opened file, and how far it is done from run to run. */
interface OpenedTable extends Pick<Opened, 'table' | 'checkpoints'> {
  /** Earlier runs have read rows before the first one. */
  readonly isEntered: boolean;
}

/** In an unattended run a file that only grows is read on from where the last run left it; a person sees all of it each time. */
async function openFile(environment: Environment, file: string, target?: ReadTarget): Promise<OpenedTable> {
  const { context, messages } = environment;
  const { stdin, cwd, interrupt: signal, now, sleep } = context;
  const { note, warn } = messages;
  if (file === '-' && stdin.isTTY === true)
    note('waiting for calls on standard input', 'Type or paste them, then press Ctrl-D.');
  const isUnattended = target?.isUnattended === true;
  const io = { stdin, cwd, note, signal, ...(isUnattended ? { unattendedAt: now() } : {}) };
  const options = inputOptions(environment, await presetOf(environment));
  const kept = keptCheckpoints(environment, file, target);
  if (kept === undefined) return { table: await readTable(file, options, io), isEntered: false };
  const { store, key, full } = kept;
  if (!isUnattended) {
    const { table, takeChanges } = await trackWhole(full, await readTable(file, options, io), now);
    return { table, isEntered: false, ...checkpointsOf(kept, takeChanges) };
  }
  const checkpoints = await loadCheckpoints(store, key, full);
  const settleMs = (environment.settings.settle ?? defaultSettle) * 1000;
  const growing = await readOn(file, options, { ...io, warn, now, sleep, checkpoints, settleMs });
  const { startLine = 1, takeChanges } = growing;
  if (startLine > 1)
    note(`${file}: earlier runs have read it up to line ${startLine}; this run reads on from there`);
  const table = growing.table ?? (await readTable(file, options, io));
  const isEntered = growing.table !== undefined && checkpoints.length > 0;
  return { table, isEntered, ...checkpointsOf(kept, takeChanges) };
}

/** Where it is kept how far a file is done. */
interface KeptCheckpoints {
  readonly store: Checkpoints;
  readonly key: CheckpointKey;
  /** The path of the file. */
  readonly full: string;
}

function checkpointsOf(
  { store, key }: KeptCheckpoints,
  takeChanges: (() => SourceChanges) | undefined,
): Pick<Opened, 'checkpoints'> {
  return takeChanges === undefined ? {} : { checkpoints: new Checkpointer(store, key, takeChanges) };
}

/** Throws a UserError for file names that cannot be meant. */
export function refuseNames(sources: readonly InputSource[]): void {
  if (sources.includes('')) {
    throw new UserError('file name: is empty', { hint: 'Perhaps a variable in the command is not set.' });
  }
  const twice = sources.find((source, at) => sources.indexOf(source) !== at);
  if (twice !== undefined) {
    throw new UserError(`${twice}: is given twice`, { hint: 'Name each file once.' });
  }
}

/** Nowhere where all of a file is to be sent again, where it is read in part, and where a uuid depends on the rows before it. */
function keptCheckpoints(
  environment: Environment,
  file: string,
  target: ReadTarget | undefined,
): KeptCheckpoints | undefined {
  const { settings, context } = environment;
  if (target?.checkpoints === undefined || file === '-') return undefined;
  if (settings.resend || settings.resendChanged) return undefined;
  if (settings.limit !== undefined || settings.uuidFrom !== undefined) return undefined;
  const { checkpoints: store, identity } = target;
  const key = { recipient: identity, reading: readingKey(environment, identity) };
  return { store, key, full: path.resolve(context.cwd, file) };
}

/** The files as one job, one after the other, cut at `--limit`. */
export function inputJobOf({ settings, context }: Environment, opened: readonly Opened[]): InputJob {
  const { limit = Number.POSITIVE_INFINITY } = settings;
  const known = opened.every(({ table }) => table.size !== undefined);
  const size = sumOf(opened.map(({ table }) => table.size));
  const state = { read: 0, records: 0 };
  const end = settings.limit === undefined ? {} : { limit };
  const tracked = opened.flatMap(({ checkpoints }) => checkpoints ?? []);
  return {
    files: opened.map(({ table }) => table.file),
    sources: opened.map(({ table }) => table),
    records: Math.min(limit, sumOf(opened.map(({ table }) => table.rows))),
    batches: limited(joined(opened, state, context.tidyHeap), limit),
    repeated: opened[0]?.repeated,
    progress: () => ({
      records: state.records,
      ...(known ? { bytes: { read: state.read, size } } : {}),
      ...end,
    }),
    record(outcomes) {
      for (const checkpoints of tracked) checkpoints.record(outcomes);
    },
    async saveCheckpoints() {
      for (const checkpoints of tracked) await checkpoints.save();
      for (const { saveFindings } of opened) await saveFindings?.();
    },
  };
}

function sumOf(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

async function* joined(
  opened: readonly Opened[],
  state: { read: number; records: number },
  tidyHeap: Environment['context']['tidyHeap'],
): AsyncGenerator<DeliveryBatch> {
  let before = 0;
  try {
    for (const { table, batches, checkpoints } of opened) {
      const endless = table.size === undefined;
      for await (const batch of batches) {
        const { entries, bytesRead } = batch;
        state.read = before + bytesRead;
        state.records += entries.length;
        await checkpoints?.read(batch);
        tidyHeap?.();
        yield { entries, endless };
      }
      before += table.size ?? 0;
    }
  } finally {
    // Those behind --limit were not begun.
    for (const { table } of opened) await closeTable(table);
  }
}

async function* limited(batches: AsyncIterable<DeliveryBatch>, most: number): AsyncGenerator<DeliveryBatch> {
  let left = most;
  for await (const batch of batches) {
    yield batch.entries.length <= left ? batch : { ...batch, entries: batch.entries.slice(0, left) };
    left -= batch.entries.length;
    if (left <= 0) return;
  }
}
