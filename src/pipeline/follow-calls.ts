import type { Context } from '../context.js';
import { pauseAfter } from '../core/ledger.js';
import type { CallEntry, Origin, Outcome } from '../core/outcome.js';
import type { FileSource, RowPlace } from '../core/row.js';
import { createBoundedQueue } from '../delivery/bounded-queue.js';
import type { EntryBatch } from '../delivery/options.js';
import { followFile } from '../input/follow/follow.js';
import { defaultSettle } from '../records/open-calls.js';
import {
  type CheckpointTracker,
  createCheckpointTracker,
  fileStart,
  findCheckpoint,
  parseCheckpoint,
  saveCheckpoint,
} from './checkpoint.js';
import { type Environment, readingKey } from './environment.js';
import { type RememberedRecords, readRemembering } from './findings.js';
import type { InputJob, ReadTarget } from './read-calls.js';
import { inputOptions, isGrouped, presetOf, recordOptions } from './read-options.js';
import { followedLinks } from './recordings.js';

/** Batches of one file that wait for the sending at most: a busy service holds the reading back. */
const maxWaiting = 4;

/**
 * Opens files that grow as one job without an end: what is written now, then what is written next. How far each file on
 * the disk is done is kept in the ledger, so that a restart goes on from there, after a rotation too.
 *
 * @throws UserError through the batches, for a file that cannot be followed, a column or a zone that is missing
 */
export async function followFiles(
  environment: Environment,
  files: readonly string[],
  target: ReadTarget,
): Promise<InputJob> {
  const options = await recordOptions(environment, target.accountId);
  const followed: FollowedFile[] = [];
  const ending = new AbortController();
  const signal = AbortSignal.any([environment.context.interrupt, ending.signal]);
  const waiting = createWaitingCalls(environment.context);
  const queue = createBoundedQueue<EntryBatch>(maxWaiting);

  async function follow(file: string): Promise<void> {
    const one = createFollowedFile(environment, target, signal);
    followed.push(one);
    for await (const batch of one.read(file, options)) await queue.put(batch);
  }

  async function offerWaiting(): Promise<void> {
    for await (const batch of waiting.due(signal)) await queue.put(batch);
  }

  async function* batches(): AsyncGenerator<EntryBatch> {
    Promise.all(files.map(follow)).then(
      () => queue.close(),
      (error: unknown) => queue.close(error),
    );
    offerWaiting().catch((error: unknown) => queue.close(error));
    for await (const batch of queue.items()) {
      environment.context.tidyHeap?.();
      yield batch;
    }
  }

  return {
    files,
    sources: [],
    batches: batches(),
    record(outcomes) {
      // A file is not done past a call that waits: a restart reads it again from there.
      const final = waiting.record(outcomes);
      for (const one of followed) one.record(final);
    },
    async saveCheckpoints() {
      for (const one of followed) await one.save();
    },
    close: async () => ending.abort(),
    progress: () => ({}),
  };
}

/** One name that is followed, whatever files stand behind it one after the other. */
interface FollowedFile {
  readonly read: (file: string, options: RecordSettings) => AsyncGenerator<EntryBatch>;
  readonly record: (outcomes: readonly Outcome[]) => void;
  readonly save: () => Promise<void>;
}

type RecordSettings = Awaited<ReturnType<typeof recordOptions>>;

/** How far one file on the disk is done. */
interface SourceState {
  readonly source: FileSource;
  readonly tracker: CheckpointTracker;
  /** Where the reading stands. */
  position: RowPlace;
  /** What was saved last. */
  saved: string;
}

