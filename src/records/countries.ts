import { type Parsed, Problem } from '../core/errors.js';
import type { InternalTest } from './internal.js';
import { quote } from './text.js';

/** Makes digits international where they are a national number of one country. */
export type International = (digits: string, hasPlus: boolean) => string;

/** Numbers remembered, so that memory stays flat over a big file; the library reads some 25,000 numbers a second. */
const mostRemembered = 20_000;

/**
 * Germany and Austria have numbers of any length: to the library 49 471 000000 is also a number of some town 049471.
 * Elsewhere such a beginning is no proof: ten digits from 91 are a mobile number of India.
 */
const openPlans: ReadonlySet<string> = new Set(['DE', 'AT']);

/**
 * Loads libphonenumber for a country (`RU`) and gives a function for its numbers.
 * Extensions and whatever is no valid number keep their digits.
 */
export async function openCountry(code: string, isInternal: InternalTest): Promise<Parsed<International>> {
  const { isSupportedCountry, parsePhoneNumberFromString, getCountryCallingCode } = await import(
    'libphonenumber-js/min'
  );
  const country = code.trim().toUpperCase();
  if (!isSupportedCountry(country)) {
    return new Problem(`${quote(code)} is not the code of a country: two letters of ISO 3166, such as RU`);
  }
  const own = getCountryCallingCode(country);
  const abroad = (digits: string) => parsePhoneNumberFromString(`+${digits}`)?.isValid() === true;
  const translate = (digits: string): string => {
    const dialledOut = withoutExit(digits);
    if (dialledOut !== undefined && abroad(dialledOut)) return dialledOut;
    const national = parsePhoneNumberFromString(digits, country);
    const nationalDigits = national?.isValid() === true ? national.number.slice(1) : undefined;
    if (nationalDigits === digits) return digits;
    const isAbroad = abroad(digits);
    if (isAbroad && openPlans.has(country) && digits.startsWith(own)) return digits;
    // Eleven digits that are valid at home stay at home: 8 495… of Russia is no number of Vietnam.
    if (nationalDigits !== undefined && (digits.length <= 11 || !isAbroad)) return nationalDigits;
    return digits;
  };
  const known = new Map<string, string>();
  return (digits, hasPlus) => {
    if (hasPlus || isInternal(digits)) return digits;
    const before = known.get(digits);
    if (before !== undefined) return before;
    if (known.size >= mostRemembered) known.clear();
    const after = translate(digits);
    known.set(ownCopy(digits), ownCopy(after));
    return after;
  };
}

/** What follows the exit code 00, or 810 of the former Soviet Union; undefined where there is none. */
function withoutExit(digits: string): string | undefined {
  if (digits.startsWith('00')) return digits.slice(2);
  return digits.startsWith('810') ? digits.slice(3) : undefined;
}

/** A copy that does not keep alive the block of the file it was cut from. */
function ownCopy(digits: string): string {
  return Buffer.from(digits, 'latin1').toString('latin1');
}
