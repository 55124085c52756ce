import type { AnswerFault } from './faults.js';

/** What the sandbox decided on the calls of one request. */
export interface Verdicts {
  readonly success: readonly string[];
  /** Reasons by uuid; a call without a uuid stands under ''. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

const unknownUuid = 'a-uuid-that-was-not-sent';

/**
 * The answer of calls/add as PHP writes it.
 *
 * @param faults the oddities of PHP that the answer shows
 * @param random a pseudo-random number in [0, 1) for a purpose
 */
export function answerText(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): string {
  const success = faults.size === 0 ? verdicts.success : oddSuccess(verdicts, faults, random);
  const uuidText = faults.has('numbers') ? numberOrString : phpString;
  const list = success.map(uuidText);
  const successText = faults.has('holes')
    ? phpArray(list.map((text, index) => [String(index + 1), text] as const))
    : `[${list.join(',')}]`;
  return `{"response":{"calls":{"add":{"success":${successText}${errorsText(verdicts, faults, random)}}}}}`;
}

function oddSuccess(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): readonly string[] {
  const uuids = [
    ...verdicts.success,
    ...(faults.has('both') ? verdicts.errors.keys() : []),
    ...(faults.has('unknown-uuid') ? [unknownUuid] : []),
  ];
  return faults.has('shuffle') ? shuffled(uuids, random) : uuids;
}

function errorsText(
  verdicts: Verdicts,
  faults: ReadonlySet<AnswerFault>,
  random: (purpose: string) => number,
): string {
  if (verdicts.errors.size === 0) {
    if (faults.has('errors-absent')) return '';
    return faults.has('errors-null') ? ',"errors":null' : ',"errors":[]';
  }
  const inOrder = [...verdicts.errors.keys()];
  const uuids = faults.has('shuffle') ? shuffled(inOrder, random) : inOrder;
  const entries = uuids.map((uuid) => {
    const reasons = verdicts.errors.get(uuid) ?? [];
    const text = faults.has('single-reason')
      ? phpString(reasons.join('; '))
      : `[${reasons.map(phpString).join(',')}]`;
    return [uuid, text] as const;
  });
  return `,"errors":${phpArray(entries)}`;
}

function numberOrString(uuid: string): string {
  return /^(?:0|-?[1-9]\d{0,17})$/.test(uuid) ? uuid : phpString(uuid);
}

function shuffled(texts: readonly string[], random: (purpose: string) => number): readonly string[] {
  return texts
    .map((text, index) => ({ text, place: random(`order ${index} ${text}`) }))
    .sort((left, right) => left.place - right.place)
    .map(({ text }) => text);
}

/** Text that json_encode leaves as it is. */
const unescaped = /^[\w .:;,+@#()-]*$/;

/** A string as PHP's json_encode writes it: `/` as `\/`, all that is not ASCII as `\uXXXX`. */
export function phpString(text: string): string {
  if (unescaped.test(text)) return `"${text}"`;
  return JSON.stringify(text)
    .replaceAll('/', '\\/')
    .replace(/[\x80-\uffff]/g, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * An array as PHP's json_encode writes it: a list where the keys are 0, 1, 2, … in this order (so also where
 * there are none), else an object.
 *
 * @param entries keys as text, each once, and values as JSON
 */
export function phpArray(entries: readonly (readonly [string, string])[]): string {
  const isList = entries.every(([key], index) => key === String(index));
  return isList
    ? `[${entries.map(([, json]) => json).join(',')}]`
    : `{${entries.map(([key, json]) => `${phpString(key)}:${json}`).join(',')}}`;
}
