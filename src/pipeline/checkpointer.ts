// Keeps the checkpoints of files in the ledger, and finds them there.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CheckpointChange } from '../core/ledger-store.js';
import type { Origin, Outcome, Status } from '../core/outcome.js';
import type { FileRange, RowPlace } from '../core/row.js';
import {
  type Attention,
  type Checkpoint,
  checkpointName,
  checkpointText,
  hasMore,
  parseCheckpoint,
} from '../input/follow/checkpoint.js';
import type { OpenedSource, SourceChanges } from '../input/follow/watcher-list.js';
import type { EntryBatch, RowRef } from '../records/entry-batches.js';
import type { CheckpointPlace } from './environment.js';

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
  /** The lines of rows whose record needs attention. */
  readonly attention: Set<number>;
  /** It is read again: these lines need attention until all its rows have an outcome. */
  readonly again: readonly number[];
}

/** The rows of a record of which nothing is final yet, and whether it has had an outcome. */
interface RecordRows {
  readonly rows: readonly RowRef[];
  isTold: boolean;
}

/** How far one file is done. */
interface FileProgress {
  readonly opened: OpenedSource;
  doneTo: RowPlace;
  /** Rows in attention before `doneTo`. */
  passed: number;
  /** What was read and not passed yet, in the order of the file. */
  readonly queue: RangeState[];
  /** Ranges before `doneTo` with rows that need attention. */
  readonly needed: Set<RangeState>;
  /** Before `doneTo`: rows that an earlier run left, until they are read again. */
  left: readonly Attention[];
  isChanged: boolean;
}

/**
 * Keeps how far the files of one name are done, by their batches and the outcomes of their records. What is final is passed; what needs
 * attention (sent, and nobody knows; waiting; unsent) is remembered by its rows, so that it holds nothing else up.
 */
export class Checkpointer {
  readonly #place: CheckpointPlace;
  readonly #takeChanges: () => SourceChanges;
  readonly #files = new Map<object, FileProgress>();
  readonly #ranges = new WeakMap<FileRange, RangeState>();
  /** Forgotten with the record: who may still give it an outcome holds its origin. */
  readonly #records = new WeakMap<Origin, RecordRows>();
  #removed: readonly string[] = [];
  #saving: Promise<void> = Promise.resolve();

  constructor(place: CheckpointPlace, takeChanges: () => SourceChanges) {
    this.#place = place;
    this.#takeChanges = takeChanges;
  }

  /** A batch was read; a file that is new is remembered before the first of its rows is sent. */
  async read({ entries, range, taken, places }: EntryBatch): Promise<void> {
    if (this.#begin()) await this.save();
    const file = range && this.#files.get(range.source);
    if (range !== undefined && file !== undefined && (taken > 0 || range.end.offset > range.offset)) {
      const isNew = range.offset >= file.doneTo.offset;
      const again = isNew ? [] : takeUp(file, range);
      const state: RangeState = { range, pending: taken, attention: new Set(), again };
      if (isNew) file.queue.push(state);
      else if (linesIn(state).length > 0) file.needed.add(state);
      this.#ranges.set(range, state);
      file.isChanged = true;
    }
    for (const { origin } of entries) {
      const { line } = origin;
      const own = range === undefined || line === undefined ? [] : [{ range, line }];
      const rows = places.get(origin) ?? own;
      if (rows.length > 0) this.#records.set(origin, { rows, isTold: false });
    }
    if (file !== undefined) advance(file);
  }

  /** Records have an outcome, some not for the first time. */
  record(outcomes: readonly Outcome[]): void {
    const touched = new Set<FileProgress>();
    for (const { origin, status } of outcomes) {
      const record = this.#records.get(origin);
      if (record === undefined) continue;
      const isFinal = finalStatuses.has(status);
      for (const row of record.rows) {
        const file = this.#recordRow(row, record.isTold, isFinal);
        if (file !== undefined) touched.add(file);
      }
      if (isFinal) this.#records.delete(origin);
      record.isTold = true;
    }
    for (const file of touched) advance(file);
  }

  /** Writes down how far files are done now. One save after the other: reading and sending both ask for it. */
  save(): Promise<void> {
    this.#begin();
    this.#saving = this.#saving.catch(() => undefined).then(() => this.#saveAll());
    return this.#saving;
  }

  /** Takes up the files whose rows come next; gives whether that is to be written down at once. */
  #begin(): boolean {
    const { opened, removed } = this.#takeChanges();
    for (const one of opened) this.#open(one);
    if (removed.length > 0) this.#removed = [...this.#removed, ...removed];
    return removed.length > 0 || opened.some(({ isNew }) => isNew);
  }

