import type { CallFields } from './store.js';

const digits = /^\d+$/;
/** Before the year 2000 there was no such service. */
const earliest = 946_684_800;
const daySeconds = 86_400;

/**
 * Why the sandbox rejects a call of calls/add; empty for a valid one. The service's own reasons are published
 * nowhere: these are the sandbox's.
 *
 * @param accountId the account_id of the query
 * @param now milliseconds since 1970
 */
export function validateCall(call: CallFields, accountId: string, now: number): readonly string[] {
  const reasons: string[] = [];
  if (call.uuid === undefined || call.uuid === '') reasons.push('uuid is required');
  number(reasons, 'caller', call.caller);
  number(reasons, 'to', call.to);
  if (call.date === undefined || !digits.test(call.date)) {
    reasons.push(wrong('date', call.date, 'a Unix time in whole seconds'));
  } else if (Number(call.date) < earliest || Number(call.date) > now / 1000 + daySeconds) {
    reasons.push(`date ${call.date} is not between the year 2000 and tomorrow`);
  }
  if (call.type !== 'inbound' && call.type !== 'outbound') {
    reasons.push(wrong('type', call.type, 'inbound or outbound'));
  }
  if (call.billsec === undefined || !digits.test(call.billsec)) {
    reasons.push(wrong('billsec', call.billsec, 'a whole number of seconds'));
  }
  if (call.account_id !== undefined && call.account_id !== accountId) {
    reasons.push(`account_id "${call.account_id}" is not the account of the request`);
  }
  return reasons;
}

function number(reasons: string[], field: 'caller' | 'to', value: string | undefined): void {
  if (value === undefined || !digits.test(value)) reasons.push(wrong(field, value, 'digits only'));
}

function wrong(field: string, value: string | undefined, expected: string): string {
  return value === undefined || value === ''
    ? `${field} is required`
    : `${field} "${value}" is not ${expected}`;
}
