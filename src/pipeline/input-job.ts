// Opens files as one job.

import path from 'node:path';
import { UserError } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { closeTable, type Table } from '../core/row.js';
import type { DeliveryBatch } from '../delivery/options.js';
import { readOn } from '../input/follow/follow.js';
import { trackWhole } from '../input/follow/whole-file.js';
import { readObjects, readTable } from '../input/open.js';
import { findContested } from '../records/contested-uuids.js';
import { defaultSettle } from '../records/open-calls.js';
import type { Plan, Records } from '../records/read-records.js';
import type { ContestedUuids, RecordOptions } from '../records/record-options.js';
import type { Validator } from '../records/validate.js';
import { Checkpointer, loadCheckpoints } from './checkpointer.js';
import type { Environment, ReadTarget } from './environment.js';
import { readRemembering } from './file-findings.js';
import { inputOptions, recordOptions } from './read-options.js';
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

/** What calls are read from: a file ('-' is standard input), or objects that a program has. */
export type InputSource =
  | string
  | { readonly name: string; readonly objects: AsyncIterable<object> | Iterable<object> };

/** A file that was opened and understood; none of its rows is validated yet. */
export interface Opened extends KeptFile {
  readonly table: Table;
  readonly plan: Plan;
  readonly batches: Records['batches'];
}

/** What is kept of a file for the next run. */
export interface KeptFile {
  /** How far it is done; absent where nobody remembers that. */
  readonly checkpointer?: Checkpointer | undefined;
  /** Keeps what was found out about it. */
  readonly saveFindings?: () => Promise<void>;
}

/** The files of an input. */
export interface OpenedFiles<File extends Opened = Opened> {
  readonly files: readonly File[];
  /** The uuids that may stand on several records: no other does. Absent where not every file was looked through. */
  readonly repeated: ReadonlySet<string> | undefined;
}

/**
 * Opens all files and decides how each is read, so that what is wrong with one of them is known before anything is sent.
 *
 * @param target for whom; absent where they are only read
 * @throws UserError for a file that cannot be read, a column, a zone or an account that is missing
 */
export async function openFiles(
  environment: Environment,
  sources: readonly InputSource[],
  target?: ReadTarget,
): Promise<OpenedFiles> {
  refuseNames(sources);
  const contested: ContestedUuids = new Map();
  const options: RecordOptions = {
    ...(await recordOptions(environment, target?.accountId)),
    contested,
    isGrowing: target?.isUnattended === true,
  };
  const rules = linkRulesOf(environment);
  const files: Opened[] = [];
  const tables: Table[] = [];
  const readers: Validator[] = [];
  try {
    for (const source of sources) {
      const { table, checkpointer, isEntered } = await openSource(environment, source, { options, target });
      tables.push(table);
      const { uuids, ...records } = await readRemembering(environment, table, {
        options: { ...options, isEntered },
        name: typeof source === 'string' ? source : '-',
        target,
      });
      if (uuids !== undefined) readers.push(uuids);
      const batches = withRecordings(environment, records, { file: table.file, rules });
      files.push({ ...records, table, batches, checkpointer });
    }
    return { files, repeated: await findRepeated(readers, { contested, files }) };
  } catch (error) {
    for (const table of tables) await closeTable(table);
    throw error;
  }
}

/** Finds calls that share their uuid and differ; gives all uuids that stand more than once, where every file was asked. */
export async function findRepeated(
  readers: readonly Validator[],
  { contested, files }: { readonly contested: ContestedUuids; readonly files: readonly unknown[] },
): Promise<ReadonlySet<string> | undefined> {
  const repeated = await findContested(readers, contested);
  return readers.length === files.length ? repeated : undefined;
}

/** A table, and how far its file is done from run to run. */
interface ReadableSource extends Pick<KeptFile, 'checkpointer'> {
  readonly table: Table;
  /** Earlier runs have read rows before the first one. */
  readonly isEntered: boolean;
}

