import { describe, expect, onTestFinished, test } from 'vitest';
import type { Outcome, Status } from '../../src/core/outcome.js';
import { deliver } from '../../src/delivery/deliver.js';
import type { DeliveryOptions } from '../../src/delivery/options.js';
import { openCallsAdd } from '../../src/destinations/calls-add/calls-add.js';
import type { ConnectionOptions, Destination } from '../../src/destinations/destination.js';
import { openV4 } from '../../src/destinations/v4/v4.js';
import type { ApiName } from '../../src/sandbox/api.js';
import { type Faults, faultTable } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.js';
import type { RequestEntry } from '../../src/sandbox/store.js';
import { newSqlitePlace, type Place, processOf, runOf } from '../ledger/engines.js';
import { seeds, size } from '../setup/campaign.js';
import { batchesOf, type Clock, createClock, createDice, entryOf, outcomesOf, policy } from './world.js';

/** What one destination of the suite is tried with: the same tests run over each. */
interface Api {
  readonly name: ApiName;
  readonly open: (sandbox: Sandbox, options: ConnectionOptions) => Promise<Destination>;
}

const apis: readonly Api[] = [
  {
    name: 'calls-add',
    open({ url: baseUrl, credentials: { code, key } }, options) {
      return openCallsAdd({ ...options, baseUrl, code, key });
    },
  },
  {
    name: 'v4',
    open({ url: baseUrl, credentials: { token } }, options) {
      return openV4({
        ...options,
        baseUrl,
        token,
        source: 'test',
        users: new Map([['101', 1]]),
        isInternal: (number) => number.length < 6,
        unknown: 'wait',
        unknownDirection: 'inbound',
        warn: () => undefined,
      });
    },
  },
];

const everyFaultOf = ({ name: api }: Api): Faults =>
  Object.fromEntries(faultTable.flatMap(({ name, apis }) => (apis.includes(api) ? [[name, 0.05]] : [])));
/** What stops a run at once. */
const stopping: ReadonlySet<string> = new Set(['301', '401', '402', '403', '403-html', '404', '405']);
const retryAfterSeconds = 3;
/** In a request; as many requests in a small campaign as in a full one would be too many. */
const chunkSize = size(20, 100);
/** Uuids of which many look like numbers, so that PHP's habits show. */
const uuids = Array.from({ length: size(1000, 5000) }, (_, at) => (at % 3 === 0 ? `${at}` : `u.${at}`));
const entries = uuids.map((uuid) => entryOf(uuid));

/** Answers to a request that the service surely did not take, whatever was in it. */
const turnedAway: ReadonlySet<number | null> = new Set([
  400, 401, 402, 403, 404, 405, 301, 413, 422, 429, 503,
]);

interface Sky {
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  readonly log: readonly { readonly entry: RequestEntry; readonly at: number }[];
  /** How often the service may have taken each uuid. */
  readonly taken: ReadonlyMap<string, number>;
  readonly run: (policy?: Partial<DeliveryOptions>, service?: Destination) => Promise<readonly Outcome[]>;
}

async function createSky(
  api: Api,
  seed: number,
  shape: Partial<DeliveryOptions>,
  faults: Faults,
): Promise<Sky> {
  const clock = createClock();
  const dice = createDice(seed);
  const log: { readonly entry: RequestEntry; readonly at: number }[] = [];
  const taken = new Map<string, number>();
  const sandbox = await startSandbox({
    api: api.name,
    now: clock.now,
    faults,
    seed,
    retryAfterSeconds,
    onRequest(entry) {
      log.push({ entry, at: clock.now() });
      if (turnedAway.has(entry.status)) return;
      for (const uuid of entry.uuids) taken.set(uuid, (taken.get(uuid) ?? 0) + 1);
    },
  });
  onTestFinished(() => sandbox.close());
  // On a busy machine a late answer is one more fault.
  const usual = await serviceOf(api, sandbox, clock, 300);
  const place = await newSqlitePlace();
  let runs = 0;
  async function run(special: Partial<DeliveryOptions> = {}, service = usual): Promise<readonly Outcome[]> {
    const ledger = await runOf(place, `process ${runs++}`, { ...clock, seeProcess: () => 'gone' });
    const world = { ...clock, ledger, destination: service, random: dice };
    const silent = () => undefined;
    const interrupt = new AbortController().signal;
    const delivery = deliver(
      batchesOf(entries),
      { ...policy, ...shape, ...special },
      { ...world, interrupt, note: silent, warn: silent },
    );
    const outcomes = await outcomesOf(delivery);
    await expectOneState(outcomes, place);
    return outcomes;
  }
  return { clock, sandbox, log, taken, run };
}

async function serviceOf(
  { open }: Api,
  sandbox: Sandbox,
  { now }: Clock,
  timeoutMs: number,
): Promise<Destination> {
  const { signal: interrupt } = new AbortController();
  const service = await open(sandbox, {
    env: {},
    userAgent: 'test',
    now,
    timeoutMs,
    concurrency: 4,
    interrupt,
  });
  onTestFinished(service.close);
  return service;
}

