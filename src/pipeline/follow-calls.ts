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
      await queue.put({ ...batch, entries: batch.entries.flatMap((entry) => waiting.withEarlier(entry)) });
    }
  }

  async function offerDue(): Promise<void> {
    for await (const entries of waiting.due()) await queue.put({ entries, endless: true, flush: true });
  }

  async function* batches(): AsyncGenerator<DeliveryBatch> {
    const following = { target, signal, kept };
    Promise.all(files.map((file) => put(followOne(environment, file, following)))).then(
      () => queue.close(),
      (error: unknown) => queue.close(error),
    );
    offerDue().catch((error: unknown) => queue.close(error));
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

/** A call that waits. */
interface Kept {
  /** As they were read, in this order: rows that came later are a part of the call that is to be sent first. */
  readonly entries: readonly CallEntry[];
  readonly tries: number;
  /** Milliseconds since 1970; never, while it is being tried. */
  readonly dueAt: number;
}

/** Calls that the service could not take yet, kept by a run without an end so that it can try them again. */
class WaitingCalls {
  readonly #now: Context['now'];
  readonly #pause: LoopPause;
  readonly #signal: AbortSignal;
  /** By account and uuid. */
  readonly #kept = new Map<string, Kept>();
  /** What was read, while anybody has its origin. */
  readonly #entries = new WeakMap<Origin, CallEntry>();
  /** None of them is due before, in milliseconds since 1970. */
  #nextAt = Number.POSITIVE_INFINITY;

  constructor({ now, sleep }: Pick<Context, 'now' | 'sleep'>, signal: AbortSignal) {
    this.#now = now;
    this.#pause = new LoopPause({ sleep, signal });
    this.#signal = signal;
  }

  /** An entry that is read, after what waits of its call: a part that came first would be taken for the call. */
  withEarlier(entry: Entry): readonly Entry[] {
    if ('status' in entry) return [entry];
    this.#entries.set(entry.origin, entry);
    return [...this.#take(keyOf(entry)), entry];
  }

  /** Keeps the calls that wait; they are tried when the ledger says so, or by the pauses that it keeps too. */
  record(outcomes: readonly Outcome[]): void {
    const before = this.#nextAt;
    for (const { status, call, origin, nextTry } of outcomes) {
      const entry = this.#entries.get(origin);
      if (entry === undefined) continue;
      const key = keyOf(entry);
      const { entries = [], tries = 0, dueAt = Number.POSITIVE_INFINITY } = this.#kept.get(key) ?? {};
      const others = entries.filter((one) => one.origin !== origin);
      const isFirst = others.length === 0 || entries[0]?.origin === origin;
      const hasRoom = entries.length > 0 || this.#kept.size < mostKept;
      if (status === 'waiting' && call !== undefined && hasRoom) {
        const next = nextTry === undefined ? this.#now() + pauseAfter(tries + 1) * 1000 : nextTry * 1000;
        const all = entries.length > others.length ? entries : [...entries, entry];
        this.#kept.set(key, { entries: all, tries: isFirst ? tries + 1 : tries, dueAt: next + graceMs });
        this.#nextAt = Math.min(this.#nextAt, next + graceMs);
      } else if (others.length > 0) this.#kept.set(key, { entries: others, tries, dueAt });
      else this.#kept.delete(key);
    }
    if (this.#nextAt < before) this.#pause.wake();
  }

  /** The calls whose next try is due, until the signal aborts. */
  async *due(): AsyncGenerator<readonly CallEntry[]> {
    try {
      while (!this.#signal.aborted) {
        const entries = this.#takeDue();
        if (entries.length > 0) yield entries;
        await this.#pause.wait(Math.max(0, this.#nextAt - this.#now()));
      }
    } finally {
      this.#pause.close();
    }
  }

  #takeDue(): readonly CallEntry[] {
    const now = this.#now();
    if (now < this.#nextAt) return [];
    const due = [...this.#kept].filter(([, { dueAt }]) => dueAt <= now).flatMap(([key]) => this.#take(key));
    this.#nextAt = [...this.#kept.values()].reduce(
      (earliest, { dueAt }) => Math.min(earliest, dueAt),
      Number.POSITIVE_INFINITY,
    );
    return due;
  }

  /** What waits of a call, to be tried now; nothing where it is being tried. */
  #take(key: string): readonly CallEntry[] {
    const kept = this.#kept.get(key);
    if (kept === undefined || kept.dueAt === Number.POSITIVE_INFINITY) return [];
    this.#kept.set(key, { ...kept, dueAt: Number.POSITIVE_INFINITY });
    return kept.entries;
  }
}

function keyOf({ call }: CallEntry): string {
  return `${call.account_id} ${call.uuid}`;
}
