// Keeps the checkpoints of files in the ledger, and finds them there.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { CheckpointChange } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';
import type { Batch, RowPlace, Table } from '../core/row.js';
import {
  type Checkpoint,
  checkpointName,
  checkpointText,
  fileStart,
  hasMore,
  parseCheckpoint,
  stateOfWhole,
} from '../input/follow/checkpoint.js';
import {
  type GrowingTable,
  noChanges,
  type OpenedSource,
  type SourceChanges,
} from '../input/follow/follow.js';
import { fileIdAt } from '../input/follow/glob.js';
import type { EntryBatch } from '../records/entry-batches.js';
import type { CheckpointPlace } from './environment.js';
import { Progress } from './file-progress.js';

/** Keeps how far the files of one name are done, from run to run. */
export class Checkpointer {
  readonly #place: CheckpointPlace;
  readonly #takeChanges: () => SourceChanges;
  readonly #progress = new Progress();
  #removed: readonly string[] = [];
  #saving: Promise<void> = Promise.resolve();

  constructor(place: CheckpointPlace, takeChanges: () => SourceChanges) {
    this.#place = place;
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
    const { checkpoints, recipient } = this.#place;
    const removed = this.#removed;
    this.#removed = [];
    const gone: CheckpointChange[] = [];
    for (const name of removed) {
      for (const { file, reading } of await checkpoints.list(name)) {
        if (file === name && recipientOf(reading) === recipient) gone.push({ file, reading });
      }
    }
    const kept = (await this.#progress.takeCheckpoints()).map((checkpoint) => ({
      file: checkpointName(checkpoint),
      reading: readingName(this.#place),
      checkpoint: checkpointText(checkpoint),
    }));
    const changes: readonly CheckpointChange[] = [...gone, ...kept];
    if (changes.length > 0) await checkpoints.save(changes);
  }
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

/**
 * Tracks how far a plain file is done that is read from its start to its end, whatever was done before; of what is no plain file,
 * nothing is remembered.
 *
 * @param now milliseconds since 1970
 * @returns the table with batches that say where they stand
 */
export async function trackWhole(
  full: string,
  table: Table,
  now: () => number,
): Promise<Pick<GrowingTable, 'table' | 'takeChanges'>> {
  const id = await fileIdAt(full);
  if (id === undefined) return { table, takeChanges: noChanges };
  const source = {
    readTo: fileStart,
    state: () => stateOfWhole({ path: full, id, readTo: source.readTo }, now()),
    isAnnounced: true,
  };
  const opened: OpenedSource[] = [{ source, doneTo: fileStart, attention: [], isNew: false }];
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
