import { chance, digest } from './chance.js';
import {
  type AnswerFault,
  answerFaults,
  type CallFault,
  type Faults,
  namesOf,
  type RequestFault,
  requestFaults,
} from './faults.js';

/** What chance has in store for one request. */
export interface Fate {
  readonly fault: RequestFault | undefined;
  readonly answer: ReadonlySet<AnswerFault>;
  /** Whether a fault strikes one of its calls. */
  readonly strikes: (fault: CallFault, uuid: string) => boolean;
  /** A number in [0, 1) for any other purpose. */
  readonly chance: (purpose: string) => number;
}

/** Draws the fate of each request, given its account and uuids. */
export type Plan = (account: string, uuids: readonly string[]) => Fate;

/** Past this many, the attempts of the oldest requests are forgotten. */
const mostAttempts = 1_000_000;

/**
 * Makes a plan of faults that is the same for the same seed and the same requests, in whatever order they
 * arrive: a draw depends on the seed, the request's account and least uuid, and on how many requests that began
 * with it came before. Only whether a call is rejected stays the same over all attempts.
 */
export function createPlan(faults: Faults, seed: number): Plan {
  const attempts = new Map<number, number>();
  const whole = namesOf(requestFaults).filter((name) => (faults[name] ?? 0) > 0);
  const habits = namesOf(answerFaults).filter((name) => (faults[name] ?? 0) > 0);

  return (account, uuids) => {
    const key = digest(seed, `${account} ${least(uuids)}`);
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const oldest = attempts.keys().next().value;
    if (attempts.size > mostAttempts && oldest !== undefined) attempts.delete(oldest);

    const draw = (purpose: string) => chance(seed, `${key} ${attempt} ${purpose}`);
    const hits = whole.filter((name) => draw(name) < (faults[name] ?? 0));
    return {
      fault: hits[Math.floor(draw('which') * hits.length)],
      answer: new Set(habits.filter((name) => draw(name) < (faults[name] ?? 0))),
      strikes: (fault, uuid) => {
        const share = faults[fault] ?? 0;
        if (share === 0) return false;
        const drawn = fault === 'reject' ? chance(seed, `reject ${uuid}`) : draw(`${fault} ${uuid}`);
        return drawn < share;
      },
      chance: draw,
    };
  };
}

function least(uuids: readonly string[]): string {
  let smallest = uuids[0] ?? '';
  for (const uuid of uuids) if (uuid < smallest) smallest = uuid;
  return smallest;
}
