// A run of sending, from entries to outcomes.

import { groupBy } from '../core/group.js';
import type { ClaimPolicy } from '../core/ledger.js';
import type { CallEntry, Outcome } from '../core/outcome.js';
import { begin, follow, isUnderWay } from './calls-under-way.js';
import { type Chunker, createChunker } from './chunker.js';
import { askLedger, notSent, openOf, repeated } from './claim-answers.js';
import {
  changed,
  type DeliveryRun,
  fail,
  newRun,
  ring,
  type ShownWait,
  shownWait,
  stopOf,
  whyNotSent,
} from './delivery-run.js';
import type { Stop } from './health.js';
import type { DeliveryBatch, DeliveryDeps, DeliveryOptions } from './options.js';
import { newRequest } from './request.js';
import { lookAtEnd, lookLater } from './unconfirmed-calls.js';
import { abandon, countErrors, tell } from './verdicts.js';
import { put, takeAll } from './work-list.js';
import { work } from './worker.js';

/** A run of sending: its outcomes as they are known, and its state. */
export interface Delivery {
  /** One outcome for every entry that was read, in the order in which they became known; to be read once. */
  readonly outcomes: AsyncIterable<readonly Outcome[]>;
  readonly requests: () => number;
  readonly retries: () => number;
  /** Sends nothing more: the outcomes cannot be reported. */
  readonly cancel: (error: unknown) => void;
  /** Why the run ended early, if it did. */
  readonly stop: () => Stop | undefined;
  /** What it waits for; undefined while requests leave. */
  readonly wait: () => ShownWait | undefined;
}

/**
 * Sends calls and reports what became of each: what the ledger knows is not sent, the rest goes in chunks, several
 * at a time, no faster than the rate. When the run is stopped, what is still read is `unsent`; when the user
 * interrupts it, reading ends and the requests in flight are waited for.
 *
 * @throws through `outcomes` the UserError of a ledger or file that fails
 */
export function deliver(
  batches: AsyncIterable<DeliveryBatch>,
  options: DeliveryOptions,
  deps: DeliveryDeps,
): Delivery {
  const run = newRun(options, deps);
  deliverAll(run, batches)
    .catch((error: unknown) => fail(run, error))
    .finally(() => run.outcomes.close(run.failure));
  return {
    outcomes: run.outcomes.items(),
    requests: () => run.health.requests,
    retries: () => run.health.retries,
    cancel: (error) => fail(run, error),
    stop: () => stopOf(run),
    wait: () => shownWait(run),
  };
}

/** What was read before the input broke is sent all the same. */
async function deliverAll(run: DeliveryRun, batches: AsyncIterable<DeliveryBatch>): Promise<void> {
  const { options, deps } = run;
  const chunker = createChunker(options.chunkSize, deps.destination.budgets);
  const startWorkers = () => Array.from({ length: options.concurrency }, () => work(run));
  const workers = startWorkers();
  await read(run, batches, chunker).catch((error: unknown) => {
    run.failure ??= error;
  });
  for (const chunk of chunker.flush()) await start(run, chunk);
  run.isClosed = true;
  ring(run);
  await Promise.all(workers);
  while (await lookAtEnd(run)) await Promise.all(startWorkers());
  for (let rest = takeAll(run); rest.length > 0; rest = takeAll(run)) {
    for (const request of rest) await abandon(run, request);
  }
}

async function start(run: DeliveryRun, chunk: readonly CallEntry[]): Promise<void> {
  const request = newRequest(chunk);
  if (!(await put(run, request))) await abandon(run, request);
}

async function read(
  run: DeliveryRun,
  batches: AsyncIterable<DeliveryBatch>,
  chunker: Chunker,
): Promise<void> {
  for await (const { entries, flush } of untilHalted(batches, run)) {
    const outcomes = entries.filter((entry) => 'status' in entry);
    countErrors(run, outcomes.filter(({ status }) => status === 'invalid').length);
    await tell(run, outcomes);
    const calls = entries.flatMap((entry) => ('status' in entry ? [] : entry));
    for (const group of groupBy(calls, ({ call }) => call.account_id).values()) {
      for (const chunk of chunker.add(await findNew(run, group))) await start(run, chunk);
    }
    const isHeldBack = () => run.calls.late > mostLate;
    if (flush === true || isHeldBack()) for (const chunk of chunker.flush()) await start(run, chunk);
    while (isHeldBack() && !run.halted.aborted) await changed(run);
  }
}

