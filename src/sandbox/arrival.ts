import { isAscii } from 'node:buffer';
import { type CallField, callFields } from '../core/call.js';
import { readPlainForm } from './fast-form.js';
import { type PhpValue, readForm } from './form.js';

/** A call as it arrived: whatever fields had a text, unchecked. */
export type Arrival = Readonly<Partial<Record<CallField, string>>>;

/**
 * The calls of a form body, in the order in which PHP meets them in `request[add]`. Fields that calls/add does
 * not know are left out, and so is a field that came as an array.
 *
 * @param mostVariables PHP's `max_input_vars`
 */
export function readArrivals(body: Buffer, mostVariables: number): readonly Arrival[] {
  const plain = isAscii(body) ? readPlainForm(body, mostVariables) : undefined;
  return plain ?? readGeneralForm(body, mostVariables);
}

/** The same by way of the general reader alone. */
export function readGeneralForm(body: Buffer, mostVariables: number): readonly Arrival[] {
  const form = readForm(body.toString('latin1'), mostVariables);
  const calls = inside(inside(form, 'request'), 'add');
  return typeof calls === 'object' ? [...calls.entries.values()].map(toArrival) : [];
}

function inside(value: PhpValue | undefined, key: string): PhpValue | undefined {
  return typeof value === 'object' ? value.entries.get(key) : undefined;
}

function toArrival(value: PhpValue): Arrival {
  const arrival: Partial<Record<CallField, string>> = {};
  for (const field of callFields) {
    const text = inside(value, field);
    if (typeof text === 'string') arrival[field] = text;
  }
  return arrival;
}
