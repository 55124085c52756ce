// A number out of its wrapping, extensions, national to international.

import { type Parsed, Problem, UserError } from '../core/errors.js';
import { isDigits, plainWord, quote, splitList } from './cell-text.js';

// libphonenumber-js says what is a valid number, at 15 µs a number, and is loaded for --country alone. It cannot read what phone
// systems write around numbers (sip:117@host becomes +7 117, 00491… becomes +7 0049…), so wrappings and exit codes are cut here first.

/** Tells whether a number (digits only) is an extension of the own phone system. */
export type InternalTest = (digits: string) => boolean;

/** The test that was asked for, else the usual one. */
export function internalOf({ internal }: { readonly internal?: InternalTest | undefined }): InternalTest {
  return internal ?? defaultInternal;
}

/** Two to five digits. */
export const defaultInternal: InternalTest = ({ length }) => length >= 2 && length <= 5;

export interface NumberRules {
  /** See openCountry. */
  readonly international?: International | undefined;
  /** The column was found to hold numbers that Excel has rounded: long ones that end in zeros are refused. */
  readonly rounded?: boolean | undefined;
}

/** So many digits are enough to be rounded by Excel, to zeros at their end; they alone prove nothing. */
const longNumber = 10;
const looksRounded = (digits: string) => digits.length >= longNumber && digits.endsWith('0000');

/** E.164 has 15; a dialled one may have a prefix and a code behind it. */
const mostDigits = 32;

/** Reads the number of one side of a call, in any wrapping, to its digits. */
export function parseNumber(text: string, rules: NumberRules): Parsed<string> {
  const plain = isDigits(text) ? text : unwrap(text);
  if (plain instanceof Problem) return plain;
  const hasPlus = plain.startsWith('+');
  const digits = hasPlus ? plain.slice(1) : plain;
  if (digits.length > mostDigits)
    return new Problem(`${quote(text)} has ${digits.length} digits, too many for a number`);
  if (rules.rounded === true && looksRounded(digits)) {
    return new Problem(
      `${quote(text)} was rounded by Excel, like others in its column: export it again with the column as text, or if the zeros are real give --allow numbers`,
    );
  }
  return rules.international === undefined ? digits : rules.international(digits, hasPlus);
}

const hidden = new Set(
  splitList(`
    anonymous, anonym, unknown, restricted, unavailable, withheld, private, hidden, blocked, private number,
    no number, unknown number, hidden number, number withheld, s, i, t, h, скрыт, скрытый, скрытый номер,
    номер скрыт, аноним, анонимный, анонимный номер, неизвестно, неизвестный, неизвестный номер,
    не определен, номер не определен, без номера
  `),
);

/** A number with a caller's name is no longer; it bounds the time of the expressions below. */
const longest = 200;

/** What has the digits of a number, and is none. */
const dateOrTime =
  /^(?:(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|[12]\d|3[01])[./](?:19|20)\d\d)(?:[T ]\d.*)?$|^\d{1,2}:\d\d(?::\d\d)?$/;

/** A count with decimals, or an id that begins with a time in unix seconds. */
const decimalOrId = /^\d{1,4}[.,]\d{1,3}$|^1\d{9}\.\d+$/;

