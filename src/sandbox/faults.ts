// The table of faults, `--fault` on the command line, which fault meets which request by the seed.

import { type Parsed, Problem } from '../core/errors.js';
import { hashTexts } from '../core/hash.js';
import { didYouMean } from '../core/suggest.js';
import type { ApiName } from './api.js';
import { type FaultLine, type RequestFault, requestFaults } from './request-faults.js';

/** Faults of single calls; the share is one of calls. */
export const callFaults = {
  reject: { does: 'the call is rejected with a reason, each time it is sent' },
  forget: { does: 'the call is neither queued nor named in the answer' },
  unnamed: { does: 'the call is queued, but not named in the answer' },
} as const satisfies Record<string, FaultLine>;
export type CallFault = keyof typeof callFaults;

/** Oddities of an answer, several at once. */
export const answerFaults = {
  numbers: { does: 'uuids that look like whole numbers come back as numbers', api: 'calls-add' },
  holes: { does: 'success is a map with the keys 1, 2, …', api: 'calls-add' },
  shuffle: { does: 'results come back in another order' },
  'single-reason': { does: 'a reason is a string instead of a list', api: 'calls-add' },
  'errors-null': { does: 'errors is null where it would be empty' },
  'errors-absent': { does: 'errors is left out where it would be empty' },
  both: { does: 'a rejected uuid is in the success list as well', api: 'calls-add' },
  'unknown-uuid': { does: 'the answer names a uuid, or request_id, that was not sent' },
  'request-id-number': { does: 'request_id comes back as a number', api: 'v4' },
  'request-id-missing': { does: 'request_id does not come back', api: 'v4' },
  'plural-types': { does: 'entity_type is contacts instead of contact', api: 'v4' },
} as const satisfies Record<string, FaultLine>;
export type AnswerFault = keyof typeof answerFaults;

export type FaultName = RequestFault | CallFault | AnswerFault;

/**
 * How often each fault happens, from 0 to 1: a share of requests, or of calls for `callFaults`. When several
 * faults of the whole request meet in the same one, one of them is picked at random.
 */
export type Faults = Readonly<Partial<Record<FaultName, number>>>;

const lines: Readonly<Record<FaultName, FaultLine>> = {
  ...requestFaults,
  ...callFaults,
  ...answerFaults,
};

/** Every fault with one line on what it does and the APIs that have it, in the order for help texts. */
export const faultTable: readonly {
  readonly name: FaultName;
  readonly does: string;
  readonly apis: readonly ApiName[];
}[] = [...namesOf(requestFaults), ...namesOf(callFaults), ...namesOf(answerFaults)].map((name) => ({
  name,
  does: lines[name].does,
  apis: apisOf(name),
}));

function apisOf(name: FaultName): readonly ApiName[] {
  const { api } = lines[name];
  return api === undefined ? ['calls-add', 'v4'] : [api];
}

/** Names in a table of faults, typed. */
export function namesOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table).filter((name): name is Extract<keyof T, string> => name in table);
}

/**
 * Reads faults as the command line has them: `500=0.05`, `close-after=2%`, several in one text with commas
 * between them. A name alone is a share of 1; the last one of a name counts.
 *
 * @param api the API that has to have them
 */
export function parseFaults(texts: readonly string[], api: ApiName): Parsed<Faults> {
  const faults: Partial<Record<FaultName, number>> = {};
  for (const part of texts.flatMap((text) => text.split(','))) {
    const [name = '', share = '1'] = part.split(/=(.*)/s).map((piece) => piece.trim());
    const line = faultTable.find((fault) => fault.name === name);
    if (line === undefined) return new Problem(unknownFault(name));
    if (!line.apis.includes(api))
      return new Problem(`"${name}" is a fault of --api ${line.apis.join()} only`);
    const value = /^(\d+(?:\.\d*)?|\.\d+)(%?)$/.exec(share);
    const number = value === null ? Number.NaN : Number(value[1]) / (value[2] === '%' ? 100 : 1);
    if (!(number >= 0 && number <= 1)) {
      return new Problem(`${name}: "${share}" is not a share from 0 to 1 (or 0% to 100%)`);
    }
    faults[line.name] = number;
  }
  return faults;
}

function unknownFault(name: string): string {
  const names = faultTable.map((fault) => fault.name);
  const family = names.filter((known) => known.startsWith(`${name}-`));
  if (family.length > 0) return `"${name}" is not a fault; choose one of ${family.join(', ')}`;
  const near = didYouMean(name, names);
  return `"${name}" is not a fault${near === '' ? `; known are ${names.join(', ')}` : near}`;
}

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
type FaultPlan = (account: string, uuids: readonly string[]) => RequestFaults;

/** Requests whose attempts are counted; an older one begins anew. */
const mostAttempts = 100_000;

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
    const key = hashTexts([account, smallestOf(uuids)]);
    const attempt = attempts.get(key) ?? 0;
    attempts.set(key, attempt + 1);
    const [oldest] = attempts.keys();
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
  return hashTexts([String(seed), text]) / 2 ** 48;
}

/** Items in an order that is drawn: `placeOf` gives a number for each. */
export function shuffled<T>(items: readonly T[], placeOf: (item: T, index: number) => number): readonly T[] {
  return items
    .map((item, index) => ({ item, place: placeOf(item, index) }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item);
}
