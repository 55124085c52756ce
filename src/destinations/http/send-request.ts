// One request with calls: what is thrown on the way is the result of its calls, and no secret is in it.

import { formsOfSecret, withoutSecrets } from '../../core/secrets.js';
import type { Receipt, SendResult } from '../../core/send-result.js';
import type { HttpRequest, HttpResult, Transport } from './exchange.js';

/** Sends calls in one request, once: how it is written, and what its answer means. */
type SendRequest = (
  encode: () => HttpRequest,
  classify: (reply: HttpResult) => SendResult,
) => Promise<SendResult>;

/**
 * Makes what sends requests with calls. It never rejects: what is thrown on the way is the result of these calls, *not
 * received* before the request was handed to the transport, *lost* after it. The secret is removed from all results.
 */
export function createSender(transport: Transport, secret: string): SendRequest {
  const redact = createRedactor(secret);
  return async (encode, classify) => {
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
  };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown failure';
}

/** Makes what removes a secret from a text, in all forms in which it may stand there. */
export function createTextRedactor(secret: string): (text: string) => string {
  const forms = formsOfSecret(secret);
  return (text) => withoutSecrets(text, forms);
}

/**
 * Makes what removes a secret from a result: a service that repeats what it was asked would put the key into reasons,
 * and those into files. The uuids stay as they are: verdicts and receipts are found by them.
 */
function createRedactor(secret: string): (result: SendResult) => SendResult {
  const redact = createTextRedactor(secret);
  const all = (reasons: ReadonlyMap<string, readonly string[]>) =>
    new Map([...reasons].map(([uuid, texts]) => [uuid, texts.map(redact)]));
  const clean = (receipt: Receipt): Receipt => {
    const { entity_type, uid } = receipt;
    if ([entity_type, uid].every((text) => text === undefined || redact(text) === text)) return receipt;
    return { ...receipt, entity_type: entity_type && redact(entity_type), uid: uid && redact(uid) };
  };
  return (result) => {
    if (result.kind === 'answered') {
      const { verdicts } = result;
      const { rejected, deferred, receipts, unknownUuids } = verdicts;
      const cleaned = {
        rejected: all(rejected),
        deferred: deferred && all(deferred),
        receipts: receipts && new Map([...receipts].map(([uuid, receipt]) => [uuid, clean(receipt)])),
        unknownUuids: unknownUuids.map(redact),
      };
      return { kind: 'answered', verdicts: { ...verdicts, ...cleaned } };
    }
    const reason = redact(result.reason);
    if (result.kind !== 'refused' || result.named === undefined) return { ...result, reason };
    const { rejected, deferred } = result.named;
    return { ...result, reason, named: { rejected: all(rejected), deferred: deferred && all(deferred) } };
  };
}
