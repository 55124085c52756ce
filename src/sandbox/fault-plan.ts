import {
  type AnswerFault,
  answerFaults,
  type CallFault,
  type Faults,
  namesOf,
  type RequestFault,
  requestFaults,
} from './faults.js';

/** The faults that one request meets. */
export interface RequestFaults {
  /** The fault of the whole request. */
  readonly fault: RequestFault | undefined;
  readonly answer: ReadonlySet<AnswerFault>;
  /** Whether a fault meets one of its calls. */
  readonly meetsCall: (fault: CallFault, uuid: string) => boolean;
  /** How long the reply is held back. */
  readonly delayMs: number;
  /** A pseudo-random number in [0, 1) for any other purpose. */
  readonly random: (purpose: string) => number;
}

/** Draws the faults of each request, given its account and uuids. */
export type FaultPlan = (account: string, uuids: readonly string[]) => RequestFaults;

/** Past this many, the attempts of the oldest requests are forgotten. */
const mostAttempts = 1_000_000;

/**
 * Makes a plan of faults that is the same for the same seed and the same requests, in whatever order they
 * arrive: a draw depends on the seed, the request's account and least uuid, and on how many requests that began
 * with it came before. Only whether a call is rejected stays the same over all attempts.
 */
export function createFaultPlan(
  faults: Faults,
  seed: number,
  [least, most]: readonly [least: number, most: number] = [0, 0],
): FaultPlan {
  const attempts = new Map<number, number>();
  const whole = namesOf(requestFaults).filter((name) => (faults[name] ?? 0) > 0);
  const ofAnswers = namesOf(answerFaults).filter((name) => (faults[name] ?? 0) > 0);

  return (account, uuids) => {
    const key = digest(seed, `${account} ${smallestOf(uuids)}`);
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const oldest = attempts.keys().next().value;
    if (attempts.size > mostAttempts && oldest !== undefined) attempts.delete(oldest);

    const draw = (purpose: string) => seededRandom(seed, `${key} ${attempt} ${purpose}`);
    const hits = whole.filter((name) => draw(name) < (faults[name] ?? 0));
    return {
      fault: hits[Math.floor(draw('which') * hits.length)],
      answer: new Set(ofAnswers.filter((name) => draw(name) < (faults[name] ?? 0))),
      meetsCall: (fault, uuid) => {
        const share = faults[fault] ?? 0;
        if (share === 0) return false;
        const drawn = fault === 'reject' ? seededRandom(seed, `reject ${uuid}`) : draw(`${fault} ${uuid}`);
        return drawn < share;
      },
      delayMs: most > least ? least + draw('latency') * (most - least) : least,
      random: draw,
    };
  };
}

function smallestOf(uuids: readonly string[]): string {
  let smallest = uuids[0] ?? '';
  for (const uuid of uuids) if (uuid < smallest) smallest = uuid;
  return smallest;
}

/** A pseudo-random number in [0, 1) that depends on nothing but the seed and the text. */
export function seededRandom(seed: number, text: string): number {
  return digest(seed, text) / 2 ** 53;
}

/** A 53-bit hash of a text: two multiplicative hashes of 32 bits, mixed into each other at the end. */
function digest(seed: number, text: string): number {
  let left = 0x9e3779b9 ^ seed;
  let right = 0x85ebca6b ^ Math.trunc(seed / 2 ** 32);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    left = Math.imul(left ^ code, 0x01000193);
    right = Math.imul(right ^ code, 0xc2b2ae35);
  }
  left = mix(left ^ (right >>> 15));
  right = mix(right ^ left);
  return (right >>> 11) * 2 ** 32 + (left >>> 0);
}

function mix(value: number): number {
  const half = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const whole = Math.imul(half ^ (half >>> 15), 0x846ca68b);
  return whole ^ (whole >>> 16);
}