/** Cuts a number out of what stands around it: `+` and digits, or digits. */
function unwrap(raw: string): Parsed<string> {
  if (raw === '') return new Problem('is empty: the number is hidden or missing');
  if (raw.length > longest) return new Problem(`${quote(raw)} is too long for a number`);
  if (severalNamed.test(raw)) return new Problem(`${quote(raw)} holds more than one number`);
  const text = peel(unformatted(raw.normalize('NFKC').trim()));
  if (/^[-−–]\s*\d/.test(text)) return new Problem(`${quote(raw)} is negative: a spreadsheet computed it`);
  if (/^\d+(?:[.,]\d+)?e[+]?\d+$/i.test(text)) {
    return new Problem(`${quote(raw)} was shortened by Excel: export it again with the column as text`);
  }
  if (dateOrTime.test(text)) return new Problem(`${quote(raw)} is a date or a time, not a number`);
  if (decimalOrId.test(text)) return new Problem(`${quote(raw)} holds no number`);
  const { number, problem } = cutExtension(text);
  if (problem !== undefined) return new Problem(`${quote(raw)} ${problem}`);
  if (/^[\s(]*\+?[\d\s().~/‐-―−-]+$/u.test(number) && /\d/.test(number)) {
    return number.replace(/\D+/g, (other, at) => (at === 0 && other.includes('+') ? '+' : ''));
  }
  return new Problem(`${quote(raw)} ${whyNoNumber(text)}`);
}

function whyNoNumber(text: string): string {
  if (hidden.has(plainWord(text))) return 'is a hidden number';
  if (/^[*#][\d*#]+$/.test(text)) return 'holds no number, but a code of the phone system';
  // Line 2, Queue 600 and Ivanov 101 look alike.
  const [, digits] = /\p{L}[\s,]+(\d{1,6})$/u.exec(text) ?? [];
  return digits === undefined
    ? 'holds no number'
    : `holds a name that may include ${digits}: an extension must be in brackets, <${digits}>`;
}

/** Words before an extension or a number: `Ext. 101`, `доб. 101`, `User 101`, `DN 101`, `x101`. */
const labelled =
  /^(?:ext|extn|extension|user|agent|operator|dn|tel|phone|no|x|доб|добавочный|вн|внутр|внутренний|тел|номер|абонент)\s*[.:/№]?\s*(?=\+?\d[\d\s()-]*$)/iu;
/** An extension with the name of its owner behind it: `101 Ivanov`, `101 (Ivanov)`, `101-Ivanov`. */
const named = /^(\d{2,5})(?:\s*[-–—]\s*|\s+|\s*\()(?=\p{L})\D*$/su;

/** A number as a sheet shows it, `=+7495…`, `74,950,000,015`, `7.4950000014E10`, to its digits, where none of them is lost. */
function unformatted(text: string): string {
  const bare = text.replace(/^=(?=\+?\d+$)/, '');
  if (/^\d{1,3}(?:,\d{3}){2,}$/.test(bare)) return bare.replaceAll(',', '');
  const [, first = '', digits = '', power = ''] = /^(\d)[.,](\d+)e\+?(\d+)$/i.exec(bare) ?? [];
  return digits.length > 0 && digits.length === Number(power) ? first + digits : bare;
}

/** Takes the wrappings off, one after the other; each line says what it meets. */
function peel(raw: string): string {
  let text = raw;
  text = text
    .replace(/^="(.*)"$/s, '$1')
    .replace(/^'/, '')
    .trim(); // ="7916…" and '7916…', to keep Excel's hands off
  text = text.replace(/^"(.*)"$/s, '$1').trim(); // what a cell with stray quotes inside keeps around it
  text = text.replace(/^.*<([^<>]*)>\s*$/s, '$1'); // "Ivan" <117>, Name<117>
  text = text.replace(/^"(.*)"$/s, '$1').trim();
  text = text.replace(/^(?:sips?|tel|callto|client|phone|whatsapp):(?:\/\/)?([^@;]*).*$/is, '$1'); // sip:117@host;user=phone
  text = text.replace(
    /^(?:PJSIP|SIP|IAX2?|Local|SCCP|Skinny|USER|sofia\/\w+)\/([^@;]+?)(?:-[0-9a-f]{4,})?(?:[@;].*)?$/i,
    '$1',
  ); // SIP/113-000000c5
  text = text.replace(/^([^@\s]+)@[^@\s]+$/, '$1'); // 117@host
  text = text.replace(/^(?!\+?[\d\s-]*\(\d+\)\s*\d).*\((?:from\s+)?(\+?[\d\s-]+)\)\s*$/is, '$1'); // Name (801), 6500(1001), 7001(from 1002)
  text = text.replace(/^.*\[(\+?\d[\d\s-]*)\]\s*$/s, '$1'); // Ivanov [101]
  text = text.replace(labelled, '').replace(named, '$1');
  text = text.replace(/^(\+?\d+)\.0+$/, '$1'); // 79161234567.0
  return text.replace(/^[*#]\d{2,3}[#*](?=\+?\d{3})/, '').trim(); // #31#8916…: number hidden by a code
}

const extension =
  /^(.*?\d[\s)]*)(?:[\s,;(]*(?:доб|добавочный|вн|ext|extension|ext\s*=)[.:\s=#]*\d+\)?|\s*x\s*\d+|,,+[\d,]+|;\s*ext=\d+|,\s*\d{1,6}|#\d+)\s*$/isu;

/** Extensions beside each other: `101/102`, `101 102`; no such parts make a number, but for `030/1234567` and the like. */
const severalShort = /^[1-9]\d{1,4}(?:(?: ?\/ ?|\s*\n\s*)[1-9]\d{1,4})+$|^[1-9]\d\d[ -][1-9]\d\d$/;
/** Numbers of one kind in brackets, each behind its name: `Sales (101), Support (102)`, but not `Store (24) & Co <79161234567>`. */
const severalNamed =
  /[(<]\+?\d{1,6}[)>]\s*[,;/&|\n].*[(<]\+?\d{1,6}[)>]|[(<]\+?\d{7,}[)>]\s*[,;/&|\n].*[(<]\+?\d{7,}[)>]/s;
/** Lines of one company: `+7 495 1234567/8`. */
const otherEnding = /\d{5}\/\d{1,2}$/;

/** Cuts the extension behind an outside number; two whole numbers in one cell are a problem. */
function cutExtension(text: string): { number: string; problem?: string } {
  const match = extension.exec(text);
  if (match !== null) return { number: (match[1] ?? '').trim() };
  const whole = text.split(/[,;&|\n]/).filter((part) => part.replace(/\D/g, '').length >= 7);
  const isSeveral = whole.length > 1 || severalShort.test(text) || otherEnding.test(text);
  return isSeveral ? { number: text, problem: 'holds more than one number' } : { number: text };
}

/** So many long numbers are needed to judge a column, and so many different ones that end in zeros: a company has a few such lines of its own. */
const fewest = { long: 10, rounded: 6 };
const share = 0.3;

/**
 * Tells whether Excel has rounded the numbers of a column: 30 % or more of its long ones end in four zeros.
 * Different numbers are counted as well, so that a company's own round number on every row is not taken for it.
 */
export function isRoundedColumn(texts: readonly string[]): boolean {
  const long = texts
    .map((text) => parseNumber(text, {}))
    .filter((n): n is string => !(n instanceof Problem) && n.length >= longNumber);
  const rounded = long.filter(looksRounded);
  const different = new Set(rounded).size;
  return (
    long.length >= fewest.long &&
    different >= fewest.rounded &&
    rounded.length >= long.length * share &&
    different >= new Set(long).size * share
  );
}

/** Makes digits international where they are a national number of one country; `hasPlus` is what the text told about them. */
type International = (digits: string, hasPlus: boolean) => string;

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
    return new Problem(`${quote(code)} is not a country code of two letters (ISO 3166), such as RU`);
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
