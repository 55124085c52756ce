// One request with calls: what is thrown on the way is the result of its calls.

import type { SendResult } from '../../core/send-result.js';
import type { HttpRequest, HttpResult, Transport } from './exchange.js';

/** One request with calls: how it is written, and what its answer means. */
export interface CallsRequest {
  readonly encode: () => HttpRequest;
  readonly classify: (reply: HttpResult) => SendResult;
  /** Removes the secret from the result. */
  readonly redact: (result: SendResult) => SendResult;
}

/**
 * Sends calls in one request, once. Never rejects: what is thrown on the way is the result of these calls, *not received*
 * before the request was handed to the transport, *lost* after it.
 */
export async function sendRequest(
  transport: Transport,
  { encode, classify, redact }: CallsRequest,
): Promise<SendResult> {
  let request: HttpRequest;
  try {
    request = encode();
  } catch (error) {
    const reason = `the request could not be written: ${wordsOf(error)}`;
    return redact({ kind: 'not received', reason, throttled: false });
  }
  try {
    return redact(classify(await transport.send(request)));
  } catch (error) {
    return redact({ kind: 'lost', reason: `the answer could not be read: ${wordsOf(error)}` });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}
