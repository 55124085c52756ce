// Files that grow, as one job without an end; calls without a contact, offered again.

import path from 'node:path';
import type { Context } from '../context.js';
import { pauseAfter } from '../core/ledger.js';
import type { CallEntry, Entry, Origin, Outcome } from '../core/outcome.js';
import { LoopPause } from '../core/pause.js';
import { createBoundedQueue } from '../delivery/bounded-queue.js';
import type { DeliveryBatch } from '../delivery/options.js';
import { followFile, nothingAsked } from '../input/follow/follow.js';
import { defaultSettle } from '../records/open-calls.js';
import { Checkpointer, loadCheckpoints } from './checkpointer.js';
import type { Environment, ReadTarget } from './environment.js';
import { readRemembering } from './file-findings.js';
import { type InputJob, type KeptFile, keeping } from './input-job.js';
import { inputOptions, recordOptions } from './read-options.js';
import { linkRulesOf, withRecordings } from './recordings.js';

/** Batches of one file that wait for the sending at most: a busy service holds the reading back. */
const maxWaiting = 4;

/**
 * Opens files that grow as one job without an end: what is written now, then what is written next. How far each file on
 * the disk is done is kept in the ledger, so that a restart goes on from there, after a rotation too. Its batches throw a
 * UserError for a file that cannot be followed, a column or a zone that is missing.
 */
export function followFiles(
  environment: Environment,
  files: readonly string[],
  target: ReadTarget,
): InputJob {
  const ending = new AbortController();
  const signal = AbortSignal.any([environment.context.interrupt, ending.signal]);
  const waiting = new WaitingCalls(environment.context, signal);
  const queue = createBoundedQueue<DeliveryBatch>(maxWaiting);
  const kept: KeptFile[] = [];
  const { record, saveCheckpoints } = keeping(kept);

  async function put(batches: AsyncIterable<DeliveryBatch>): Promise<void> {
    for await (const batch of batches) {
      waiting.see(batch.entries);
      await queue.put(batch);
    }
  }

  async function* batches(): AsyncGenerator<DeliveryBatch> {
    const following = { target, signal, kept };
    Promise.all(files.map((file) => put(followOne(environment, file, following)))).then(
      () => queue.close(),
      (error: unknown) => queue.close(error),
    );
    put(waiting.due()).catch((error: unknown) => queue.close(error));
    yield* queue.items();
  }

  return {
    files,
    sources: [],
    batches: batches(),
    record(outcomes) {
      waiting.record(outcomes);
      record(outcomes);
    },
    saveCheckpoints,
    close: async () => ending.abort(),
    progress: () => ({}),
  };
}

interface Following {
  readonly target: ReadTarget;
  readonly signal: AbortSignal;
  /** Takes what is kept of this name. */
  readonly kept: KeptFile[];
}

/** The calls of one name, whatever files stand behind it one after the other. */
async function* followOne(
  environment: Environment,
  file: string,
  { target, signal, kept }: Following,
): AsyncGenerator<DeliveryBatch> {
  const { cwd, stdin, now, sleep } = environment.context;
  const { note, warn } = environment.messages;
  const { memory: place } = target;
  const asked = await recordOptions(environment, target.accountId);
  const full = path.resolve(cwd, file);
  const { table, takeChanges, ask } = await followFile(file, inputOptions(environment, asked.preset), {
    cwd,
    stdin,
    signal,
    now,
    sleep,
    note,
    warn,
    ...(place && { checkpoints: await loadCheckpoints(place, full) }),
    settleMs: (asked.settle ?? defaultSettle) * 1000,
  });
  const checkpointer = place && new Checkpointer(place, takeChanges);
  const options = { ...asked, isGrowing: true, isEntered: true, isFollowed: true };
  // Nobody starts it each minute: why a file is refused is told at each start.
  const records = await readRemembering(environment, table, {
    options,
    name: file,
    target: { ...target, isUnattended: false },
  });
  kept.push({ checkpointer, saveFindings: records.saveFindings });
  /** Whether nothing waits for more: then the delivery need not hear that there was nothing more. */
  let isFlushed = true;
  let isPaused = false;
  const linked = { file, rules: linkRulesOf(environment), isEndless: true };
  for await (const batch of withRecordings(environment, records, linked)) {
    const { entries, caughtUp: flush = false, demand = nothingAsked } = batch;
    ask(demand);
    if (demand.isFull && !isPaused) notePause(file, demand.dueAt, note);
    isPaused = demand.isFull || (isPaused && !flush);
    await checkpointer?.read(batch);
    if (entries.length > 0 || !isFlushed) yield { entries, endless: true, flush };
    isFlushed = flush;
  }
}

