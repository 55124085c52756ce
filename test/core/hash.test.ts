import { expect, test } from 'vitest';
import { type Call, callFields, noteFields } from '../../src/core/call.js';
import { hashCall } from '../../src/core/hash.js';

const call: Call = {
  uuid: 'a',
  caller: '74950000001',
  to: '101',
  date: 1704092400,
  type: 'inbound',
  billsec: 98,
  account_id: '1',
};
const full: Call = {
  ...call,
  link: 'https://pbx.example/1.mp3',
  call_status: 6,
  call_result: 'перезвонить',
};

test('the hash of a call stays what ledgers already keep', () => {
  expect([hashCall(call), hashCall(full)]).toEqual([270774473317322, 131058715220759]);
});

test.each([...callFields, ...noteFields].filter((field) => field !== 'uuid' && field !== 'account_id'))(
  'the hash of a call changes with its %s',
  (field) => {
    expect(hashCall({ ...full, [field]: 'other' })).not.toBe(hashCall(full));
  },
);

test('the hash of a call knows neither its uuid nor its account', () => {
  expect(hashCall({ ...full, uuid: 'b', account_id: '2' })).toBe(hashCall(full));
});
