import path from 'node:path';
import { generate } from 'selfsigned';
import { workdir } from './harness.js';

/** A key and a certificate for localhost that is its own CA, valid since yesterday by the clock of this run. */
export const certificate = await generate([{ name: 'commonName', value: 'amocalls test' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  notBeforeDate: new Date(Date.now() - 86_400_000),
  extensions: [
    { name: 'basicConstraints', cA: true, critical: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: 2, value: 'localhost' },
        { type: 7, ip: '127.0.0.1' },
      ],
    },
  ],
});

/** The environment of a user who trusts that certificate. */
export function trusting(): Record<string, string> {
  return { NODE_EXTRA_CA_CERTS: path.join(workdir({ 'ca.crt': certificate.cert }), 'ca.crt') };
}
