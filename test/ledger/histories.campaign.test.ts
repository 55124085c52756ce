import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import type { Settlement } from '../../src/core/ledger.js';
import { entryOf } from '../delivery/world.js';
import { seeds, size } from '../setup/campaign.js';
import { sharedPostgres, startPostgres } from '../setup/postgres.js';
import { engines, type Place, runOf, testClock } from './engines.js';

/*
 * Histories of processes of two hosts that share a ledger: they claim, send, lose answers, sleep until others take them for
 * dead, die, are followed by others, forget, and have clocks that are hours off; the database is killed and starts again. A
 * model knows what the service has.
 */

const processes = 2;
const uuids = ['a'];

/** What the service, or the way to it, makes of one call. `taken`: the service has it. */
const fates = [
  'accepted',
  'lost, taken',
  'lost, not taken',
  'rejected',
  'not received',
  'given up',
  'no contact yet',
] as const;

/** The acts of a process, and how often each is chosen. */
const acts = { claim: 6, send: 4, answer: 4, sleep: 3, wake: 4, die: 1, forget: 1, clock: 1, restart: 1 };

const step = fc.record({
  process: fc.nat(processes - 1),
  uuid: fc.constantFrom(...uuids),
  act: fc.oneof(...Object.entries(acts).map(([act, weight]) => ({ arbitrary: fc.constant(act), weight }))),
  resend: fc.boolean(),
  fate: fc.constantFrom('accepted', 'accepted', 'accepted', ...fates),
  hours: fc.constantFrom(-3, 0, 3),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
type Fate = (typeof fates)[number];
type Run = Awaited<ReturnType<typeof runOf>>;

interface Process {
  readonly name: string;
  readonly run: Run;
  /** Milliseconds that its clock is ahead. */
  readonly clock: { ahead: number };
  /** Others take it for dead, though it lives. */
  asleep: boolean;
  /** Calls that it claimed and did not settle: sent with a fate, or not yet. */
  readonly claimed: Map<string, Fate | 'not sent' | 'held'>;
}

/** What the service has, and what may have been sent twice since somebody wished so. */
interface Model {
  readonly taken: Map<string, number>;
  readonly allowed: Map<string, number>;
  /** Accepted, and the verdict is in the ledger. */
  readonly known: Set<string>;
}

const add = (counts: Map<string, number>, uuid: string) => counts.set(uuid, (counts.get(uuid) ?? 0) + 1);
const isTaken = (fate: Fate) => fate === 'accepted' || fate === 'lost, taken';

const settlementOf: Record<Fate, Settlement['state'] | 'held'> = {
  accepted: 'accepted',
  'lost, taken': 'unconfirmed',
  'lost, not taken': 'unconfirmed',
  rejected: 'rejected',
  'not received': 'held',
  'given up': 'unsent',
  'no contact yet': 'waiting',
};

/** Where a history plays. `restart` kills the database and starts it again. */
interface World extends Place {
  readonly restart: () => Promise<void>;
}

async function play({ open, restart }: World, account: string, steps: readonly Step[]): Promise<void> {
  const world = { now: testClock(), names: 0 };
  const sleeping = new Set<string>();
  const dead = new Set<string>();
  const model: Model = { taken: new Map(), allowed: new Map(), known: new Set() };
  const callOf = (uuid: string) => entryOf(uuid, account).call;

  const begun: Run[] = [];
  async function begin(): Promise<Process> {
    const name = `${account} ${world.names++}`;
    const clock = { ahead: 0 };
    const run = await runOf({ open }, name, {
      now: () => world.now + clock.ahead,
      isPatient: true,
      seeProcess: (other) =>
        dead.has(other) || sleeping.has(other) ? 'gone' : hostOf(other) === hostOf(name) ? 'alive' : 'unseen',
    });
    begun.push(run);
    return { name, run, clock, asleep: false, claimed: new Map() };
  }

  const hostOf = (name: string) => Number(name.split(' ').at(-1)) % 2;
  const alive: Process[] = [];
  for (let at = 0; at < processes; at++) alive.push(await begin());

  async function claim(one: Process, uuid: string, resend: boolean): Promise<void> {
    // What is under way in a run is not claimed by it again.
    if (one.claimed.has(uuid) && one.claimed.get(uuid) !== 'held') return;
    const policy = { accepted: false, unconfirmed: resend, changed: false };
    const [answer] = await one.run.claim([callOf(uuid)], policy);
    if (model.known.has(uuid)) expect(['accepted', 'repeated']).toContain(answer);
    if (answer !== 'ours') return;
    // Whoever resends what the service may have wishes it to be sent once more.
    if (resend && model.taken.has(uuid)) add(model.allowed, uuid);
    one.claimed.set(uuid, 'not sent');
  }

  async function send(one: Process, uuid: string, fate: Fate): Promise<void> {
    if (one.claimed.get(uuid) !== 'not sent') return;
    const lost = await one.run.confirmClaims(account, [uuid]);
    if (lost.length > 0) {
      one.claimed.delete(uuid);
      return;
    }
    one.claimed.set(uuid, fate);
    if (!isTaken(fate)) return;
    add(model.taken, uuid);
    expect(model.taken.get(uuid)).toBeLessThanOrEqual(1 + (model.allowed.get(uuid) ?? 0));
  }

  async function answer(one: Process, uuid: string): Promise<void> {
    const fate = one.claimed.get(uuid);
    if (fate === undefined || fate === 'not sent' || fate === 'held') return;
    const state = settlementOf[fate];
    const lost = await one.run.settle(account, [{ uuid, state }]);
    if (state === 'accepted') {
      expect(lost).toEqual([]);
      model.known.add(uuid);
    }
    if (state === 'held' && lost.length === 0) one.claimed.set(uuid, 'held');
    else one.claimed.delete(uuid);
  }

  async function forget(one: Process): Promise<void> {
    await one.run.store.history.forget(world.now / 1000 + 86_400);
    for (const uuid of model.known) add(model.allowed, uuid);
    model.known.clear();
    // What was rejected, or found by nobody, may be forgotten too: it was not taken.
  }

  for (const { process, uuid, act, resend, fate, hours } of steps) {
    const one = alive[process];
    if (one === undefined) continue;
    world.now += 1000;
    if (act === 'wake' && one.asleep) {
      one.asleep = false;
      // The heartbeat that it writes before it does anything else lets others see it again.
      await one.run.confirmClaims(account, []);
      sleeping.delete(one.name);
    } else if (one.asleep) continue;
    else if (act === 'claim') await claim(one, uuid, resend);
    else if (act === 'send') for (const claimed of one.claimed.keys()) await send(one, claimed, fate);
    else if (act === 'answer') for (const claimed of one.claimed.keys()) await answer(one, claimed);
    else if (act === 'clock') one.clock.ahead = hours * 3_600_000;
    else if (act === 'forget') await forget(one);
    else if (act === 'restart') await restart();
    else if (act === 'sleep') {
      one.asleep = true;
      sleeping.add(one.name);
      world.now += 200_000;
    } else if (act === 'die') {
      dead.add(one.name);
      alive[process] = await begin();
    }
  }

  // All die; one comes and sends what is left: then the service has all of them, and none more often than was wished.
  for (const { name } of alive) dead.add(name);
  world.now += 3 * 86_400_000;
  const last = await begin();
  for (const uuid of uuids) {
    await claim(last, uuid, true);
    await send(last, uuid, 'accepted');
    await answer(last, uuid);
    expect(model.taken.get(uuid)).toBeGreaterThanOrEqual(1);
  }
  const found = await last.run.store.history.findCalls(uuids);
  const states = found.filter((call) => call.account === account).map(({ uuid, state }) => [uuid, state]);
  expect(states).toEqual(uuids.map((uuid) => [uuid, 'accepted']));
  // A server has connections for a few histories only.
  for (const { store } of begun) await store.close();
}

const server = sharedPostgres();
const sizes: Readonly<Record<string, number>> = { SQLite: size(75, 2000), PostgreSQL: size(4, 200) };

test.each(
  seeds.flatMap((seed) => engines.filter(({ isHere }) => isHere).map((engine) => ({ ...engine, seed }))),
)(
  'any history of processes leaves each call with the service, once unless it was to be sent again ($name, seed $seed)',
  async ({ name, newPlace, seed }) => {
    // A server of its own: the one of all tests is not to be killed.
    const own = name === 'PostgreSQL' ? await startPostgres() : undefined;
    if (own !== undefined) onTestFinished(own.stop);
    const { open } = await newPlace(own === undefined ? server : async () => own);
    const restart = async () => {
      await own?.kill();
      await own?.start();
    };
    let accounts = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60, size: 'max' }), (steps) =>
        play({ open, restart }, `${++accounts}`, steps),
      ),
      // A history that fails leaves its connections open: shrinking it would use up those of the server.
      { numRuns: sizes[name] ?? 1, seed, endOnFailure: true },
    );
  },
  1_800_000,
);
