import { exitCodes } from '../core/errors.js';
import type { CallEntry, Entry, Outcome } from '../core/outcome.js';
import { createBoundedQueue } from './bounded-queue.js';
import { createChunker } from './chunker.js';
import { createOutage } from './circuit-breaker.js';
import { claimPolicy, notSent, reportChanges, sortByClaim } from './claims.js';
import type { DeliveryDeps, DeliveryOptions, EntryBatch } from './options.js';
import { createRunState, type RunState, type Stop } from './run-state.js';
import { createSendChunk } from './send-chunk.js';

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
}

/**
 * Sends calls and reports what became of each: what the ledger knows is not sent, the rest goes in chunks, several
 * at a time, no faster than the rate. When the run is stopped, what is still read is `unsent`; when the user
 * interrupts it, reading ends and the requests in flight are waited for.
 *
 * @throws through `outcomes` the UserError of a ledger or file that fails
 */
export function deliver(
  batches: AsyncIterable<EntryBatch>,
  options: DeliveryOptions,
  deps: DeliveryDeps,
): Delivery {
  const state = createRunState(deps.interrupt, options.waitForService ? createOutage(deps) : undefined);
  const queue = createBoundedQueue<readonly Outcome[]>(options.concurrency + 4);
  const sendChunk = createSendChunk(options, deps, state);
  const chunker = createChunker({ calls: options.chunkSize, budgets: deps.destination.budgets });
  const running = new Set<Promise<void>>();
  const lookUp = createLookup(options, deps, state);
  const errors = createErrorLimit(options.maxErrors);

  /** What earlier runs left open is no error of this one: it could never be passed. */
  async function emitKnown(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length > 0) await queue.put(outcomes);
  }

  async function emit(outcomes: readonly Outcome[]): Promise<void> {
    if (errors.reached(outcomes)) state.halt(errors.stop());
    await emitKnown(outcomes);
  }

  async function start(chunk: readonly CallEntry[]): Promise<void> {
    while (running.size >= options.concurrency) await Promise.race(running);
    const task: Promise<void> = sendChunk(chunk, emit)
      .catch(state.fail)
      .finally(() => running.delete(task));
    running.add(task);
  }

  async function read(): Promise<void> {
    for await (const { entries, flush } of untilHalted(batches, state, deps.interrupt)) {
      await emit(entries.filter((entry) => entry.call === undefined));
      for (const group of byAccount(entries)) {
        const { calls, outcomes } = await lookUp(group);
        await emitKnown(outcomes);
        for (const chunk of chunker.add(calls)) await start(chunk);
      }
      if (flush === true) for (const chunk of chunker.flush()) await start(chunk);
    }
  }

  /** What was read before the input broke is sent all the same. */
  async function run(): Promise<void> {
    await read().catch(state.inputFailed);
    for (const chunk of chunker.flush()) await start(chunk);
    await Promise.all(running);
  }

  run()
    .catch(state.fail)
    .finally(() => queue.close(state.failure()));
  return {
    outcomes: queue.items(),
    requests: state.requests,
    retries: state.retries,
    cancel: state.fail,
    stop: state.stop,
  };
}

/** Asks the ledger first: what it knows needs no place in a chunk. */
function createLookup(options: DeliveryOptions, deps: DeliveryDeps, state: RunState) {
  const { ledger } = deps;
  const policy = claimPolicy(options, deps);
  const nothingSent = async (group: readonly CallEntry[]) => ({
    calls: [],
    outcomes: await notSent(group, state.whyNotSent(), deps, policy),
  });
  return async (group: readonly CallEntry[]) => {
    if (state.halted.aborted) return nothingSent(group);
    try {
      const asked = group.map(({ call }) => call);
      const claims = await ledger.lookup(asked, policy);
      const { ours, busy, known, changed, correctable } = sortByClaim(group, claims, deps);
      const others = [...busy, ...correctable.map(({ entry }) => entry)];
      const reported = await reportChanges(changed, deps);
      return {
        calls: others.length === 0 ? ours : [...ours, ...others],
        outcomes: reported.length === 0 ? known : [...known, ...reported],
      };
    } catch (error) {
      state.fail(error);
      return nothingSent(group);
    }
  };
}

/**
 * Passes batches on until the user interrupts, or until the run is halted while its source may never end.
 * A source that is waiting for its next bytes at that moment is left behind, not waited for.
 */
async function* untilHalted(
  batches: AsyncIterable<EntryBatch>,
  state: RunState,
  interrupt: AbortSignal,
): AsyncGenerator<EntryBatch> {
  const source = batches[Symbol.asyncIterator]();
  let endless = false;
  let leave: (() => void) | undefined;
  const isOver = () => (endless ? state.halted : interrupt).aborted;
  const wake = () => isOver() && leave?.();
  for (const signal of [interrupt, state.halted]) signal.addEventListener('abort', wake);
  try {
    while (!isOver()) {
      // No Promise.race: what is raced against a promise that lives as long as the run is kept as long.
      const read = await new Promise<IteratorResult<EntryBatch> | undefined>((resolve, reject) => {
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
    for (const signal of [interrupt, state.halted]) signal.removeEventListener('abort', wake);
  }
}

function byAccount(entries: readonly Entry[]): Iterable<readonly CallEntry[]> {
  const groups = new Map<string, CallEntry[]>();
  for (const entry of entries) {
    if (entry.call === undefined) continue;
    const group = groups.get(entry.call.account_id);
    if (group === undefined) groups.set(entry.call.account_id, [entry]);
    else group.push(entry);
  }
  return groups.values();
}

/** Statuses that `--max-errors` counts. */
const failures: ReadonlySet<Outcome['status']> = new Set(['rejected', 'invalid', 'unconfirmed']);

function createErrorLimit(limit: number | undefined) {
  let count = 0;
  return {
    reached(outcomes: readonly Outcome[]): boolean {
      count += outcomes.filter(({ status }) => failures.has(status)).length;
      return limit !== undefined && count >= limit;
    },
    stop: (): Stop => ({
      message: `stopped: ${count} not accepted (--max-errors ${limit})`,
      hint: 'Look at the reasons and fix what can be fixed, then run the same command again: it sends what is left.',
      exit: exitCodes.notAllAccepted,
    }),
  };
}
