import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Batch, Row, RowPlace, Table } from '../../src/core/row.js';
import type { Attention, Checkpoint } from '../../src/input/follow/checkpoint.js';
import { type FollowIo, followFile, readOn } from '../../src/input/follow/follow.js';
import type { OpenedSource } from '../../src/input/follow/watcher-list.js';
import type { InputOptions } from '../../src/input/open.js';

/** A folder of its own for a test. */
export function folderOf(): string {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still until it is moved; a sleep ends when it is due, or when its signal aborts. */
export function createClock(start = Date.now()) {
  let time = start;
  const sleepers = new Map<() => void, number>();
  return {
    now: () => time,
    sleep: (milliseconds: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(wake);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        if (signal?.aborted === true) return resolve();
        signal?.addEventListener('abort', wake, { once: true });
        sleepers.set(wake, time + milliseconds);
      }),
    isAsleep: () => sleepers.size > 0,
    advance(milliseconds: number) {
      time += milliseconds;
      for (const [wake, due] of sleepers) if (due <= time) wake();
    },
  };
}

export interface Following {
  readonly table: () => Table | undefined;
  /** First cells of all rows that came, or their problems. */
  readonly ids: () => readonly string[];
  readonly cells: () => readonly (readonly string[])[];
  readonly batches: readonly Batch[];
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  /** Lets time pass until all that is written now has been read. */
  readonly look: (times?: number) => Promise<void>;
  /** Lets so many milliseconds pass. */
  readonly pass: (milliseconds: number) => Promise<void>;
  /** The checkpoints that a program would keep now, where all that was read is done. */
  readonly checkpoints: () => Promise<readonly Checkpoint[]>;
  /** Interrupts, and waits for the end. */
  readonly stop: () => Promise<void>;
  /** Resolves when it has ended by itself; rejects with its error. */
  readonly ended: Promise<void>;
}

export interface Given {
  readonly stdin?: Readable;
  readonly checkpoints?: readonly Checkpoint[];
}

/** Follows a file in the background. */
export function follow(file: string, options: InputOptions = {}, given: Given = {}): Following {
  const clock = createClock();
  const interrupt = new AbortController();
  const batches: Batch[] = [];
  const notes: string[] = [];
  const warnings: string[] = [];
  const sources = new Map<object, OpenedSource>();
  const done = new Map<object, RowPlace>();
  let table: Table | undefined;
  let rounds = 0;
  const io: FollowIo = {
    stdin: given.stdin ?? Readable.from([]),
    cwd: '/',
    note: (text) => notes.push(text),
    warn: (text) => warnings.push(text),
    signal: interrupt.signal,
    now: clock.now,
    sleep: (milliseconds, signal) => {
      rounds++;
      return clock.sleep(milliseconds, signal);
    },
    ...(given.checkpoints === undefined ? {} : { checkpoints: given.checkpoints }),
  };
  let isOver = false;
  async function run() {
    try {
      const growing = await followFile(file, options, io);
      ({ table } = growing);
      for await (const batch of table.batches) {
        for (const one of growing.takeChanges().opened) sources.set(one.source, one);
        if (batch.range !== undefined) done.set(batch.range.source, batch.range.end);
        batches.push(batch);
      }
    } finally {
      isOver = true;
    }
  }
  const ended = run();
  ended.catch(() => undefined);
  async function stop() {
    interrupt.abort('SIGINT');
    await ended.catch(() => undefined);
  }
  onTestFinished(stop);
  const rows = () => batches.flatMap((batch) => batch.rows);
  async function look(times = 2) {
    const enough = rounds + times;
    while (!isOver && (rounds < enough || !clock.isAsleep())) {
      if (clock.isAsleep()) clock.advance(1000);
      await pause(1);
    }
  }
  return {
    table: () => table,
    batches,
    notes,
    warnings,
    ids: () => rows().map((row) => row.problem ?? row.cells[0] ?? ''),
    cells: () => rows().map((row) => row.cells),
    look,
    async pass(milliseconds) {
      clock.advance(milliseconds);
      await look();
    },
    async checkpoints() {
      const kept: Checkpoint[] = [];
      for (const [source, opened] of sources) {
        const state = await opened.source.state();
        const doneTo = done.get(source) ?? opened.doneTo;
        if (state !== undefined) kept.push({ ...state, doneTo, attention: [] });
      }
      return kept;
    },
    stop,
    ended,
  };
}

/** A checkpoint of a plain file that is done up to a place, but for what needs attention. */
export function checkpointAt(
  file: string,
  doneTo: RowPlace,
  attention: readonly Attention[] = [],
): Checkpoint {
  const { dev, ino, size, mtimeNs } = statSync(file, { bigint: true });
  const length = Number(size);
  const state = { path: file, id: `${dev}:${ino}`, size: length, length, mtimeNs, sinceNs: mtimeNs };
  return { ...state, readTo: doneTo, readAt: 0, seen: [], doneTo, attention };
}

/** Reads a file on from a checkpoint to its end, as an unattended run does. */
export async function readFrom(checkpoint: Checkpoint, options: InputOptions = {}) {
  const { table } = await readOn(checkpoint.path, options, {
    ...{ stdin: Readable.from([]), cwd: '/', note: () => undefined, warn: () => undefined },
    ...{ now: Date.now, sleep: async () => undefined, checkpoints: [checkpoint] },
  });
  const rows: Row[] = [];
  for await (const batch of table?.batches ?? []) rows.push(...batch.rows);
  return { rows, cells: rows.map(({ cells }) => cells), lines: rows.map(({ line }) => line), table };
}