/** Says that a file is not read on. */
function notePause(file: string, dueAt: number, note: Environment['messages']['note']): void {
  const from = new Date(dueAt).toISOString().slice(11, 19);
  note(
    `${file}: very many calls are waiting for more rows or for recordings, so reading pauses`,
    `It goes on as they are completed, from ${from} UTC on.`,
  );
}

/** How many calls are kept; those beyond wait for the next start, as they do without. */
const mostKept = 10_000;

/** The ledger counts in seconds: a call is offered a second later than it must be, in milliseconds. */
const graceMs = 1000;

interface Kept {
  readonly entry: CallEntry;
  readonly tries: number;
  /** Milliseconds since 1970; never, while it is being tried. */
  readonly dueAt: number;
}

/** Calls that the service could not take yet, kept by a run without an end so that it can try them again. */
class WaitingCalls {
  readonly #now: Context['now'];
  readonly #pause: LoopPause;
  readonly #signal: AbortSignal;
  readonly #kept = new Map<Origin, Kept>();
  /** The calls as they were read, while anybody has their origins: an outcome does not say what of its call was merged. */
  readonly #entries = new WeakMap<Origin, CallEntry>();
  /** None of them is due before, in milliseconds since 1970. */
  #nextAt = Number.POSITIVE_INFINITY;

  constructor({ now, sleep }: Pick<Context, 'now' | 'sleep'>, signal: AbortSignal) {
    this.#now = now;
    this.#pause = new LoopPause({ sleep, signal });
    this.#signal = signal;
  }

  /** Calls are about to be sent. */
  see(entries: readonly Entry[]): void {
    for (const entry of entries) if (!('status' in entry)) this.#entries.set(entry.origin, entry);
  }

  /** Keeps the calls that wait; they are tried by the pauses that the ledger keeps too. */
  record(outcomes: readonly Outcome[]): void {
    const before = this.#nextAt;
    for (const { status, call, origin } of outcomes) {
      const known = this.#kept.get(origin);
      const entry = call && this.#entries.get(origin);
      const hasRoom = known !== undefined || this.#kept.size < mostKept;
      if (status !== 'waiting' || entry === undefined || !hasRoom) {
        this.#kept.delete(origin);
        continue;
      }
      const tries = (known?.tries ?? 0) + 1;
      const dueAt = this.#now() + pauseAfter(tries) * 1000 + graceMs;
      this.#kept.set(origin, { entry, tries, dueAt });
      this.#nextAt = Math.min(this.#nextAt, dueAt);
    }
    if (this.#nextAt < before) this.#pause.wake();
  }

  /** The calls whose next try is due, until the signal aborts. */
  async *due(): AsyncGenerator<DeliveryBatch> {
    try {
      while (!this.#signal.aborted) {
        const entries = this.#takeDue();
        if (entries.length > 0) yield { entries, endless: true, flush: true };
        await this.#pause.wait(Math.max(0, this.#nextAt - this.#now()));
      }
    } finally {
      this.#pause.close();
    }
  }

  #takeDue(): readonly CallEntry[] {
    const now = this.#now();
    if (now < this.#nextAt) return [];
    const due: CallEntry[] = [];
    let nextAt = Number.POSITIVE_INFINITY;
    for (const [origin, one] of this.#kept) {
      if (one.dueAt > now) {
        nextAt = Math.min(nextAt, one.dueAt);
        continue;
      }
      this.#kept.set(origin, { ...one, dueAt: Number.POSITIVE_INFINITY });
      due.push(one.entry);
    }
    this.#nextAt = nextAt;
    return due;
  }
}