/** In an unattended run a file that only grows is read on from where the last run left it; a person sees all of it each time. */
async function openSource(
  environment: Environment,
  source: InputSource,
  {
    options: { preset },
    target,
  }: { readonly options: RecordOptions; readonly target: ReadTarget | undefined },
): Promise<ReadableSource> {
  if (typeof source !== 'string')
    return { table: await readObjects(source.objects, source.name), isEntered: false };
  const { context, messages, settings } = environment;
  const { stdin, cwd, interrupt: signal, now, sleep } = context;
  const { note, warn } = messages;
  if (source === '-' && stdin.isTTY === true)
    note('waiting for calls on standard input', 'Type or paste them, then press Ctrl-D.');
  const isUnattended = target?.isUnattended === true;
  const io = { stdin, cwd, note, signal, ...(isUnattended ? { unattendedAt: now() } : {}) };
  const options = inputOptions(environment, preset);
  const read = () => readTable(source, options, io);
  const place = canReadOn(environment, source) ? target?.memory : undefined;
  if (place === undefined) return { table: await read(), isEntered: false };
  const full = path.resolve(cwd, source);
  if (!isUnattended) {
    const { table, takeChanges } = await trackWhole(full, await read(), now);
    return { table, isEntered: false, checkpointer: new Checkpointer(place, takeChanges) };
  }
  const checkpoints = await loadCheckpoints(place, full);
  const settleMs = (settings.settle ?? defaultSettle) * 1000;
  const { table, startLine, takeChanges } = await readOn(source, options, {
    ...io,
    warn,
    now,
    sleep,
    checkpoints,
    settleMs,
  });
  if (startLine > 1)
    note(`${source}: earlier runs have read it up to line ${startLine}; this run reads on from there`);
  return {
    table: table ?? (await read()),
    isEntered: table !== undefined && checkpoints.length > 0,
    checkpointer: new Checkpointer(place, takeChanges),
  };
}

/** Not where all of a file is to be sent again, where it is read in part, and where a uuid depends on the rows before it. */
function canReadOn({ settings }: Environment, file: string): boolean {
  const { resend, resendChanged, limit, uuidFrom } = settings;
  return file !== '-' && !resend && !resendChanged && limit === undefined && uuidFrom === undefined;
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

/** The files as one job, one after the other, cut at `--limit`. */
export function inputJobOf(
  { settings }: Environment,
  { files, repeated }: Pick<OpenedFiles, 'files' | 'repeated'>,
): InputJob {
  const { limit = Number.POSITIVE_INFINITY } = settings;
  const tables = files.map(({ table }) => table);
  const isSized = tables.every(({ size }) => size !== undefined);
  const size = sumOf(tables.map((table) => table.size));
  const state = { read: 0, records: 0 };
  return {
    files: tables.map(({ file }) => file),
    sources: tables,
    records: Math.min(limit, sumOf(tables.map(({ rows }) => rows))),
    batches: limited(joined(files, state), limit),
    repeated,
    progress: () => ({
      records: state.records,
      ...(isSized && { bytes: { read: state.read, size } }),
      ...(settings.limit !== undefined && { limit }),
    }),
    ...keeping(files),
  };
}

/** Keeps for the next run what is to be known of files; more of them may come. */
export function keeping(files: readonly KeptFile[]): Required<Pick<InputJob, 'record' | 'saveCheckpoints'>> {
  return {
    record(outcomes) {
      for (const { checkpointer } of files) checkpointer?.record(outcomes);
    },
    async saveCheckpoints() {
      for (const { checkpointer } of files) await checkpointer?.save();
      for (const { saveFindings } of files) await saveFindings?.();
    },
  };
}

function sumOf(numbers: readonly (number | undefined)[]): number {
  return numbers.reduce<number>((sum, one) => sum + (one ?? 0), 0);
}

async function* joined(
  files: readonly Opened[],
  state: { read: number; records: number },
): AsyncGenerator<DeliveryBatch> {
  let before = 0;
  try {
    for (const { table, batches, checkpointer } of files) {
      const endless = table.size === undefined;
      for await (const batch of batches) {
        const { entries, bytesRead } = batch;
        state.read = before + bytesRead;
        state.records += entries.length;
        await checkpointer?.read(batch);
        yield { entries, endless };
      }
      before += table.size ?? 0;
    }
  } finally {
    // Those behind --limit were not begun.
    for (const { table } of files) await closeTable(table);
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
