// Parsers for values of the reading settings: --map, --timezone, --delimiter.

import { type MappableField, mappableFields } from '../core/call.js';
import { type ContradictionKind, contradictionKinds, zoneByIds } from '../core/contradiction.js';
import { type Parsed, Problem } from '../core/errors.js';
import { didYouMean, suggest } from '../core/suggest.js';
import { isRecord, names, oneOf, parseRegex, quoted, scalar, text } from './parse.js';

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
    `${quoted(raw)} is neither one character such as ";" nor one of tab, comma, semicolon, pipe`,
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
  if (zone === zoneByIds || /^[+-](0\d|1[0-4]):?[0-5]\d$/.test(zone)) return zone;
  const wrong = `${quoted(zone)} is not an IANA time zone, such as Europe/Moscow or UTC`;
  if (/^[+-]/.test(zone)) return new Problem(`${wrong}, nor an offset such as +03:00`);
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return new Problem(`${wrong}.${suggestZone(zone)}`);
  }
}

/** Kinds of contradictions, once or in a list. */
export function parseAllow(raw: unknown): Parsed<readonly ContradictionKind[]> {
  const kinds = names(Array.isArray(raw) ? raw.flatMap((one) => String(one).split(',')) : raw);
  return kinds instanceof Problem ? kinds : parseEach(kinds, oneOf(contradictionKinds));
}

/** What a parser makes of each part, or the first Problem. */
function parseEach<Part, T>(parts: readonly Part[], parse: (part: Part) => Parsed<T>): Parsed<readonly T[]> {
  const found: T[] = [];
  for (const part of parts) {
    const value = parse(part);
    if (value instanceof Problem) return value;
    found.push(value);
  }
  return found;
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
  return parseRegex(raw, (source) => `^(?:${source})$`, '\\d{2,5} or 1\\d\\d');
}

/** A field of the call that has the same value in every record. */
interface SetField {
  readonly field: MappableField;
  readonly value: string;
}

/** What a value of the direction column may mean. */
const typeWords = ['inbound', 'outbound', 'missed', 'internal'] as const;

interface Pair {
  readonly name: string;
  readonly value: string;
}

/** A call is whole without a column for these: the direction is derived, the account given, the link left out. */
const dispensable = ['type', 'link', 'account_id'];

/**
 * `field=column` or `field=template`, once or in a list; in a profile also a map. An empty text leaves a recognised column
 * unread (`type=`).
 */
export function parseMap(
  raw: unknown,
): Parsed<readonly { readonly field: MappableField; readonly source: string }[]> {
  const pairs = parseFields(raw);
  if (pairs instanceof Problem) return pairs;
  const empty = pairs.find(({ field, value }) => value === '' && !dispensable.includes(field));
  if (empty) return new Problem(`"${empty.field}" is mapped to nothing; write ${empty.field}=column`);
  return pairs.map(({ field, value }) => ({ field, source: value }));
}

/** `field=value`, once or in a list; in a profile also a map. An empty value is a value. */
export function parseSet(raw: unknown): Parsed<readonly SetField[]> {
  return parseFields(raw);
}

/** `1=inbound,2=outbound`, once or in a list; in a profile also a map. */
export function parseTypeMap(raw: unknown): Parsed<Readonly<Record<string, (typeof typeWords)[number]>>> {
  const parts = Array.isArray(raw) ? raw : [raw];
  const pairs = parsePairs(parts.flatMap((part) => (typeof part === 'string' ? part.split(',') : [part])));
  if (pairs instanceof Problem) return pairs;
  const known = parseEach(pairs, ({ name, value }) => {
    const word = value.toLowerCase();
    const type = typeWords.find((one) => one === word);
    if (type !== undefined) return [name, type] as const;
    return new Problem(
      `"${name}" is mapped to ${quoted(value)}, which is none of ${typeWords.join(', ')}${didYouMean(word, typeWords)}`,
    );
  });
  return known instanceof Problem ? known : Object.fromEntries(known);
}

function parseFields(raw: unknown): Parsed<readonly SetField[]> {
  const pairs = parsePairs(Array.isArray(raw) ? raw : [raw]);
  if (pairs instanceof Problem) return pairs;
  const fields: SetField[] = [];
  for (const { name, value } of pairs) {
    const word = name.toLowerCase().replaceAll('-', '_');
    const field = mappableFields.find((known) => known === word);
    if (field === undefined)
      return new Problem(
        `${quoted(name)} is none of the fields ${mappableFields.join(', ')}${didYouMean(word, mappableFields)}`,
      );
    if (fields.some((other) => other.field === field)) return new Problem(`"${field}" is given twice`);
    fields.push({ field, value });
  }
  return fields;
}

/** Only the first `=` parts name and value: templates and addresses hold more of them. */
function parsePairs(parts: readonly unknown[]): Parsed<readonly Pair[]> {
  const pairs = parseEach(parts, (part): Parsed<readonly Pair[]> => {
    if (isRecord(part)) {
      return parseEach(Object.entries(part), ([name, raw]) => {
        const value = scalar(raw);
        if (value === undefined) return new Problem(`"${name}": ${quoted(raw)} is not a text`);
        return { name: name.trim(), value };
      });
    }
    const found = scalar(part) ?? '';
    const equals = found.indexOf('=');
    if (equals < 1) return new Problem(`${quoted(part)} is not in the form name=value`);
    return [{ name: found.slice(0, equals).trim(), value: found.slice(equals + 1).trim() }];
  });
  return pairs instanceof Problem ? pairs : pairs.flat();
}
