import { type CallField, callFields } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { isRecord, quoted, scalar } from './parsers.js';

/** A field of the call, and the column or the template that feeds it. */
export interface MappedField {
  readonly field: CallField;
  readonly source: string;
}

/** A field of the call that has the same value in every record. */
export interface SetField {
  readonly field: CallField;
  readonly value: string;
}

/** What a value of the direction column may stand for. */
const typeWords = ['inbound', 'outbound', 'missed', 'internal'] as const;
type TypeWord = (typeof typeWords)[number];

interface Pair {
  readonly name: string;
  readonly value: string;
}

/** `field=column` or `field=template`, once or in a list; in a profile also a map. */
export function parseMap(raw: unknown): Parsed<readonly MappedField[]> {
  const pairs = parseFields(raw);
  if (pairs instanceof Problem) return pairs;
  const empty = pairs.find(({ value }) => value === '');
  if (empty) return new Problem(`"${empty.field}" is mapped to nothing; write ${empty.field}=column`);
  return pairs.map(({ field, value }) => ({ field, source: value }));
}

/** `field=value`, once or in a list; in a profile also a map. An empty value is a value. */
export function parseSet(raw: unknown): Parsed<readonly SetField[]> {
  return parseFields(raw);
}

/** `1=inbound,2=outbound`, once or in a list; in a profile also a map. */
export function parseTypeMap(raw: unknown): Parsed<Readonly<Record<string, TypeWord>>> {
  const parts = Array.isArray(raw) ? raw : [raw];
  const pairs = parsePairs(parts.flatMap((part) => (typeof part === 'string' ? part.split(',') : [part])));
  if (pairs instanceof Problem) return pairs;
  const map: Record<string, TypeWord> = {};
  for (const { name, value } of pairs) {
    const word = value.toLowerCase();
    const type = typeWords.find((known) => known === word);
    if (type === undefined)
      return new Problem(
        `"${name}" stands for ${quoted(value)}, which is none of ${typeWords.join(', ')}.${didYouMean(word, typeWords)}`,
      );
    map[name] = type;
  }
  return map;
}

function parseFields(raw: unknown): Parsed<readonly SetField[]> {
  const pairs = parsePairs(Array.isArray(raw) ? raw : [raw]);
  if (pairs instanceof Problem) return pairs;
  const fields: SetField[] = [];
  for (const { name, value } of pairs) {
    const word = name.toLowerCase().replaceAll('-', '_');
    const field = callFields.find((known) => known === word);
    if (field === undefined)
      return new Problem(
        `${quoted(name)} is not a field of a call.${didYouMean(word, callFields)} The fields are ${callFields.join(', ')}`,
      );
    if (fields.some((other) => other.field === field)) return new Problem(`"${field}" stands twice`);
    fields.push({ field, value });
  }
  return fields;
}

/** Only the first `=` parts name and value: templates and addresses hold more of them. */
function parsePairs(parts: readonly unknown[]): Parsed<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const part of parts) {
    if (isRecord(part)) {
      for (const [name, raw] of Object.entries(part)) {
        const value = scalar(raw);
        if (value === undefined) return new Problem(`"${name}": ${quoted(raw)} is not a text`);
        pairs.push({ name: name.trim(), value });
      }
      continue;
    }
    const found = scalar(part) ?? '';
    const equals = found.indexOf('=');
    if (equals < 1) return new Problem(`${quoted(part)} is not of the form name=value`);
    pairs.push({ name: found.slice(0, equals).trim(), value: found.slice(equals + 1).trim() });
  }
  return pairs;
}
