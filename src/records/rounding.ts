import { Problem } from '../core/errors.js';
import { isLong, looksRounded, parseNumber } from './numbers.js';

/** So many long numbers are needed to judge a column, and so many different ones that end in zeros. */
const fewest = { long: 10, rounded: 3 };
const share = 0.3;

/**
 * Tells whether Excel has rounded the numbers of a column: 30 % or more of its long ones end in four zeros.
 * Different numbers are counted as well, so that a company's own round number on every row is not taken for it.
 */
export function isRoundedColumn(texts: readonly string[]): boolean {
  const long = texts
    .map((text) => parseNumber(text, {}))
    .filter((n): n is string => !(n instanceof Problem) && isLong(n));
  const rounded = long.filter(looksRounded);
  const different = new Set(rounded).size;
  return (
    long.length >= fewest.long &&
    different >= fewest.rounded &&
    rounded.length >= long.length * share &&
    different >= new Set(long).size * share
  );
}
