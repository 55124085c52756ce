import type { SendResult } from '../../core/send-result.js';

/** A secret this short would stand in innocent text too. */
const shortest = 4;

/**
 * Makes what removes a secret from a result: a service that repeats what it was asked would put the key into reasons,
 * and those into files. The uuids stay as they are: verdicts are found by them.
 */
export function createRedactor(secret: string): (result: SendResult) => SendResult {
  const encoded = encodeURIComponent(secret);
  const forms = secret.length < shortest ? [] : [secret, encoded, encoded.replaceAll('%20', '+')];
  const redact = (text: string) => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
  return (result) => {
    if (result.kind !== 'settled') return { ...result, reason: redact(result.reason) };
    const { verdicts } = result;
    const rejected = new Map([...verdicts.rejected].map(([uuid, reasons]) => [uuid, reasons.map(redact)]));
    const unknownUuids = verdicts.unknownUuids.map(redact);
    return { kind: 'settled', verdicts: { ...verdicts, rejected, unknownUuids } };
  };
}
