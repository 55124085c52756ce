import type { Outcome } from '../../src/core/outcome.js';
import type { SendResult } from '../../src/core/send-result.js';
import { count, emptyTally } from '../../src/core/summary.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryBatch, DeliveryOptions } from '../../src/delivery/options.js';
import { newSqlitePlace, processOf, runOf } from '../ledger/engines.js';
import { batchesOf, createClock, createDice, entryOf, policy } from './world.js';

export const accepted = (uuids: readonly string[]): SendResult => ({
  kind: 'answered',
  verdicts: { accepted: new Set(uuids), rejected: new Map(), unknownUuids: [] },
});
export const refused: SendResult = { kind: 'refused', reason: 'HTTP 400', tooLarge: false };

/** A service, and who sends there. */
interface Played {
  readonly count?: number;
  /** `at`: seconds since the run began. */
  readonly answer: (uuids: readonly string[], at: number) => SendResult | Promise<SendResult>;
  readonly special?: Partial<DeliveryOptions>;
  /** When somebody lifts the pause that the ledger keeps, in seconds since it began. */
  readonly resumedAt?: number;
  /** When the user ends the run, in seconds since it began. */
  readonly interruptedAt?: number;
}

/** Sends calls to a service of this temper; gives what was told, and what the ledger knows then. */
export async function play({
  count: calls = 40,
  answer,
  special,
  resumedAt = Number.POSITIVE_INFINITY,
  interruptedAt = Number.POSITIVE_INFINITY,
}: Played) {
  const clock = createClock();
  const start = clock.now();
  const place = await newSqlitePlace();
  const run = await runOf(place, 'it', { ...clock, isEndless: special?.onTrouble === 'wait' });
  const interrupting = new AbortController();
  const notes: string[] = [];
  let requests = 0;
  const entries = Array.from({ length: calls }, (_, at) => entryOf(`${at}`));
  const delivery = deliver(
    special?.onTrouble === 'wait' ? endlessly(batchesOf(entries), interrupting.signal) : batchesOf(entries),
    { ...policy, chunkSize: 10, concurrency: 2, ...special },
    {
      now: clock.now,
      async sleep(...pause) {
        await clock.sleep(...pause);
        if (clock.now() - start >= interruptedAt * 1000) interrupting.abort('SIGTERM');
      },
      ledger: {
        ...run,
        pausedUntil: async () => (clock.now() - start >= resumedAt * 1000 ? 0 : run.pausedUntil()),
      },
      random: createDice(1),
      interrupt: interrupting.signal,
      note: (text) => notes.push(text),
      warn: (text) => notes.push(text),
      destination: {
        budgets: [],
        async send(sent) {
          requests += 1;
          if (requests > 5000) throw new Error('far too many requests');
          return answer(
            sent.map(({ uuid }) => uuid),
            (clock.now() - start) / 1000,
          );
        },
      },
    },
  );
  const outcomes: Outcome[] = [];
  for await (const batch of delivery.outcomes) {
    outcomes.push(...batch);
    if (special?.onTrouble === 'wait' && outcomes.length === calls) interrupting.abort('SIGTERM');
  }
  const { history } = await processOf(place, 'reader', clock);
  const known = await history.findCalls(entries.map(({ call }) => call.uuid));
  const { counts } = count(emptyTally, outcomes);
  const seconds = (clock.now() - start) / 1000;
  return { outcomes, counts, notes, requests, stop: delivery.stop(), known, seconds };
}

async function* endlessly(
  batches: AsyncIterable<DeliveryBatch>,
  end: AbortSignal,
): AsyncGenerator<DeliveryBatch> {
  for await (const batch of batches) yield { ...batch, endless: true, flush: true };
  await new Promise((resolve) => end.addEventListener('abort', resolve));
}

/** What `follow` does about a service in trouble. */
export const follow: Partial<DeliveryOptions> = { onTrouble: 'wait' };
