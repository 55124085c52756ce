import { type Parsed, Problem } from '../core/errors.js';
import { isDigits, plainWord, quote } from './text.js';

export interface NumberRules {
  /** Makes a national number international: digits, with what the text told about them; see countries.ts. */
  readonly international?: ((digits: string, hasPlus: boolean) => string) | undefined;
  /** The column was found to hold numbers that Excel has rounded: long ones that end in zeros are refused. */
  readonly rounded?: boolean | undefined;
}

/** Long enough to be rounded by Excel. */
const longNumber = 10;

/** Tells a number whose last digits Excel may have taken; it alone proves nothing. */
export function looksRounded(digits: string): boolean {
  return digits.length >= longNumber && digits.endsWith('0000');
}

export function isLong(digits: string): boolean {
  return digits.length >= longNumber;
}

/** E.164 has 15; a dialled one may have a prefix and a code behind it. */
const mostDigits = 32;

/** Reads the number of one side of a call, in any wrapping, to its digits. */
export function parseNumber(text: string, rules: NumberRules): Parsed<string> {
  const plain = isDigits(text) ? text : unwrap(text);
  if (plain instanceof Problem) return plain;
  const hasPlus = plain.startsWith('+');
  const digits = hasPlus ? plain.slice(1) : plain;
  if (digits.length > mostDigits)
    return new Problem(`${quote(text)} has ${digits.length} digits: no number has so many`);
  if (rules.rounded === true && looksRounded(digits)) {
    return new Problem(
      `${quote(text)} was rounded by Excel, like others in its column: export it again with the column as text`,
    );
  }
  return rules.international === undefined ? digits : rules.international(digits, hasPlus);
}

const hidden = new Set([
  ...[
    'anonymous',
    'anonym',
    'unknown',
    'restricted',
    'unavailable',
    'withheld',
    'private',
    'hidden',
    'blocked',
  ],
  ...[
    'private number',
    'no number',
    'unknown number',
    'hidden number',
    'number withheld',
    's',
    'i',
    't',
    'h',
  ],
  ...['скрыт', 'скрытый', 'скрытый номер', 'номер скрыт', 'аноним', 'анонимный', 'анонимный номер'],
  ...['неизвестно', 'неизвестный', 'неизвестный номер', 'не определен', 'номер не определен', 'без номера'],
]);

/** A number with a caller's name is no longer; it bounds the time of the expressions below. */
const longest = 200;

/** Cuts a number out of what stands around it: `+` and digits, or digits. */
function unwrap(raw: string): Parsed<string> {
  if (raw === '') return new Problem('is empty: the number is hidden or missing');
  if (raw.length > longest) return new Problem(`${quote(raw)} is too long for a number`);
  const text = peel(raw.normalize('NFKC').trim());
  if (/^\d+(?:[.,]\d+)?e[+]?\d+$/i.test(text)) {
    return new Problem(`${quote(raw)} was shortened by Excel: export it again with the column as text`);
  }
  const { number, problem } = cutExtension(text);
  if (problem !== undefined) return new Problem(`${quote(raw)} ${problem}`);
  if (/^[\s(]*\+?[\d\s().~/‐-―−-]+$/u.test(number) && /\d/.test(number)) {
    return number.replace(/\D+/g, (other, at) => (at === 0 && other.includes('+') ? '+' : ''));
  }
  return new Problem(
    hidden.has(plainWord(text)) ? `${quote(raw)} is a hidden number` : `${quote(raw)} holds no number`,
  );
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
  text = text.replace(/^(\+?\d+)\.0+$/, '$1'); // 79161234567.0
  return text.replace(/^[*#]\d{2,3}[#*](?=\+?\d{3})/, '').trim(); // #31#8916…: number hidden by a code
}

const extension =
  /^(.*?\d[\s)]*)(?:[\s,;(]*(?:доб|добавочный|вн|ext|extension|ext\s*=)[.:\s=#]*\d+\)?|\s*x\s*\d+|,,+[\d,]+|;\s*ext=\d+|,\s*\d{1,6}|#\d+)\s*$/isu;

/** Cuts the extension behind an outside number; two whole numbers in one cell are a problem. */
function cutExtension(text: string): { number: string; problem?: string } {
  const match = extension.exec(text);
  if (match !== null) return { number: (match[1] ?? '').trim() };
  const whole = text.split(/[,;&|]/).filter((part) => part.replace(/\D/g, '').length >= 7);
  return whole.length > 1 ? { number: text, problem: 'holds more than one number' } : { number: text };
}
