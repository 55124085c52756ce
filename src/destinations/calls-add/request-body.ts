// Calls to a form body as http_build_query writes it.

import { type Call, signedLink } from '../../core/call.js';

/** Characters that PHP's urlencode leaves as they are: most values need no work at all. */
const plain = /^[\w.-]*$/;

/** Characters that encodeURIComponent leaves as they are and urlencode does not; %20 becomes a plus. */
const different = /[!'()*~]|%20/;

/** Encodes one text as PHP's urlencode does: RFC 1738, a space as `+`. */
function urlencode(text: string): string {
  if (plain.test(text)) return text;
  const encoded = encodeURIComponent(text.toWellFormed());
  // Asking first halves the time: a link seldom holds any of them.
  return different.test(encoded) ? adapted(encoded) : encoded;
}

function adapted(encoded: string): string {
  return encoded
    .replace(/[!'()*~]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

const fields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'account_id'] as const;
type Keys = Readonly<Record<(typeof fields)[number], string>>;

/** `&request%5Badd%5D%5B7%5D%5Buuid%5D=` and so on, made once for each position of a request. */
const keysByIndex: Keys[] = [];

function keysOf(index: number): Keys {
  const known = keysByIndex[index];
  if (known !== undefined) return known;
  const key = (field: string) => `&request%5Badd%5D%5B${index}%5D%5B${field}%5D=`;
  const keys: Keys = {
    uuid: index === 0 ? key('uuid').slice(1) : key('uuid'),
    caller: key('caller'),
    to: key('to'),
    date: key('date'),
    type: key('type'),
    billsec: key('billsec'),
    link: key('link'),
    account_id: key('account_id'),
  };
  keysByIndex[index] = keys;
  return keys;
}

/**
 * The form body of one request, byte for byte what PHP's `http_build_query` makes of
 * `['request' => ['add' => $calls]]`. `uuid` comes first, so that a call cut off by PHP's limit of
 * variables still arrives with its name.
 */
export function encodeCalls(calls: readonly Call[]): string {
  let body = '';
  calls.forEach((call, index) => {
    const key = keysOf(index);
    body += key.uuid + urlencode(call.uuid) + key.caller + call.caller + key.to + call.to;
    body += key.date + call.date + key.type + call.type + key.billsec + call.billsec;
    const link = signedLink(call);
    if (link !== undefined) body += key.link + urlencode(link);
    body += key.account_id + urlencode(call.account_id);
  });
  return body;
}

/** The eight keys of a call, as they stand in a body, with a position of up to three digits. */
const keyBytes = 8 * 40;
/** A UTF-16 unit becomes at most three bytes, each written as %XX. */
const worstEncoding = 9;

/** An upper bound of the bytes of a call in a body: cheap, and exact enough to stay below the limit. */
export function largestSize(call: Call): number {
  const text = call.uuid.length + (signedLink(call)?.length ?? 0) + call.account_id.length;
  return keyBytes + text * worstEncoding + call.caller.length + call.to.length + 30;
}
