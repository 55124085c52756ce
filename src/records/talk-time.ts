// Talk time from two times, and from a duration that counts ringing.

import { Problem } from '../core/errors.js';
import { cellText } from './cell-text.js';
import { isMissedWord } from './column-choice.js';
import { parseDateText } from './date-text.js';
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
  const [from, to] = [parseDateText(answer, 'dmy'), parseDateText(end, 'dmy')];
  if (from instanceof Problem) return answer;
  if (to instanceof Problem) return end === '' ? `${answer} without an end` : end;
  const seconds = to.local - (to.offset ?? 0) - (from.local - (from.offset ?? 0));
  return String(seconds);
}

/** A duration that counts where the result of the call says that somebody answered: else it is ringing. */
export function unlessMissed(names: readonly string[], duration: number, result: number): ComputedSource {
  const [whole = '', outcome = ''] = [names[duration], names[result]];
  return {
    kind: 'computed',
    what: `"${whole}", 0 where "${outcome}" says that nobody answered`,
    columns: new Map([
      [whole, duration],
      [outcome, result],
    ]),
    read: (cells) => (isMissedWord(cellText(cells[result])) ? '0' : cellText(cells[duration])),
  };
}
