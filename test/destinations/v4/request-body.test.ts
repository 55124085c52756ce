import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Call } from '../../../src/core/call.js';
import { encodeCalls, encodeLeads, endsOf, largestSize } from '../../../src/destinations/v4/request-body.js';

const naming = {
  source: 'PBX Moscow',
  users: new Map([['101', 504141]]),
  isInternal: (number: string) => /^\d{2,5}$/.test(number),
};

const inbound: Call = {
  uuid: '947669bca9ca3c8dd87b1ad98a5f1bb1a8a0c',
  caller: '74950000001',
  to: '101',
  date: 1504525166,
  type: 'inbound',
  billsec: 98,
  link: 'https://pbx.example/rec/ё.mp3',
  account_id: '',
};
const outbound: Call = {
  uuid: '2',
  caller: '102',
  to: '74950000002',
  date: 1504525167,
  type: 'outbound',
  billsec: 0,
  account_id: '',
};

describe('the body of POST /api/v4/calls', () => {
  test('is an array, field by field in the order of the vendor, ASCII, with no field that is not known', () => {
    expect(encodeCalls([inbound, outbound], naming)).toBe(
      '[{"uniq":"947669bca9ca3c8dd87b1ad98a5f1bb1a8a0c","direction":"inbound","duration":98,"phone":"74950000001",' +
        '"call_responsible":504141,"created_at":1504525166,"link":"https://pbx.example/rec/\\u0451.mp3",' +
        '"source":"PBX Moscow","call_status":4,"request_id":"0"},' +
        '{"uniq":"2","direction":"outbound","duration":0,"phone":"74950000002","created_at":1504525167,' +
        '"source":"PBX Moscow","call_status":6,"request_id":"1"}]',
    );
  });

  test.each([
    ['the caller of an inbound call', inbound, '74950000001', '101'],
    ['the number that an outbound call went to', outbound, '74950000002', '102'],
    [
      'the other one, where the extension stands as the caller of an inbound call',
      { ...inbound, caller: '101', to: '74950000001' },
      '74950000001',
      '101',
    ],
    ['the caller, where both could be extensions', { ...inbound, caller: '112' }, '112', '101'],
    [
      'the caller, where neither is an extension',
      { ...inbound, to: '74959999999' },
      '74950000001',
      '74959999999',
    ],
  ])('the phone is %s', (_name, call, phone, extension) => {
    expect(endsOf(call, naming)).toEqual({ phone, extension });
  });

  test('survives any text, broken surrogates apart, and is never larger than its bound', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const broken = fc.string({ unit: 'binary', minLength: 1 });
    fc.assert(
      fc.property(fc.oneof(text, broken), fc.oneof(text, broken), text, (uuid, link, source) => {
        const call = { ...inbound, uuid, link };
        const body = encodeCalls([call], { ...naming, source });
        expect(body).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(body)).toMatchObject([
          { uniq: uuid.toWellFormed(), link: link.toWellFormed(), source },
        ]);
        expect(body.length).toBeLessThanOrEqual(largestSize(call, source));
      }),
    );
  });
});

test('the body of an incoming lead names the call twice and its contact once', () => {
  expect(JSON.parse(encodeLeads([inbound], { ...naming, pipelineId: 7 }))).toEqual([
    {
      request_id: '0',
      source_uid: inbound.uuid,
      source_name: 'PBX Moscow',
      pipeline_id: 7,
      created_at: inbound.date,
      metadata: {
        phone: inbound.caller,
        from: inbound.caller,
        called_at: inbound.date,
        duration: 98,
        link: inbound.link,
        service_code: 'amocalls',
        uniq: inbound.uuid,
        call_responsible: 504141,
        is_call_event_needed: true,
      },
      _embedded: {
        contacts: [
          {
            name: inbound.caller,
            custom_fields_values: [{ field_code: 'PHONE', values: [{ value: inbound.caller }] }],
          },
        ],
      },
    },
  ]);
});
