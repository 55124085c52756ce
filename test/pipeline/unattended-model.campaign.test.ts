import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { openLedgerStore } from '../../src/ledger/store.js';
import { createClock } from '../delivery/world.js';
import { calls, csv, workdir } from '../program/harness.js';
import { seeds, size } from '../setup/campaign.js';
import { type EndedHere, runHere } from '../setup/in-process.js';

/** What the service, or a power cut, does to one request. `taken`: the service keeps its calls. */
const acts = [
  'answers',
  'answers',
  'answers',
  'refuses every other',
  'loses the answer, taken',
  'loses the answer, not taken',
  'is busy',
  'dies, taken',
  'dies, not taken',
] as const;
type Act = (typeof acts)[number];

const isDeath = (act: Act) => act.startsWith('dies');

interface Step {
  /** So many rows the PBX writes before the run. */
  readonly rows: number;
  readonly acts: readonly Act[];
  readonly concurrency: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  rows: fc.nat(12),
  acts: fc.array(fc.constantFrom(...acts), { maxLength: 6 }),
  concurrency: fc.constantFrom(1, 1, 3),
});

/** What may be known of a call that has left: a verdict, or that none came. */
type Belief = 'accepted' | 'rejected' | 'unconfirmed';

/** calls/add by a script of acts, and what is to be believed of each call by what was answered. */
async function startService() {
  const script: Act[] = [];
  const beliefs = new Map<string, Belief>();
  const taken = new Map<string, number>();
  let die: () => void = () => undefined;

  function keep(uuids: readonly string[]): void {
    for (const uuid of uuids) taken.set(uuid, (taken.get(uuid) ?? 0) + 1);
  }

  function answer(uuids: readonly string[], response: ServerResponse): void {
    const act = script.shift() ?? 'answers';
    const refused = act === 'refuses every other' ? uuids.filter((_, at) => at % 2 === 1) : [];
    const accepted = uuids.filter((uuid) => !refused.includes(uuid));
    if (act === 'is busy') {
      response.writeHead(429, { 'retry-after': '1' }).end();
      return;
    }
    if (act !== 'loses the answer, not taken' && act !== 'dies, not taken') keep(accepted);
    const isLost = act !== 'answers' && act !== 'refuses every other';
    for (const uuid of uuids)
      beliefs.set(uuid, isLost ? 'unconfirmed' : refused.includes(uuid) ? 'rejected' : 'accepted');
    const errors = Object.fromEntries(refused.map((uuid) => [uuid, ['no such user']]));
    if (isDeath(act)) die();
    else if (isLost) response.writeHead(500).end();
    else response.end(JSON.stringify({ response: { calls: { add: { success: accepted, errors } } } }));
  }

  const server = createServer(async (request: IncomingMessage, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const form = [...new URLSearchParams(Buffer.concat(parts).toString())];
    answer(
      form.flatMap(([name, value]) => (name.endsWith('[uuid]') ? [value] : [])),
      response,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    beliefs,
    taken,
    /** Does this to the next requests; resolves when it is time for the run to die. */
    play: (next: readonly Act[]) =>
      new Promise<'dead'>((resolve) => {
        script.splice(0, script.length, ...next);
        die = () => resolve('dead');
      }),
  };
}

/** Unattended runs over a log that grows, each of which reads on from where the last one has ended, or died. */
function createCron(cwd: string, url: string) {
  const clock = createClock();
  let runs = 0;
  return {
    clock,
    run(concurrency: number, ...more: readonly string[]): Promise<EndedHere> {
      runs += 1;
      const sending = ['--chunk-size', '3', '--rate', '0', '--retries', '1', '--timeout', '3600'];
      const words = ['import', 'calls.csv', '--unattended', '--concurrency', String(concurrency)];
      return runHere([...words, ...sending, '--ledger', 'ledger.db', ...more], {
        ...clock,
        cwd,
        env: { AMOCALLS_BASE_URL: url, AMOCALLS_CODE: 'c', AMOCALLS_KEY: 'key0', AMOCALLS_ACCOUNT_ID: '1' },
        processName: `run ${runs}`,
      });
    },
    async states(uuids: readonly string[]) {
      const who = { processName: 'reader', seeProcess: () => 'gone' as const };
      const store = await openLedgerStore(path.join(cwd, 'ledger.db'), { now: clock.now, ...who });
      const found = await store.history.findCalls(uuids);
      await store.close();
      return new Map(found.map(({ uuid, state }) => [uuid, state]));
    },
  };
}

async function playAll(steps: readonly Step[]): Promise<void> {
  const cwd = workdir({ 'calls.csv': csv([]) });
  const file = path.join(cwd, 'calls.csv');
  const service = await startService();
  const cron = createCron(cwd, service.url);
  const uuids: string[] = [];
  const told = new Set<string>();

  async function check(ended: EndedHere): Promise<void> {
    expect(ended.stderr).not.toContain('bug in amocalls');
    if (ended.code === 0) expect(ended.stderr).toBe('');
    for (const line of ended.stdout.split('\n').filter(Boolean)) {
      const { uuid, status } = JSON.parse(line);
      if (status !== 'rejected' && status !== 'unconfirmed') continue;
      expect([uuid, status, told.has(`${uuid} ${status}`)]).toEqual([uuid, status, false]);
      told.add(`${uuid} ${status}`);
    }
    const states = await cron.states(uuids);
    for (const uuid of uuids) {
      // What the service never got, or turned away, has left no trace.
      expect([uuid, states.get(uuid)]).toEqual([uuid, service.beliefs.get(uuid)]);
      expect([uuid, (service.taken.get(uuid) ?? 0) <= 1]).toEqual([uuid, true]);
    }
  }

  for (const { rows, acts: script, concurrency } of steps) {
    const fresh = calls(rows, `c${uuids.length}`);
    appendFileSync(file, csv(fresh).split('\n').slice(1).join('\n'));
    uuids.push(...fresh.map(([uuid]) => String(uuid)));
    await cron.clock.sleep(2 * 3_600_000);
    const death = service.play(script);
    // Who waits for the answer to its only request does nothing more, as the dead.
    const run = cron.run(script.some(isDeath) ? 1 : concurrency, '--output', 'ndjson');
    const ended = await Promise.race([run, death]);
    if (ended !== 'dead') await check(ended);
  }

  service.play([]);
  await cron.clock.sleep(2 * 3_600_000);
  await check(await cron.run(1, '--output', 'ndjson'));
  await cron.run(1, '--on-lost-answer', 'resend');
  for (const uuid of uuids) expect(['accepted', 'rejected']).toContain(service.beliefs.get(uuid));
  for (const [uuid, belief] of service.beliefs)
    expect([uuid, (service.taken.get(uuid) ?? 0) > 0]).toEqual([uuid, belief === 'accepted']);
  expect(await cron.run(1)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(uuids.length + 1);
}

test.each(seeds)(
  'any sequence of unattended runs over a log that grows leaves each call in the state that a simple model says (seed %i)',
  (seed) =>
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), playAll),
      // What fails is shown as it was played: shrinking plays for minutes.
      { numRuns: size(12, 80), seed, endOnFailure: true },
    ),
  600_000,
);
