import { type Parsed, Problem } from '../core/errors.js';
import { suggest } from '../core/suggest.js';
import { quoted, text } from './parsers.js';

const delimiterNames = new Map([
  ['tab', '\t'],
  ['\\t', '\t'],
  ['comma', ','],
  ['semicolon', ';'],
  ['pipe', '|'],
]);

/** One character, or its name: tab, comma, semicolon, pipe. */
export function parseDelimiter(raw: unknown): Parsed<string> {
  const given = typeof raw === 'string' ? raw : '';
  const found = delimiterNames.get(given.trim().toLowerCase()) ?? given;
  if (/^[^\p{L}\p{N}"\r\n]$/u.test(found)) return found;
  return new Problem(
    `${quoted(raw)} is not one character such as ";", nor one of tab, comma, semicolon, pipe`,
  );
}

/** A label that TextDecoder knows; yields its canonical name. */
export function parseEncoding(raw: unknown): Parsed<string> {
  const label = text(raw);
  if (label instanceof Problem) return label;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return new Problem(`${quoted(label)} is not a known encoding, such as utf-8, windows-1251 or utf-16le`);
  }
}

/** A name of the IANA time zone database, or an offset such as +03:00, which knows no daylight saving. */
export function parseTimezone(raw: unknown): Parsed<string> {
  const zone = text(raw);
  if (zone instanceof Problem) return zone;
  if (/^[+-](0\d|1[0-4]):?[0-5]\d$/.test(zone)) return zone;
  const wrong = `${quoted(zone)} is not an IANA time zone, such as Europe/Moscow or UTC`;
  if (/^[+-]/.test(zone)) return new Problem(`${wrong}, nor an offset such as +03:00`);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return new Problem(`${wrong}.${suggestZone(zone)}`);
  }
}

/** The letters that people write for zones of amoCRM's countries; no near name is what they mean. */
const lettersOf: Readonly<Record<string, string>> = {
  KALT: 'Europe/Kaliningrad',
  MSK: 'Europe/Moscow',
  MSD: 'Europe/Moscow',
  SAMT: 'Europe/Samara',
  YEKT: 'Asia/Yekaterinburg',
  OMST: 'Asia/Omsk',
  NOVT: 'Asia/Novosibirsk',
  KRAT: 'Asia/Krasnoyarsk',
  IRKT: 'Asia/Irkutsk',
  YAKT: 'Asia/Yakutsk',
  VLAT: 'Asia/Vladivostok',
  MAGT: 'Asia/Magadan',
  PETT: 'Asia/Kamchatka',
  ALMT: 'Asia/Almaty',
  UZT: 'Asia/Tashkent',
};

/** Names the zone that a mistyped name, the bare name of a city, or letters such as MSK were most likely meant to be. */
function suggestZone(name: string): string {
  const meant = lettersOf[name.toUpperCase()];
  if (meant !== undefined) return ` Did you mean "${meant}"?`;
  // A guess at other letters would be some hours wrong.
  if (/^[A-Z]{2,5}$/.test(name)) return '';
  const zones = Intl.supportedValuesOf('timeZone');
  const cityOf = (zone: string) => zone.slice(zone.lastIndexOf('/') + 1);
  const city = suggest(cityOf(name).replaceAll(' ', '_'), zones.map(cityOf));
  const zone = suggest(name, zones) ?? zones.find((one) => cityOf(one) === city);
  return zone === undefined ? '' : ` Did you mean "${zone}"?`;
}

/** A two-letter country code of ISO 3166-1, in upper case. */
export function parseCountry(raw: unknown): Parsed<string> {
  const given = text(raw);
  if (given instanceof Problem) return given;
  const letters = given.toUpperCase();
  // Intl knows the usual other names too: UK is GB.
  const code = /^[A-Z]{2}$/.test(letters) ? new Intl.Locale(`und-${letters}`).region : undefined;
  const known = code && new Intl.DisplayNames('en', { type: 'region', fallback: 'none' }).of(code);
  return known
    ? code
    : new Problem(`${quoted(given)} is not a country code of two letters, such as RU or KZ`);
}

/** A regular expression that has to fit the whole number. */
export function parseInternal(raw: unknown): Parsed<RegExp> {
  return compile(raw, (source) => `^(?:${source})$`, '\\d{2,5} or 1\\d\\d');
}

/** A regular expression that may fit anywhere. */
export function parsePattern(raw: unknown): Parsed<RegExp> {
  return compile(raw, (source) => source, '^test- or 7$');
}

function compile(raw: unknown, wrap: (source: string) => string, example: string): Parsed<RegExp> {
  const source = text(raw);
  if (source instanceof Problem) return source;
  try {
    return new RegExp(wrap(source));
  } catch {
    return new Problem(`${quoted(source)} is not a regular expression, such as ${example}`);
  }
}