/** So many rows may wait for a call that is under way; a log that gives all its calls one uuid is held back. */
const mostLate = 10_000;

/**
 * Finds the calls of one account that are to be sent. What the ledger knows needs no place in a chunk, and is told: what
 * earlier runs left open is no error of this one, for it could never be passed.
 */
async function findNew(run: DeliveryRun, read: readonly CallEntry[]): Promise<readonly CallEntry[]> {
  const { calls } = run;
  const group = await asKnown(run, read);
  // The ledger does not know yet what will become of what is under way.
  const asked = await startedOf(run, group, ({ call }) => !isUnderWay(calls, call));
  try {
    if (!run.halted.aborted) {
      const sorted = await askLedger(run, 'lookup', asked);
      await tell(run, sorted.known);
      await lookLater(run, await startedOf(run, sorted.unconfirmed, (entry) => begin(calls, entry)));
      return await startedOf(run, openOf(sorted), (entry) => begin(calls, entry));
    }
  } catch (error) {
    fail(run, error);
  }
  await tell(run, await notSent(run, asked, whyNotSent(run)));
  return [];
}

/** The entries of one account, each under the uuid by which the ledger knows it: it may have been sent with a former one. */
async function asKnown(run: DeliveryRun, entries: readonly CallEntry[]): Promise<readonly CallEntry[]> {
  if (run.halted.aborted || entries.every(({ formerUuid }) => formerUuid === undefined)) return entries;
  const former = entries.flatMap(({ call, formerUuid }) =>
    formerUuid === undefined ? [] : { ...call, uuid: formerUuid },
  );
  try {
    const claims = await run.deps.ledger.lookup(former, nothingAgain);
    const sent = new Set(former.filter((_, at) => claims[at] !== 'ours').map(({ uuid }) => uuid));
    if (sent.size === 0) return entries;
    return entries.map((entry) => {
      const { call, formerUuid: uuid } = entry;
      return uuid !== undefined && sent.has(uuid) ? { ...entry, call: { ...call, uuid } } : entry;
    });
  } catch (error) {
    fail(run, error);
    return entries;
  }
}

/** What a look-up goes by that only asks whether a call is known. */
const nothingAgain: ClaimPolicy = { accepted: false, unconfirmed: false, changed: false };

/** The calls whose uuid is new in this run. Another row with one that is under way is a repetition, or belongs to its call. */
async function startedOf(
  run: DeliveryRun,
  entries: readonly CallEntry[],
  isNew: (entry: CallEntry) => boolean,
): Promise<readonly CallEntry[]> {
  if (run.options.repeated?.size === 0) return entries;
  const started = entries.filter(isNew);
  if (started.length === entries.length) return started;
  const isStarted = new Set(started);
  const later = entries.filter((entry) => !isStarted.has(entry));
  if (!run.calls.joinsRows) {
    // The call that it repeats is under way: this is not its outcome.
    await run.outcomes.put(later.map(repeated));
    return started;
  }
  for (const entry of later) follow(run.calls, entry);
  return started;
}

/**
 * Passes batches on until the user interrupts, or until the run is halted while its source may never end.
 * A source that is waiting for its next bytes at that moment is left behind, not waited for.
 */
async function* untilHalted(
  batches: AsyncIterable<DeliveryBatch>,
  { halted, deps: { interrupt } }: DeliveryRun,
): AsyncGenerator<DeliveryBatch> {
  const source = batches[Symbol.asyncIterator]();
  let endless = false;
  let leave: (() => void) | undefined;
  const isOver = () => (endless ? halted : interrupt).aborted;
  const wake = () => isOver() && leave?.();
  for (const signal of [interrupt, halted]) signal.addEventListener('abort', wake);
  try {
    while (!isOver()) {
      // No Promise.race: what is raced against a promise that lives as long as the run is kept as long.
      const read = await new Promise<IteratorResult<DeliveryBatch> | undefined>((resolve, reject) => {
        leave = () => resolve(undefined);
        source.next().then(resolve, reject);
      });
      if (read === undefined) break;
      if (read.done === true) return;
      endless = read.value.endless === true;
      yield read.value;
    }
  } finally {
    source.return?.().catch(() => undefined); // it may never answer, and nobody waits for it
    for (const signal of [interrupt, halted]) signal.removeEventListener('abort', wake);
  }
}
