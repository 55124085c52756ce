/**
 * A campaign plays long stories that chance writes. `npm test` plays a small one of each kind, `npm run test:campaigns` all of
 * it. A seed that failed is played again with `AMOCALLS_SEED=7 npm run test:campaigns`; a night plays more with
 * `AMOCALLS_ROUNDS=1000`, each round with the next seed.
 */
const isFull = process.env['AMOCALLS_CAMPAIGNS'] === 'full';

/** The size of something (runs, kills, calls) in `npm test` and in a campaign. */
export function size(quick: number, full: number): number {
  return isFull ? full : quick;
}

/** The seeds of this run: one, or as many as there are rounds. */
export const seeds: readonly number[] = Array.from(
  { length: numberFrom('AMOCALLS_ROUNDS', 1) },
  (_, round) => numberFrom('AMOCALLS_SEED', 1) + round,
);

function numberFrom(name: string, otherwise: number): number {
  const text = process.env[name];
  const number = Number(text);
  if (text === undefined || text === '') return otherwise;
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error(`${name}: ${text} is no whole number from 1 on`);
  return number;
}