/** A rejected call that was to be sent again, and was not, is still rejected. */
const recorded: Readonly<Partial<Record<Status, readonly string[]>>> = {
  duplicate: ['accepted'],
  unsent: ['unsent', 'rejected'],
};

/** Every call has exactly one outcome, and the ledger says the same. */
async function expectOneState(outcomes: readonly Outcome[], place: Place): Promise<void> {
  expect(outcomes.length).toBe(uuids.length);
  expect(new Set(outcomes.map(({ uuid }) => uuid)).size).toBe(uuids.length);
  const { history } = await processOf(place, 'reader');
  const states = new Map((await history.findCalls(uuids)).map(({ uuid, state }) => [uuid, state]));
  const wrong = outcomes.filter(
    ({ uuid, status }) => !(recorded[status] ?? [status]).includes(states.get(uuid ?? '') ?? 'unsent'),
  );
  expect(wrong).toEqual([]);
}

/** Runs until nothing is unsent. Rejected calls alone may come more than once; who is unsent never came. */
async function sitOut(sky: Sky): Promise<readonly Outcome[]> {
  const rejected = new Set<string | null>();
  for (let runs = 1; runs < 500; runs++) {
    const outcomes = await sky.run();
    const wrong = outcomes.filter(({ uuid, status }) => {
      const times = rejected.has(uuid) ? 0 : (sky.taken.get(uuid ?? '') ?? 0);
      return times > 1 || (status === 'unsent' && times > 0);
    });
    expect(wrong).toEqual([]);
    for (const { uuid, status } of outcomes) if (status === 'rejected') rejected.add(uuid);
    if (outcomes.every(({ status }) => status !== 'unsent')) {
      expectAgreement(sky.sandbox, outcomes);
      return outcomes;
    }
  }
  throw new Error('five hundred runs, and still not done');
}

/** What was told is what the service wrote down. */
function expectAgreement(sandbox: Sandbox, outcomes: readonly Outcome[]): void {
  const queued = new Map(sandbox.calls().map(({ uuid, times }) => [uuid, times]));
  const wrong = outcomes.filter(({ uuid, status }) => {
    const times = queued.get(uuid ?? '') ?? 0;
    if (status === 'accepted' || status === 'duplicate') return times !== 1;
    return times > (status === 'unconfirmed' ? 1 : 0);
  });
  expect(wrong).toEqual([]);
}

/** No request came earlier than a 429 before it allowed. */
function expectPatience({ log }: Sky): void {
  const leastSeconds: Readonly<Record<string, number>> = {
    '429-json': retryAfterSeconds,
    '429-seconds': retryAfterSeconds,
    '429-date': retryAfterSeconds - 1, // a date has whole seconds
  };
  let notBefore = 0;
  let waits = 0;
  for (const { entry, at } of log) {
    expect(at).toBeGreaterThanOrEqual(notBefore);
    const least = leastSeconds[entry.fault ?? ''];
    if (least !== undefined) notBefore = at + least * 1000;
    if (least !== undefined) waits += 1;
  }
  expect(waits).toBeGreaterThan(2);
}

describe.each(apis)(
  'thousands of calls through $name while every fault strikes one request in twenty',
  (api) => {
    const everyFault = everyFaultOf(api);

    test.each(seeds)(
      'are each in one state, and the service agrees (seed %i)',
      async (seed) => {
        const sky = await createSky(api, seed, { chunkSize, concurrency: 1 }, everyFault);
        await sitOut(sky);
        expectPatience(sky);
        expect(sky.log.length).toBeGreaterThan(50);

        const clear = await startSandbox({
          api: api.name,
          now: sky.clock.now,
          faults: { reject: 0.05 },
          seed,
        });
        onTestFinished(() => clear.close());
        const calm = await serviceOf(api, clear, sky.clock, 10_000);
        const outcomes = await sky.run({ onLostAnswer: 'resend' }, calm);
        const statuses = new Set(outcomes.map(({ status }) => status));
        expect([...statuses].sort()).toEqual(['accepted', 'duplicate', 'rejected']);
      },
      300_000,
    );

    test.each(seeds)(
      'are so with four requests at a time as well (seed %i)',
      async (seed) => {
        const faults = Object.fromEntries(Object.entries(everyFault).filter(([name]) => !stopping.has(name)));
        expect(Object.keys(everyFault).length - Object.keys(faults).length).toBeGreaterThanOrEqual(5);
        const sky = await createSky(api, seed + 10, { chunkSize: chunkSize / 2, concurrency: 4 }, faults);
        const outcomes = await sitOut(sky);
        const statuses = new Set(outcomes.map(({ status }) => status));
        expect([statuses.has('duplicate'), statuses.has('unconfirmed')]).toEqual([true, true]);
      },
      300_000,
    );
  },
);
