// How far files are done by the outcomes of their rows, which rows need attention; kept from run to run.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CheckpointChange, Checkpoints } from '../core/ledger-store.js';
import type { Origin, Outcome, Status } from '../core/outcome.js';
import type { Batch, FileRange, RowPlace, Table } from '../core/row.js';
import {
  type Attention,
  type Checkpoint,
  checkpointName,
  checkpointText,
  fileStart,
  hasMore,
  parseCheckpoint,
  stateOfWhole,
} from '../input/follow/checkpointer.js';
import { fileIdAt } from '../input/follow/fingerprint.js';
import type { OpenedSource, SourceChanges } from '../input/follow/watchers.js';
import type { EntryBatch, RowRef } from '../records/file-validation.js';

/**
 * Records that the next unattended run need not see again. An invalid or rejected one was reported, and stays what it is
 * until the file or the flags change: then the whole file is read anew, as it is whenever a person looks.
 */
const finalStatuses: ReadonlySet<Status> = new Set([
  'accepted',
  'duplicate',
  'filtered',
  'invalid',
  'rejected',
]);

/** With more rows of a file than these that need attention, the next run reads on from the first of the others. */
const mostAttention = 10_000;

/** A range that was read, and what became of its rows. */
interface RangeState {
  readonly range: FileRange;
  /** Rows whose record has no outcome yet. */
  pending: number;
  /** Rows whose record needs attention. */
  attention: number;
}

/** How far one file is done. */
interface FileProgress {
  readonly opened: OpenedSource;
  doneTo: RowPlace;
  /** Rows in attention before `doneTo`. */
  passed: number;
  /** What was read and not passed yet, in the order of the file. */
  readonly queue: RangeState[];
  /** Before `doneTo`: rows that an earlier run left, until they are read again. */
  left: readonly Attention[];
  /** Those of them that are being read again, whole ranges of them until all their rows have an outcome. */
  readonly again: Map<RangeState, Attention>;
  isChanged: boolean;
}

/**
 * How far files are done, by their batches and the outcomes of their records. What is final is passed; what needs attention (sent,
 * and nobody knows; waiting; unsent) is remembered by its rows, so that it holds nothing else up.
 */
export class Progress {
  readonly #files = new Map<object, FileProgress>();
  readonly #ranges = new Map<FileRange, RangeState>();
  /** The rows of the records that have no outcome yet. */
  readonly #pending = new Map<Origin, readonly RowRef[]>();
  /** The rows of records that need attention. */
  readonly #attention = new Map<Origin, readonly RowRef[]>();

  /** The rows of a file come next. */
  begin(opened: OpenedSource): void {
    const known = this.#files.get(opened.source);
    if (known !== undefined) {
      known.isChanged ||= opened.isNew;
      return;
    }
    const { doneTo, attention, isNew } = opened;
    const left = attention;
    const passed = left.reduce((sum, { lines }) => sum + lines.length, 0);
    const again = new Map<RangeState, Attention>();
    this.#files.set(opened.source, { opened, doneTo, passed, queue: [], left, again, isChanged: isNew });
  }

  /** A batch was read. */
  read({ entries, range, taken, places }: EntryBatch): void {
    const file = range && this.#files.get(range.source);
    if (range !== undefined && file !== undefined && (taken > 0 || range.end.offset > range.offset)) {
      const state: RangeState = { range, pending: taken, attention: 0 };
      if (range.offset >= file.doneTo.offset) file.queue.push(state);
      else takeUp(file, state);
      if (taken > 0) this.#ranges.set(range, state);
      file.isChanged = true;
    }
    for (const { origin } of entries) {
      const rows = places?.get(origin) ?? [];
      if (rows.length > 0) this.#pending.set(origin, rows);
    }
    if (file !== undefined) this.#advance(file);
  }

  /** Records have an outcome, some not for the first time. */
  record(outcomes: readonly Outcome[]): void {
    const touched = new Set<FileProgress>();
    for (const { origin, status } of outcomes) {
      const isFinal = finalStatuses.has(status);
      const rows = this.#pending.get(origin);
      const before = this.#attention.get(origin);
      for (const { range } of rows ?? []) this.#count(range, { pending: -1, attention: 0 }, touched);
      if (isFinal && before !== undefined) {
        this.#attention.delete(origin);
        for (const { range } of before) this.#count(range, { pending: 0, attention: -1 }, touched);
      }
      if (!isFinal && rows !== undefined) {
        this.#attention.set(origin, rows);
        for (const { range } of rows) this.#count(range, { pending: 0, attention: 1 }, touched);
      }
      this.#pending.delete(origin);
    }
    for (const file of touched) this.#advance(file);
  }

