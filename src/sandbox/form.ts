// The calls of a form body, as PHP reads them.

import { type CallField, callFields } from '../core/call.js';
import type { CallFields } from './store.js';

/**
 * The calls of a form body, as far as `request[add]` holds any: their fields are text, the last one of a name counts, and `[]`
 * begins a call of its own, as in PHP. What calls/add does not know is left out.
 *
 * @param mostVariables PHP's `max_input_vars`: one more than this arrives, the rest is dropped without a word
 */
export function callsOfForm(body: Buffer, mostVariables: number): readonly CallFields[] {
  const variables = body.toString().split('&', mostVariables + 1);
  const calls = new Map<string, Partial<Record<CallField, string>>>();
  for (const [name, value] of new URLSearchParams(variables.join('&'))) {
    const [path, index = '', key] = /^request\[add\]\[([^\]]*)\](?:\[([^\]]*)\])?/.exec(name) ?? [];
    if (path === undefined) continue;
    const place = index === '' ? `next ${calls.size}` : index;
    const call = calls.get(place) ?? {};
    const field = path === name ? callFields.find((known) => known === key) : undefined;
    if (field !== undefined) call[field] = value;
    calls.set(place, call);
  }
  return [...calls.values()];
}
