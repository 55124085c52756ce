import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../../src/core/call.js';
import { encodeCalls } from '../../../src/destinations/calls-add/request-body.js';

/** The two calls of the vendor's page, as its PHP sample builds them. */
const sample: readonly Call[] = [
  {
    uuid: '947669bca9ca3c8dd87b1ad98a5f1bb1a8a0c',
    caller: '117',
    to: '74950000001',
    date: 1504525166,
    type: 'inbound',
    billsec: 98,
    link: 'https://pbx.example/rec/a b+c&d=é.mp3?x=1',
    account_id: '39099',
  },
  {
    uuid: '2',
    caller: '117',
    to: '74950000002',
    date: 1504525167,
    type: 'outbound',
    billsec: 0,
    account_id: '39099',
  },
];

describe('the form body of a request', () => {
  test('is what http_build_query writes, uuid first', () => {
    expect(encodeCalls(sample)).toBe(
      [
        'request%5Badd%5D%5B0%5D%5Buuid%5D=947669bca9ca3c8dd87b1ad98a5f1bb1a8a0c',
        'request%5Badd%5D%5B0%5D%5Bcaller%5D=117',
        'request%5Badd%5D%5B0%5D%5Bto%5D=74950000001',
        'request%5Badd%5D%5B0%5D%5Bdate%5D=1504525166',
        'request%5Badd%5D%5B0%5D%5Btype%5D=inbound',
        'request%5Badd%5D%5B0%5D%5Bbillsec%5D=98',
        'request%5Badd%5D%5B0%5D%5Blink%5D=https%3A%2F%2Fpbx.example%2Frec%2Fa+b%2Bc%26d%3D%C3%A9.mp3%3Fx%3D1',
        'request%5Badd%5D%5B0%5D%5Baccount_id%5D=39099',
        'request%5Badd%5D%5B1%5D%5Buuid%5D=2',
        'request%5Badd%5D%5B1%5D%5Bcaller%5D=117',
        'request%5Badd%5D%5B1%5D%5Bto%5D=74950000002',
        'request%5Badd%5D%5B1%5D%5Bdate%5D=1504525167',
        'request%5Badd%5D%5B1%5D%5Btype%5D=outbound',
        'request%5Badd%5D%5B1%5D%5Bbillsec%5D=0',
        'request%5Badd%5D%5B1%5D%5Baccount_id%5D=39099',
      ].join('&'),
    );
  });

  test('reaches a form parser with any text in it, broken surrogates apart', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(text, text, (uuid, link) => {
        const call: Call = {
          uuid,
          caller: '1',
          to: '2',
          date: 1,
          type: 'inbound',
          billsec: 0,
          link,
          account_id: '3',
        };
        const form = new URLSearchParams(encodeCalls([call]));
        expect(form.get('request[add][0][uuid]')).toBe(uuid.toWellFormed());
        expect(form.get('request[add][0][link]')).toBe(link.toWellFormed());
      }),
    );
  });
});