  /** What has changed since it was asked last, as checkpoints. Files that are done, and read no more, are forgotten. */
  async takeCheckpoints(): Promise<readonly Checkpoint[]> {
    const attention = this.#attentionByFile();
    const checkpoints: Checkpoint[] = [];
    for (const [source, file] of this.#files) {
      const needed = attention.get(source) ?? [];
      const all = [...file.left, ...file.again.values(), ...needed];
      const { doneTo, isChanged, opened } = file;
      const isDone = file.queue.length + all.length === 0 && !opened.isOpen();
      file.isChanged = false;
      if (isDone) this.#files.delete(source);
      const state = isChanged ? await opened.state() : undefined;
      if (state !== undefined) checkpoints.push({ ...state, doneTo, attention: all });
    }
    return checkpoints;
  }

  #count(range: FileRange, by: Pick<RangeState, 'pending' | 'attention'>, touched: Set<FileProgress>): void {
    const state = this.#ranges.get(range);
    const file = this.#files.get(range.source);
    if (file === undefined) return;
    file.isChanged = true;
    touched.add(file);
    if (range.end.offset <= file.doneTo.offset) file.passed += by.attention;
    if (state === undefined) return;
    state.pending += by.pending;
    state.attention += by.attention;
    if (state.pending === 0 && file.again.delete(state)) this.#ranges.delete(range);
  }

  /** Moves on over the ranges whose rows all have an outcome. */
  #advance(file: FileProgress): void {
    let done = 0;
    for (const { range, pending, attention } of file.queue) {
      if (pending > 0 || (attention > 0 && file.passed + attention > mostAttention)) break;
      file.passed += attention;
      if (range.end.offset > file.doneTo.offset) file.doneTo = range.end;
      this.#ranges.delete(range);
      done++;
    }
    if (done > 0) file.queue.splice(0, done);
  }

  /** The rows that need attention in ranges that were passed. */
  #attentionByFile(): ReadonlyMap<object, readonly Attention[]> {
    const byRange = new Map<FileRange, number[]>();
    for (const rows of this.#attention.values()) {
      for (const { range, line } of rows) {
        const lines = byRange.get(range);
        if (lines === undefined) byRange.set(range, [line]);
        else lines.push(line);
      }
    }
    const byFile = new Map<object, Attention[]>();
    for (const [range, lines] of byRange) {
      const { source, offset, line, end } = range;
      const file = this.#files.get(source);
      if (file === undefined || end.offset > file.doneTo.offset) continue;
      const list = byFile.get(source) ?? [];
      list.push({ offset, line, end: end.offset, lines: lines.sort((one, other) => one - other) });
      byFile.set(source, list);
    }
    for (const list of byFile.values()) list.sort((one, other) => one.offset - other.offset);
    return byFile;
  }
}

/** A range of rows that an earlier run left is read again: they are left until all of them have an outcome. */
function takeUp(file: FileProgress, state: RangeState): void {
  const { offset, line, end } = state.range;
  const part = file.left.find((one) => one.offset <= offset && offset < one.end);
  if (part === undefined) return;
  const lines = part.lines.filter((one) => one < end.line);
  const rest = part.lines.filter((one) => one >= end.line);
  const others = file.left.filter((one) => one !== part);
  file.left = rest.length === 0 ? others : [...others, { ...part, ...end, end: part.end, lines: rest }];
  file.passed -= lines.length;
  if (state.pending > 0) file.again.set(state, { offset, line, end: end.offset, lines });
}

/** Whose checkpoints they are: for whom calls are read, and what decides what the rows become. */
export interface CheckpointKey {
  readonly recipient: string;
  readonly reading: string;
}

/** The files of one name, as far as they are done from run to run. */
export class FileCheckpoints {
  readonly #store: Checkpoints;
  readonly #key: CheckpointKey;
  readonly #takeChanges: () => SourceChanges;
  readonly #progress = new Progress();
  #removed: readonly string[] = [];
  #saving: Promise<void> = Promise.resolve();

  constructor(store: Checkpoints, key: CheckpointKey, takeChanges: () => SourceChanges) {
    this.#store = store;
    this.#key = key;
    this.#takeChanges = takeChanges;
  }

