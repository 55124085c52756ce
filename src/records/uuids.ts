// Stable uuids made of values.

import { hash } from 'node:crypto';
import type { Call, CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { createHashSet } from '../core/hash.js';
import { cellsOf } from './field-sources.js';
import type { ParsedRecord } from './record.js';
import type { UuidPart } from './uuid-columns.js';

/** 24 hexadecimal digits of SHA-256, 96 bits: for ten million calls the odds of a collision are below 1 in 10¹⁵. */
export function hashParts(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 24);
}

/** Derives the uuid of one call, so that the same command typed twice is the same call. */
export function deriveUuid(call: Pick<Call, 'account_id' | 'caller' | 'to' | 'date' | 'type'>): string {
  return hashParts([call.account_id, call.caller, call.to, call.date, call.type]);
}

/**
 * Makes a hash for one file: from the same parts it gives the same uuid in every file,
 * and another one for the second, third, … time that they occur in this one.
 */
export function createUuidHash(): (parts: readonly (string | number)[]) => string {
  const seen = createHashSet();
  const repetitions = new Map<string, number>();
  return (parts) => {
    const uuid = hashParts(parts);
    if (seen.add(uuid)) return uuid;
    const repetition = (repetitions.get(uuid) ?? 1) + 1;
    repetitions.set(uuid, repetition);
    return hashParts([...parts, repetition]);
  };
}

/** Builds the uuid of a row that has none, of these parts; and the one that earlier versions would have built, where they would have. */
export type UuidBuilder = (
  record: ParsedRecord,
  parts: readonly UuidPart[],
) => Pick<ParsedRecord, 'uuid' | 'formerUuid'>;

/**
 * Makes a builder of uuids for one file. They are made of the cells as they stand, without white space around them: another zone
 * or country, other words for the direction or a better rule leave them as they are. Versions before 0.2 made them of values.
 */
export function createUuidBuilder(): UuidBuilder {
  const hashOf = createUuidHash();
  const formerHashOf = createUuidHash();
  return (record, uuidParts) => {
    const parts = uuidParts.flatMap(({ source }) => cellsOf(source, record.row.cells));
    if (parts.every((text) => text === '')) return { uuid: noParts, formerUuid: undefined };
    const uuid = hashOf(parts);
    if (uuidParts.every(({ field }) => field === undefined)) return { uuid, formerUuid: undefined };
    const former = formerParts(record, uuidParts);
    return { uuid, formerUuid: former && formerHashOf(former) };
  };
}

const noParts = new Problem('cannot be built: the columns of --uuid-from are empty');

/** The parts of which uuids were built before 0.2: the values of fields; undefined where one could not be read. */
function formerParts(
  record: ParsedRecord,
  uuidParts: readonly UuidPart[],
): readonly (string | number)[] | undefined {
  const parts: (string | number)[] = [];
  for (const { field, source } of uuidParts) {
    const value = field === undefined ? source.read(record.row.cells) : fieldValue(field, record);
    if (value === null || value instanceof Problem) return undefined;
    parts.push(value);
  }
  return parts;
}

function fieldValue(field: CallField, record: ParsedRecord): Parsed<string | number> | null {
  if (field === 'date') return record.date instanceof Problem ? record.date : record.date.unix;
  if (field === 'type') return record.direction;
  return field === 'account_id' ? record.account : record[field];
}