function createFollowedFile(environment: Environment, target: ReadTarget, signal: AbortSignal): FollowedFile {
  const { context, messages, settings } = environment;
  const { checkpoints } = target;
  const reading = readingKey(environment, target.identity);
  const starts = new Map<string, RowPlace>();
  /** In the order of their rows. */
  const sources: SourceState[] = [];

  async function checkpointOf(id: string) {
    const saved = parseCheckpoint(checkpoints && (await findCheckpoint(checkpoints, id, reading)));
    if (saved === undefined) return undefined;
    const { settled, open } = saved.checkpoint;
    starts.set(id, open[0] ?? settled);
    return { parts: [...open, settled], fingerprint: saved.fingerprint };
  }

  function stateOf(source: FileSource): SourceState {
    const known = sources.find((state) => state.source.id === source.id);
    if (known !== undefined) return known;
    const position = starts.get(source.id) ?? fileStart;
    const start = { settled: { offset: position.offset, line: position.line }, open: [] };
    const tracker = createCheckpointTracker(start, isGrouped(settings) ? 0 : undefined);
    const state = { source, tracker, position, saved: '' };
    sources.push(state);
    return state;
  }

  // A file counts as begun only when all before it are done: a restart finds the last one through the first.
  async function saveAll(): Promise<void> {
    while (await saveFirst()) sources.shift();
  }

  /** Saves how far the first file is done; true where it is done to its end, and another one follows it. */
  async function saveFirst(): Promise<boolean> {
    const [state, next] = sources;
    if (state === undefined || checkpoints === undefined) return false;
    const checkpoint = state.tracker.checkpoint();
    const { settled, open } = checkpoint;
    const text = JSON.stringify(checkpoint);
    if (text !== state.saved && (await saveCheckpoint(checkpoint, state.source, { checkpoints, reading }))) {
      state.saved = text;
    }
    return next !== undefined && open.length === 0 && settled.offset >= state.position.offset;
  }

  let records: RememberedRecords | undefined;
  const save = oneAfterTheOther(() => saveAll().then(() => records?.saveFindings()));

  return {
    async *read(file, options) {
      const preset = await presetOf(environment);
      const { cwd, stdin, now, sleep } = context;
      const { note, warn } = messages;
      let open = 0;
      // Nobody can read a pipe again: at its end the calls that only the clock can complete are waited for.
      const lingerMs = ((options.settle ?? defaultSettle) + 1) * 1000;
      const lingers = (endedAt: number) => open > 0 && now() <= endedAt + lingerMs;
      const io = { cwd, stdin, signal, now, sleep, note, warn, lingers, checkpoint: checkpointOf };
      const table = await followFile(file, inputOptions(environment, preset), io);
      records = await readRemembering(
        table,
        { options: { ...options, preset, start: fileStart, isEntered: true }, note },
        { file, cwd, checkpoints, isUnattended: false },
      );
      /** Whether nothing waits for more: then the delivery need not hear that there was nothing more. */
      let isFlushed = true;
      for await (const { entries, next, caughtUp, open: unsettled = 0 } of followedLinks(
        records,
        file,
        environment,
      )) {
        open = unsettled;
        if (next?.source !== undefined) {
          const state = stateOf(next.source);
          // Before its first row is sent: a file that is rotated while nobody follows it is known as the one to go on with.
          if (state === sources[0] && state.saved === '') await save();
          state.tracker.read(entries, state.position, next);
          state.position = next;
        }
        const flush = caughtUp === true;
        if (entries.length > 0 || !isFlushed) yield { entries, endless: true, flush };
        isFlushed = flush;
      }
    },
    record(outcomes) {
      for (const { tracker } of sources) tracker.record(outcomes);
    },
    save,
  };
}

/** Has a piece of work done once more each time it is asked for, never twice at once: reading and sending both ask. */
function oneAfterTheOther(work: () => Promise<void>): () => Promise<void> {
  let doing = Promise.resolve();
  return () => {
    doing = doing.catch(() => undefined).then(work);
    return doing;
  };
}

/** How many calls are kept; those beyond wait for the next start, as they do without. */
const mostKept = 10_000;

/** How often it is looked whose time has come, in milliseconds. */
const lookMs = 1000;

/** The ledger counts in seconds: a call is offered a second later than it must be, in milliseconds. */
const graceMs = 1000;

/** Calls that the service could not take yet, kept by a run without an end so that it can try them again. */
interface WaitingCalls {
  /** Keeps the calls that wait; gives the other outcomes, which are the last ones of their records. */
  readonly record: (outcomes: readonly Outcome[]) => readonly Outcome[];
  /** The calls whose next try is due, until the signal aborts. */
  readonly due: (signal: AbortSignal) => AsyncGenerator<EntryBatch>;
}

interface Kept {
  readonly entry: CallEntry;
  readonly tries: number;
  /** Milliseconds since 1970; never, while it is being tried. */
  readonly dueAt: number;
}

/** Makes the waiting calls of a run; they are tried by the pauses that the ledger keeps too. */
function createWaitingCalls({ now, sleep }: Pick<Context, 'now' | 'sleep'>): WaitingCalls {
  const kept = new Map<Origin, Kept>();

  function isKept({ status, call, origin }: Outcome): boolean {
    const known = kept.get(origin);
    const waits = status === 'waiting' && call !== undefined && (known !== undefined || kept.size < mostKept);
    if (!waits) {
      kept.delete(origin);
      return false;
    }
    const tries = (known?.tries ?? 0) + 1;
    kept.set(origin, { entry: { call, origin }, tries, dueAt: now() + pauseAfter(tries) * 1000 + graceMs });
    return true;
  }

  function takeDue(): readonly CallEntry[] {
    const due = [...kept].filter(([, { dueAt }]) => dueAt <= now());
    for (const [origin, one] of due) kept.set(origin, { ...one, dueAt: Number.POSITIVE_INFINITY });
    return due.map(([, { entry }]) => entry);
  }

  return {
    record: (outcomes) => outcomes.filter((outcome) => !isKept(outcome)),
    async *due(signal) {
      while (!signal.aborted) {
        await sleep(lookMs, signal);
        const entries = signal.aborted ? [] : takeDue();
        if (entries.length > 0) yield { entries, endless: true, flush: true };
      }
    },
  };
}