  /** A batch was read; a file that is new is remembered before the first of its rows is sent. */
  async read(batch: EntryBatch): Promise<void> {
    if (this.#begin()) await this.save();
    this.#progress.read(batch);
  }

  record(outcomes: readonly Outcome[]): void {
    this.#progress.record(outcomes);
  }

  /** Writes down how far files are done now. One save after the other: reading and sending both ask for it. */
  save(): Promise<void> {
    this.#begin();
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#saveAll());
    return this.#saving;
  }

  #begin(): boolean {
    const { opened, removed } = this.#takeChanges();
    for (const one of opened) this.#progress.begin(one);
    if (removed.length > 0) this.#removed = [...this.#removed, ...removed];
    return removed.length > 0 || opened.some(({ isNew }) => isNew);
  }

  async #saveAll(): Promise<void> {
    const removed = this.#removed;
    this.#removed = [];
    const gone: CheckpointChange[] = [];
    for (const name of removed) {
      for (const { file, reading } of await this.#store.list(name)) {
        if (file === name && recipientOf(reading) === this.#key.recipient) gone.push({ file, reading });
      }
    }
    const kept = (await this.#progress.takeCheckpoints()).map((checkpoint) => ({
      file: checkpointName(checkpoint),
      reading: readingName(this.#key),
      checkpoint: checkpointText(checkpoint),
    }));
    const changes: readonly CheckpointChange[] = [...gone, ...kept];
    if (changes.length > 0) await this.#store.save(changes);
  }
}

/** The reading of a checkpoint in the ledger: what decides what rows become is many words, so that a hash stands for it. */
function readingName({ recipient, reading }: CheckpointKey): string {
  return `${createHash('sha256').update(reading).digest('base64url')} ${recipient}`;
}

function recipientOf(reading: string): string {
  return reading.slice(reading.indexOf(' ') + 1);
}

/**
 * The checkpoints of files at a path, or of those that a pattern in its name stands for. Of files that were read in another
 * way (other settings, another version) those that are not done: they are read as a whole.
 */
export async function loadCheckpoints(
  store: Checkpoints,
  key: CheckpointKey,
  full: string,
  tidyHeap: () => void = () => undefined,
): Promise<readonly Checkpoint[]> {
  const start = /^[^*%]*/.exec(path.basename(full))?.[0] ?? '';
  const saved = await store.list(path.join(path.dirname(full), path.sep, start));
  const own: Checkpoint[] = [];
  const others: Checkpoint[] = [];
  const name = readingName(key);
  for (const { reading, checkpoint: text } of saved) {
    tidyHeap();
    const checkpoint = recipientOf(reading) === key.recipient ? parseCheckpoint(text) : undefined;
    if (checkpoint === undefined) continue;
    if (reading === name) own.push(checkpoint);
    else if (hasMore(checkpoint)) others.push({ ...checkpoint, isWhole: true });
  }
  const known = new Set(own.map(checkpointName));
  return [...own, ...others.filter((one) => !known.has(checkpointName(one)))];
}

/** A table whose batches say where they stand, and what is to be remembered of its file; nothing is of what is no plain file. */
interface TrackedTable {
  readonly table: Table;
  readonly takeChanges?: () => SourceChanges;
}

/**
 * Tracks how far a plain file is done that is read from its start to its end, whatever was done before.
 *
 * @param now milliseconds since 1970
 */
export async function trackWhole(full: string, table: Table, now: () => number): Promise<TrackedTable> {
  const id = await fileIdAt(full);
  if (id === undefined) return { table };
  const source: { readTo: RowPlace } = { readTo: fileStart };
  const opened: OpenedSource[] = [
    {
      source,
      state: () => stateOfWhole({ path: full, id, readTo: source.readTo }, now()),
      isOpen: () => true,
      doneTo: fileStart,
      attention: [],
      isNew: false,
    },
  ];
  return {
    table: { ...table, batches: withRanges(table.batches, source) },
    takeChanges: () => ({ opened: opened.splice(0), removed: [] }),
  };
}

async function* withRanges(
  batches: AsyncIterable<Batch>,
  source: { readTo: RowPlace },
): AsyncGenerator<Batch> {
  for await (const batch of batches) {
    const { next: end } = batch;
    if (end === undefined) {
      yield batch;
      continue;
    }
    const { offset, line } = source.readTo;
    source.readTo = end;
    yield { ...batch, range: { source, offset, line, end } };
  }
}
