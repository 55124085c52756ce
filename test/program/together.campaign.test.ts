import { beforeEach, describe, expect, test } from 'vitest';
import { size } from '../setup/campaign.js';
import { hasPostgres, noPostgres, sharedPostgres } from '../setup/postgres.js';
import { apis, calls, csv, type Ended, service, startProgram, workdir } from './harness.js';

const server = sharedPostgres();

/** Where calls go, and where that is remembered. */
const routes = [
  ...apis.map((api) => ({ name: api, api, inDatabase: false })),
  { name: 'calls-add with a ledger in PostgreSQL', api: 'calls-add', inDatabase: true },
] as const;
type Route = (typeof routes)[number];

/** A sandbox for one test, and the environment that leads to it and to the ledger. */
async function serviceOf({ api, inDatabase }: Route, latencyMs?: readonly [number, number]) {
  const { sandbox, env } = await service(latencyMs === undefined ? { api } : { api, latencyMs });
  const ledger = inDatabase ? { AMOCALLS_LEDGER: await (await server()).newDatabase() } : {};
  return { sandbox, env: { ...env, ...ledger } };
}

function summaryOf({ stdout }: Ended): Readonly<Record<string, number>> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').summary;
}

/** What a campaign tries, of which `npm test` takes the first ones. */
const some = <T>(all: readonly T[], quick: number): readonly T[] => all.slice(0, size(quick, all.length));

describe.each(routes)('imports of one file through $name at the same time', (route) => {
  beforeEach(({ skip }) => skip(route.inDatabase && !hasPostgres, noPostgres));

  const counts = route.inDatabase ? [3] : [2, 4];
  const modes = [['--unattended'], []];
  const cases = some(
    counts.flatMap((count) => modes.map((flags) => ({ count, flags }))),
    1,
  );
  test.each(cases)('$count of them, $flags, send each call once, and all end', async ({ count, flags }) => {
    const { sandbox, env } = await serviceOf(route, [0, 15]);
    const cwd = workdir({ 'calls.csv': csv(calls(400)) });
    const args = ['import', 'calls.csv', '--rate', '0', '--chunk-size', '10', '--output', 'ndjson', ...flags];
    const runs = await Promise.all(Array.from({ length: count }, () => startProgram(args, { cwd, env })));

    const uuids = sandbox.requests().flatMap((request) => request.uuids);
    expect(uuids.length).toBe(400);
    expect(new Set(uuids).size).toBe(400);
    for (const run of runs) expect(run.code, run.stderr).toBe(0);
    const summaries = runs.map(summaryOf);
    // An unattended run that begins when another one has ended finds nothing left to read.
    const read = flags.length > 0 ? [0, 400] : [400];
    for (const { accepted = 0, duplicate = 0 } of summaries) expect(read).toContain(accepted + duplicate);
    expect(summaries.reduce((sum, { accepted = 0 }) => sum + accepted, 0)).toBe(400);
  });
});

describe.each(some(routes, 1))('the rate of $name', (route) => {
  beforeEach(({ skip }) => skip(route.inDatabase && !hasPostgres, noPostgres));

  /** The most requests that any second held, and how many came in the last second. */
  function densityOf(times: readonly number[]): { readonly most: number; readonly last: number } {
    const within = (from: number) => times.filter((time) => time >= from && time < from + 1000).length;
    return { most: Math.max(...times.map(within)), last: within((times.at(-1) ?? 0) - 999) };
  }

  test('of one and of four processes holds seven requests a second at most, and climbs', async () => {
    const [one, four] = await Promise.all(
      [1, 4].map(async (count) => {
        const { sandbox, env } = await serviceOf(route);
        const files = Array.from({ length: count }, (_, at) => `${at}.csv`);
        const size = 24 / count;
        const concurrency = count === 1 ? '4' : '2';
        const cwd = workdir(Object.fromEntries(files.map((file) => [file, csv(calls(size, file))])));
        const runs = await Promise.all(
          files.map((file) =>
            startProgram(['import', file, '--chunk-size', '1', '--concurrency', concurrency], { cwd, env }),
          ),
        );
        for (const run of runs) expect(run.code, run.stderr).toBe(0);
        return densityOf(sandbox.requests().map(({ at }) => at));
      }),
    );
    expect(one?.most).toBeLessThanOrEqual(7);
    expect(four?.most).toBeLessThanOrEqual(7);
    expect(one?.last).toBeGreaterThanOrEqual(4);
    expect(four?.last).toBeGreaterThanOrEqual(4);
  });
});