  #open(opened: OpenedSource): void {
    const known = this.#files.get(opened.source);
    if (known !== undefined) {
      known.isChanged ||= opened.isNew;
      return;
    }
    const { doneTo, attention: left, isNew } = opened;
    const passed = left.reduce((sum, { lines }) => sum + lines.length, 0);
    this.#files.set(opened.source, {
      opened,
      doneTo,
      passed,
      queue: [],
      needed: new Set(),
      left,
      isChanged: isNew,
    });
  }

  async #saveAll(): Promise<void> {
    const { checkpoints, recipient } = this.#place;
    const removed = this.#removed;
    this.#removed = [];
    const gone: CheckpointChange[] = [];
    for (const name of removed) {
      for (const { file, reading } of await checkpoints.list(name)) {
        if (file === name && recipientOf(reading) === recipient) gone.push({ file, reading });
      }
    }
    const kept = (await this.#checkpoints()).map((checkpoint) => ({
      file: checkpointName(checkpoint),
      reading: readingName(this.#place),
      checkpoint: checkpointText(checkpoint),
    }));
    const changes: readonly CheckpointChange[] = [...gone, ...kept];
    if (changes.length > 0) await checkpoints.save(changes);
  }

  /** What has changed since it was asked last, as checkpoints. Files that are done, and read no more, are forgotten. */
  async #checkpoints(): Promise<readonly Checkpoint[]> {
    const checkpoints: Checkpoint[] = [];
    for (const [source, file] of this.#files) {
      const { doneTo, isChanged, opened, left, needed } = file;
      const attention = [...left, ...attentionOf(needed)];
      const isDone = file.queue.length + attention.length === 0 && !opened.source.isAnnounced;
      file.isChanged = false;
      if (isDone) this.#files.delete(source);
      const state = isChanged ? await opened.source.state() : undefined;
      if (state !== undefined) checkpoints.push({ ...state, doneTo, attention });
    }
    return checkpoints;
  }

  /** A row has an outcome; gives its file. */
  #recordRow({ range, line }: RowRef, wasTold: boolean, isFinal: boolean): FileProgress | undefined {
    const state = this.#ranges.get(range);
    const file = this.#files.get(range.source);
    if (file === undefined || state === undefined || (wasTold && !isFinal)) return undefined;
    file.isChanged = true;
    if (!wasTold) state.pending--;
    const before = state.attention.size;
    if (isFinal) state.attention.delete(line);
    else state.attention.add(line);
    if (range.end.offset <= file.doneTo.offset) {
      file.passed += state.attention.size - before;
      if (linesIn(state).length > 0) file.needed.add(state);
      else file.needed.delete(state);
    }
    return file;
  }
}

/** Moves on over the ranges whose rows all have an outcome. */
function advance(file: FileProgress): void {
  let done = 0;
  for (const state of file.queue) {
    const { range, pending, attention } = state;
    if (pending > 0 || (attention.size > 0 && file.passed + attention.size > mostAttention)) break;
    file.passed += attention.size;
    if (attention.size > 0) file.needed.add(state);
    if (range.end.offset > file.doneTo.offset) file.doneTo = range.end;
    done++;
  }
  if (done > 0) file.queue.splice(0, done);
}

/** The rows that need attention, in the order of the file. */
function attentionOf(needed: Iterable<RangeState>): readonly Attention[] {
  const list = [...needed].map((state) => {
    const { offset, line, end } = state.range;
    const lines = linesIn(state).toSorted((one, other) => one - other);
    return { offset, line, end: end.offset, lines };
  });
  return list.sort((one, other) => one.offset - other.offset);
}

function linesIn({ pending, again, attention }: RangeState): readonly number[] {
  return pending > 0 && again.length > 0 ? again : [...attention];
}

/** A range of rows that an earlier run left is read again; gives their lines. */
function takeUp(file: FileProgress, { offset, end }: FileRange): readonly number[] {
  const part = file.left.find((one) => one.offset <= offset && offset < one.end);
  if (part === undefined) return [];
  const lines = part.lines.filter((one) => one < end.line);
  const rest = part.lines.filter((one) => one >= end.line);
  const others = file.left.filter((one) => one !== part);
  file.left = rest.length === 0 ? others : [...others, { ...part, ...end, end: part.end, lines: rest }];
  file.passed -= lines.length;
  return lines;
}

/** The reading of a checkpoint in the ledger: what decides what rows become is many words, so that a hash stands for it. */
function readingName({ recipient, reading }: CheckpointPlace): string {
  return `${createHash('sha256').update(reading).digest('base64url')} ${recipient}`;
}

function recipientOf(reading: string): string {
  return reading.slice(reading.indexOf(' ') + 1);
}

/**
 * The checkpoints of files at a path, or of those that a pattern in its name stands for. Of files that were read in another
 * way (other settings, another version) those that are not done: they are read as a whole.
 */
export async function loadCheckpoints(place: CheckpointPlace, full: string): Promise<readonly Checkpoint[]> {
  const start = /^[^*%]*/.exec(path.basename(full))?.[0] ?? '';
  const prefix = path.join(path.dirname(full), path.sep, start);
  const own: Checkpoint[] = [];
  const others: Checkpoint[] = [];
  const name = readingName(place);
  const { checkpoints, recipient } = place;
  for (
    let page = await checkpoints.list(prefix);
    page.length > 0;
    page = await checkpoints.list(prefix, page.at(-1))
  ) {
    for (const { reading, checkpoint: text } of page) {
      const checkpoint = recipientOf(reading) === recipient ? parseCheckpoint(text) : undefined;
      if (checkpoint === undefined) continue;
      // All files have the same header, and it is long.
      const { header, ...plain } = checkpoint;
      const isFirst = header !== undefined && own.every((one) => one.header === undefined);
      if (reading === name) own.push(isFirst ? checkpoint : plain);
      else if (hasMore(checkpoint)) others.push({ ...plain, isWhole: true });
    }
  }
  const known = new Set(own.map(checkpointName));
  return [...own, ...others.filter((one) => !known.has(checkpointName(one)))];
}
