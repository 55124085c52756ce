import { type Parsed, Problem, UserError } from '../core/errors.js';
import { openCountry } from './countries.js';
import { defaultInternal } from './internal.js';
import { parseNumber } from './numbers.js';

/**
 * Makes a reader of numbers that stand alone, such as `--caller`: as the cells of a file are read.
 *
 * @param country ISO 3166 code; national numbers of it become international
 * @throws UserError for an unknown country
 */
export async function createNumberReader(
  country: string | undefined,
): Promise<(text: string) => Parsed<string>> {
  const international = country === undefined ? undefined : await openCountry(country, defaultInternal);
  if (international instanceof Problem) throw new UserError(`--country ${international.text}`);
  return (text) => parseNumber(text.trim(), { international });
}
