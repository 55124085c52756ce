// Removes a secret from what the service said.

import { formsOfSecret, withoutSecrets } from '../../core/secrets.js';
import type { Receipt, SendResult } from '../../core/send-result.js';

/** Makes what removes a secret from a text, in all forms in which it may stand there. */
export function createTextRedactor(secret: string): (text: string) => string {
  const forms = formsOfSecret(secret);
  return (text) => withoutSecrets(text, forms);
}

/**
 * Makes what removes a secret from a result: a service that repeats what it was asked would put the key into reasons,
 * and those into files. The uuids stay as they are: verdicts and receipts are found by them.
 */
export function createRedactor(secret: string): (result: SendResult) => SendResult {
  const redact = createTextRedactor(secret);
  const all = (reasons: ReadonlyMap<string, readonly string[]>) =>
    new Map([...reasons].map(([uuid, texts]) => [uuid, texts.map(redact)]));
  const clean = (receipts: ReadonlyMap<string, Receipt>) =>
    new Map([...receipts].map(([uuid, receipt]) => [uuid, cleanReceipt(receipt)]));
  const cleanReceipt = (receipt: Receipt): Receipt => {
    const { entity_type, uid } = receipt;
    const isClean = [entity_type, uid].every((text) => text === undefined || redact(text) === text);
    if (isClean) return receipt;
    return {
      ...receipt,
      ...(entity_type === undefined ? {} : { entity_type: redact(entity_type) }),
      ...(uid === undefined ? {} : { uid: redact(uid) }),
    };
  };
  return (result) => {
    if (result.kind === 'settled') {
      const { verdicts } = result;
      const rejected = all(verdicts.rejected);
      const unknownUuids = verdicts.unknownUuids.map(redact);
      const receipts = verdicts.receipts === undefined ? {} : { receipts: clean(verdicts.receipts) };
      const deferred = verdicts.deferred === undefined ? {} : { deferred: all(verdicts.deferred) };
      return { kind: 'settled', verdicts: { ...verdicts, rejected, unknownUuids, ...receipts, ...deferred } };
    }
    const reason = redact(result.reason);
    if (result.kind !== 'refused' || result.named === undefined) return { ...result, reason };
    const { rejected, deferred } = result.named;
    const named = { rejected: all(rejected), ...(deferred === undefined ? {} : { deferred: all(deferred) }) };
    return { ...result, reason, named };
  };
}
