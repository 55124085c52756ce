import type { SendResult } from '../core/send-result.js';

/** A secret this short would stand in innocent text too. */
const shortest = 4;

/**
 * Makes what takes a secret out of a judgement: a service that repeats what it was asked would put the key into
 * reasons, and those into files. The uuids stay as they are: verdicts are found by them.
 */
export function createMask(secret: string): (judgement: SendResult) => SendResult {
  const encoded = encodeURIComponent(secret);
  const forms = secret.length < shortest ? [] : [secret, encoded, encoded.replaceAll('%20', '+')];
  const mask = (text: string) => forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
  return (judgement) => {
    if (judgement.kind !== 'settled') return { ...judgement, why: mask(judgement.why) };
    const { accepted, rejected, unknownUuids } = judgement.verdicts;
    const masked = new Map([...rejected].map(([uuid, reasons]) => [uuid, reasons.map(mask)]));
    return {
      kind: 'settled',
      verdicts: { accepted, rejected: masked, unknownUuids: unknownUuids.map(mask) },
    };
  };
}
