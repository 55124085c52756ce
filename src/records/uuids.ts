// Stable uuids made of values.

import { hash } from 'node:crypto';
import type { Call, CallField } from '../core/call.js';
import { type Parsed, Problem } from '../core/errors.js';
import { createHashSet } from '../core/hash.js';
import { cellText } from './cell-text.js';
import type { UuidPart } from './mapping.js';
import type { RowValues, UuidBuilder } from './row-values.js';

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

/** Makes a builder of uuids for one file; of a row that lacks a value which is a part, it gives null. */
export function createUuidBuilder(): UuidBuilder {
  const hashOf = createUuidHash();
  return (cells, values, uuidParts) => {
    const parts: (string | number)[] = [];
    for (const part of uuidParts) {
      const value = partValue(part, cells, values);
      if (value === null) return null;
      parts.push(value);
    }
    return parts.every((part) => part === '')
      ? new Problem('has nothing to be built of: the columns of --uuid-from are empty')
      : hashOf(parts);
  };
}

function partValue(part: UuidPart, cells: readonly string[], values: RowValues): string | number | null {
  if ('index' in part) return cellText(cells[part.index]);
  const value = fieldValue(part.field, values);
  return value instanceof Problem ? null : value;
}

function fieldValue(field: CallField, values: RowValues): Parsed<string | number> | null {
  if (field === 'date') return values.date instanceof Problem ? values.date : values.date.unix;
  if (field === 'type') return values.direction;
  return field === 'account_id' ? values.account : values[field];
}
