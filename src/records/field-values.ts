// Whether a text can be the value of a field; whether an object of JSON is a call.

import { Problem } from '../core/errors.js';
import type { JsonObject } from '../core/json.js';
import { cellText } from './cell-text.js';
import { parseDateText } from './date-text.js';
import { parseDirection } from './directions.js';
import { parseBillsec } from './durations.js';
import { fieldsOfName, type NamedField } from './header-names.js';
import { parseNumber } from './phone-numbers.js';

/** Fields that tell a call: a link or an account says nothing. */
const telling: ReadonlySet<NamedField> = new Set([
  ...(['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'client', 'employee'] as const),
]);

/**
 * How many fields of a call an object of JSON holds: those for which it has a known name with a value that the field can
 * have. An envelope with a period (`from`, `to`, `date`) holds one, a call has three or more.
 */
export function fieldsIn(record: JsonObject): number {
  const found = new Set<NamedField>();
  for (const [name, value] of Object.entries(record)) {
    if (typeof value !== 'string' && typeof value !== 'number') continue;
    const text = cellText(String(value));
    for (const field of fieldsOfName(name)) if (telling.has(field) && canBe(field, text)) found.add(field);
  }
  return found.size;
}

/** Whether a text can be the value of a field, as far as it tells by itself. */
function canBe(field: NamedField, text: string): boolean {
  if (text === '') return false;
  const isDate = !(parseDateText(text, 'dmy') instanceof Problem);
  switch (field) {
    case 'date':
      return isDate;
    case 'caller':
    case 'to':
    case 'client':
    case 'employee':
      return !(parseNumber(text, {}) instanceof Problem) && (!isDate || /^\+?\d+$/.test(text));
    case 'type':
      return !(parseDirection(text) instanceof Problem);
    case 'billsec':
      return !(parseBillsec(text) instanceof Problem);
    default:
      return true;
  }
}
