import type { AnswerFault } from './faults.js';
import { phpArray, phpString } from './php-json.js';

/** What the sandbox decided on the calls of one request. */
export interface Decided {
  readonly success: readonly string[];
  /** Reasons by uuid; a call without a uuid stands under ''. */
  readonly errors: ReadonlyMap<string, readonly string[]>;
}

const stranger = 'a-uuid-that-nobody-sent';

/**
 * The answer of calls/add as PHP writes it.
 *
 * @param habits which odd ways of PHP the answer shows
 * @param chance a number in [0, 1) for a purpose
 */
export function answerText(
  decided: Decided,
  habits: ReadonlySet<AnswerFault>,
  chance: (purpose: string) => number,
): string {
  const plain = habits.size === 0;
  const success = plain ? decided.success : oddSuccess(decided, habits, chance);
  const uuidText = habits.has('numbers') ? numberOrString : phpString;
  const list = success.map(uuidText);
  const successText = habits.has('holes')
    ? phpArray(list.map((text, index) => [String(index + 1), text] as const))
    : `[${list.join(',')}]`;
  return `{"response":{"calls":{"add":{"success":${successText}${errorsText(decided, habits, chance)}}}}}`;
}

function oddSuccess(
  decided: Decided,
  habits: ReadonlySet<AnswerFault>,
  chance: (purpose: string) => number,
): readonly string[] {
  const uuids = [
    ...decided.success,
    ...(habits.has('both') ? decided.errors.keys() : []),
    ...(habits.has('stranger') ? [stranger] : []),
  ];
  return habits.has('shuffle') ? shuffled(uuids, chance) : uuids;
}

function errorsText(
  decided: Decided,
  habits: ReadonlySet<AnswerFault>,
  chance: (purpose: string) => number,
): string {
  if (decided.errors.size === 0) {
    if (habits.has('errors-absent')) return '';
    return habits.has('errors-null') ? ',"errors":null' : ',"errors":[]';
  }
  const inOrder = [...decided.errors.keys()];
  const uuids = habits.has('shuffle') ? shuffled(inOrder, chance) : inOrder;
  const entries = uuids.map((uuid) => {
    const reasons = decided.errors.get(uuid) ?? [];
    const text = habits.has('single-reason')
      ? phpString(reasons.join('; '))
      : `[${reasons.map(phpString).join(',')}]`;
    return [uuid, text] as const;
  });
  return `,"errors":${phpArray(entries)}`;
}

function numberOrString(uuid: string): string {
  return /^(?:0|-?[1-9]\d{0,17})$/.test(uuid) ? uuid : phpString(uuid);
}

function shuffled(texts: readonly string[], chance: (purpose: string) => number): readonly string[] {
  return texts
    .map((text, index) => ({ text, place: chance(`order ${index} ${text}`) }))
    .sort((left, right) => left.place - right.place)
    .map(({ text }) => text);
}
