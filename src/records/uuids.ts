import { hash } from 'node:crypto';
import type { Call } from '../core/call.js';
import { createHashSet } from '../core/hash-set.js';

/** 24 hexadecimal digits of SHA-256, 96 bits: for ten million calls the odds of a collision are below 1 in 10¹⁵. */
export function hashParts(parts: readonly (string | number)[]): string {
  return hash('sha256', JSON.stringify(parts)).slice(0, 24);
}

/** Derives the uuid of one call, so that the same command typed twice is the same call. */
export function deriveUuid(call: Pick<Call, 'account_id' | 'caller' | 'to' | 'date' | 'type'>): string {
  return hashParts([call.account_id, call.caller, call.to, call.date, call.type]);
}

/**
 * Makes a builder of uuids for one file: from the same parts it gives the same uuid in every file,
 * and another one for the second, third, … time that they stand in this one.
 */
export function createUuidBuilder(): (parts: readonly (string | number)[]) => string {
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
