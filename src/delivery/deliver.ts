import { exitCodes } from '../core/errors.js';
import type { CallEntry, Entry, Outcome } from '../core/outcome.js';
import { createChunker } from './chunk.js';
import type { Stop } from './ending.js';
import { claimPolicy, createJourney, notSent, sort } from './journey.js';
import { createMailbox } from './mailbox.js';
import type { DeliveryPolicy, DeliveryWorld, EntryBatch } from './options.js';
import { untilHalted } from './reading.js';
import { createStanding, type Standing } from './standing.js';

/** A run of sending: its outcomes as they are known, and how it stands. */
export interface Delivery {
  /** One outcome for every entry that was read, in the order in which they became known; to be read once. */
  readonly outcomes: AsyncIterable<readonly Outcome[]>;
  readonly requests: () => number;
  readonly retries: () => number;
  /** Sends nothing more: the result cannot be told. */
  readonly cancel: (error: unknown) => void;
  /** Why the run ended early, if it did. */
  readonly stop: () => Stop | undefined;
}

/**
 * Sends calls and tells what became of each: what the ledger knows is not sent, the rest goes in chunks, several
 * at a time, no faster than the pace. When the run is stopped, what is still read is `unsent`; when the user
 * interrupts it, reading ends and the requests in flight are waited for.
 *
 * @throws through `outcomes` the UserError of a ledger or file that fails
 */
export function deliver(
  batches: AsyncIterable<EntryBatch>,
  policy: DeliveryPolicy,
  world: DeliveryWorld,
): Delivery {
  const standing = createStanding(world.interrupt);
  const mailbox = createMailbox<readonly Outcome[]>(policy.concurrency + 4);
  const journey = createJourney(policy, world, standing);
  const chunker = createChunker({ calls: policy.chunkSize });
  const running = new Set<Promise<void>>();
  const look = createLook(policy, world, standing);
  const errors = createErrorLimit(policy.maxErrors);

  /** What earlier runs left open is no error of this one: it could never be passed. */
  async function tellKnown(outcomes: readonly Outcome[]): Promise<void> {
    if (outcomes.length > 0) await mailbox.put(outcomes);
  }

  async function tell(outcomes: readonly Outcome[]): Promise<void> {
    if (errors.reached(outcomes)) standing.halt(errors.stop());
    await tellKnown(outcomes);
  }

  async function start(chunk: readonly CallEntry[]): Promise<void> {
    while (running.size >= policy.concurrency) await Promise.race(running);
    const trip: Promise<void> = journey(chunk, tell)
      .catch(standing.fail)
      .finally(() => running.delete(trip));
    running.add(trip);
  }

  async function read(): Promise<void> {
    for await (const { entries } of untilHalted(batches, standing, world.interrupt)) {
      await tell(entries.filter((entry) => entry.call === undefined));
      for (const group of byAccount(entries)) {
        const { calls, outcomes } = look(group);
        await tellKnown(outcomes);
        for (const chunk of chunker.add(calls)) await start(chunk);
      }
    }
  }

  /** What was read before the input broke is sent all the same. */
  async function run(): Promise<void> {
    await read().catch(standing.inputFailed);
    for (const chunk of chunker.flush()) await start(chunk);
    await Promise.all(running);
  }

  run()
    .catch(standing.fail)
    .finally(() => mailbox.close(standing.failure()));
  return {
    outcomes: mailbox.items(),
    requests: standing.requests,
    retries: standing.repetitions,
    cancel: standing.fail,
    stop: standing.stop,
  };
}

/** Asks the ledger first: what it knows needs no place in a chunk. */
function createLook(policy: DeliveryPolicy, { ledger }: DeliveryWorld, standing: Standing) {
  return (group: readonly CallEntry[]) => {
    if (standing.halted.aborted) return { calls: [], outcomes: notSent(group, standing.reason(), ledger) };
    const uuids = group.map((entry) => entry.call.uuid);
    try {
      const claims = ledger.known(group[0]?.call.account_id ?? '', uuids, claimPolicy(policy));
      const { ours, busy, settled } = sort(group, claims);
      return { calls: busy.length === 0 ? ours : [...ours, ...busy], outcomes: settled };
    } catch (error) {
      standing.fail(error);
      return { calls: [], outcomes: notSent(group, standing.reason(), ledger) };
    }
  };
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

function createErrorLimit(most: number | undefined) {
  let count = 0;
  return {
    reached(outcomes: readonly Outcome[]): boolean {
      count += outcomes.filter(({ status }) => failures.has(status)).length;
      return most !== undefined && count >= most;
    },
    stop: (): Stop => ({
      message: `stopped: ${count} not accepted (--max-errors ${most})`,
      hint: 'Look at the reasons and mend what can be mended, then run the same command again: it does what is left.',
      exit: exitCodes.notAllAccepted,
    }),
  };
}
