// Whether a text can be the value of a field; whether an object of JSON is a call.

import type { MappableField } from '../core/call.js';
import { Problem } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { cellText } from './cell-text.js';
import { parseDateText } from './date-text.js';
import { type Direction, parseDirection } from './directions.js';
import { parseBillsec } from './durations.js';
import { fieldsOfName, type NamedField } from './header-names.js';
import { parseNumber } from './phone-numbers.js';

/** Fields that tell no call: every object may have a link or an account. */
const silent: readonly NamedField[] = ['link', 'account_id'];

/**
 * How many fields of a call an object of JSON holds: those for which it has a known name with a value that the field can
 * have. An envelope with a period (`from`, `to`, `date`) holds one, a call has three or more.
 */
export function fieldsIn(record: JsonObject): number {
  const found = new Set<NamedField>();
  for (const [name, value] of Object.entries(record)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = cellText(String(value));
    for (const field of fieldsOfName(name))
      if (!silent.includes(field) && canBe(field, text)) found.add(field);
  }
  return found.size;
}

/**
 * Whether a text can be the value of a field, as far as it tells by itself.
 *
 * @param typeMap words for the direction beside those that are known
 */
export function canBe(field: MappableField, text: string, typeMap?: ReadonlyMap<string, Direction>): boolean {
  if (text === '') return false;
  const isDate = () => !(parseDateText(text, 'dmy') instanceof Problem);
  switch (field) {
    case 'date':
      return isDate();
    case 'caller':
    case 'to':
    case 'client':
    case 'employee':
      return !(parseNumber(text, {}) instanceof Problem) && (/^\+?\d+$/.test(text) || !isDate());
    case 'type':
      return !(parseDirection(text, typeMap) instanceof Problem);
    case 'billsec':
      return !(parseBillsec(text) instanceof Problem);
    default:
      return true;
  }
}
