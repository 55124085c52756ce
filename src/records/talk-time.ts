// Talk time from two times, and from a duration that counts ringing.

import { Problem } from '../core/errors.js';
import { cellText } from './cell-text.js';
import type { ResultColumn } from './column-choice.js';
import { type DateOrder, parseDateText } from './date-text.js';
import type { ComputedSource } from './field-sources.js';

/** The talk time between two columns, the time of answer and that of the end; a row without an answer has none. */
export function timeBetween(names: readonly string[], from: number, to: number): ComputedSource {
  const [answer = '', end = ''] = [names[from], names[to]];
  return {
    kind: 'computed',
    what: `from "${answer}" to "${end}"`,
    columns: new Map([
      [answer, from],
      [end, to],
    ]),
    read: (cells) => secondsBetween(cellText(cells[from]), cellText(cells[to])),
  };
}

/** The seconds from one time to another, as text; what cannot be read is given back, to be the reason why. */
function secondsBetween(answer: string, end: string): string {
  if (answer === '' || /^[0:.\- T]+$/.test(answer)) return '0';
  const [from, to] = [momentOf(answer, 'dmy'), momentOf(end, 'dmy')];
  const [other, otherTo] = [momentOf(answer, 'mdy'), momentOf(end, 'mdy')];
  if (from === undefined && other === undefined) return answer;
  if (to === undefined && otherTo === undefined) return end === '' ? `${answer} without an end` : end;
  const isClock = timeOfDay.test(answer) && timeOfDay.test(end);
  const lengths = [lengthOf(from, to, isClock), lengthOf(other, otherTo, isClock)].filter(
    (length) => length !== undefined,
  );
  // Whatever the order of day and month is, a call lasts less than a day.
  return String(lengths.find((length) => length >= 0 && length <= day) ?? lengths[0] ?? end);
}

const day = 86_400;
/** A time of day alone; a call that goes over midnight ends on the next one. */
const timeOfDay = /^\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?$/i;

function lengthOf(from: number | undefined, to: number | undefined, isClock: boolean): number | undefined {
  if (from === undefined || to === undefined) return undefined;
  return isClock && to < from ? to - from + day : to - from;
}

/** A time in seconds, to be compared with others that are written the same way. */
function momentOf(text: string, order: DateOrder): number | undefined {
  const date = parseDateText(timeOfDay.test(text) ? `2000-01-01 ${text}` : text, order);
  return date instanceof Problem ? undefined : date.local - (date.offset ?? 0);
}

/** A duration that counts where the result of the call says that somebody answered: else it is ringing. */
export function unlessMissed(
  names: readonly string[],
  duration: number,
  { index, isMissed }: ResultColumn,
): ComputedSource {
  const [whole = '', outcome = ''] = [names[duration], names[index]];
  return {
    kind: 'computed',
    what: `"${whole}", 0 where "${outcome}" says that nobody answered`,
    columns: new Map([
      [whole, duration],
      [outcome, index],
    ]),
    duration,
    read: (cells) => (isMissed(cellText(cells[index])) ? '0' : cellText(cells[duration])),
  };
}
