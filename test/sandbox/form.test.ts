import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callsOfForm } from '../../src/sandbox/calls-add-handler.js';

const fields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'account_id'];

function body(calls: number): Buffer {
  const pairs = Array.from({ length: calls }, (_, index) =>
    fields.map((name) => `request%5Badd%5D%5B${index}%5D%5B${name}%5D=${name}-${index}%2F+x`),
  );
  return Buffer.from(pairs.flat().join('&'));
}

/** The same calls by Node's own reader of forms, for keys without PHP's special cases. */
function callsByUrlSearchParams(text: string, limit: number): unknown[] {
  const calls = new Map<string, Record<string, string>>();
  const pairs = text.split('&').slice(0, limit + 1);
  for (const [key, value] of new URLSearchParams(pairs.join('&'))) {
    const [, index = '', field = ''] = /^request\[add\]\[(\d+)\]\[(\w+)\]$/.exec(key) ?? [];
    if (index === '') continue;
    const call = calls.get(index) ?? {};
    calls.set(index, fields.includes(field) ? { ...call, [field]: value } : call);
  }
  return [...calls.values()];
}

describe('the calls of a form', () => {
  it('are found whatever way the brackets are written', () => {
    const uuids = (text: string) => callsOfForm(Buffer.from(text), 1000).map((call) => call.uuid);
    expect(uuids('request%5Badd%5D%5B0%5D%5Buuid%5D=a')).toEqual(['a']);
    expect(uuids('request[add][0][uuid]=a&request[add][7][uuid]=b')).toEqual(['a', 'b']);
    expect(uuids('request%5badd%5d%5b0%5d%5buuid%5d=a')).toEqual(['a']);
    expect(uuids('request[add][][uuid]=a&request[add][][uuid]=b')).toEqual(['a', 'b']);
    expect(uuids('request[add][x][uuid]=a&request[add][x][uuid]=b')).toEqual(['b']);
    expect(uuids('request[add][0]=a')).toEqual([undefined]);
    expect(uuids('request[add][0][uuid][]=a')).toEqual([undefined]);
    expect(uuids('request=a')).toEqual([]);
    expect(uuids('')).toEqual([]);
    expect(uuids('&&request[add][0][uuid]=%D0%B6%zz&a=b=c&=1')).toEqual(['\u0436%zz']);
    expect(uuids('request[add][0][uuid]=a+b%2b=c')).toEqual(['a b+=c']);
  });

  it('are cut by the limit of variables: 125 calls of 8 fields arrive, and the uuid of the 126th', () => {
    expect(callsOfForm(body(3), 1000)).toHaveLength(3);
    expect(callsOfForm(body(125), 1000)).toHaveLength(125);
    const calls = callsOfForm(body(200), 1000);
    expect(calls).toHaveLength(126);
    expect(calls[124]).toHaveProperty('account_id');
    expect(calls[125]).toEqual({ uuid: 'uuid-125/ x' });
  });

  it('are those that another reader finds, whatever the order of fields and the escapes', () => {
    const value = fc.oneof(
      fc.constantFrom('', '1', '%2B', '+', '%', '%4', '%D0%B6', '%FF', '=', 'a=b', '~', '%00', '[', ' '),
      fc.string({ maxLength: 5 }).map((text) => text.replaceAll('&', '')),
    );
    const field = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...fields) },
      { weight: 1, arbitrary: fc.constant('note') },
    );
    const variable = fc
      .tuple(fc.nat(3), field, value)
      .map(([index, name, text]) => `request%5Badd%5D%5B${index}%5D%5B${name}%5D=${text}`);
    const form = fc.array(fc.oneof({ weight: 9, arbitrary: variable }, fc.constant('a=1')), {
      maxLength: 24,
    });
    fc.assert(
      fc.property(form, fc.integer({ min: 1, max: 30 }), (variables, limit) => {
        const text = variables.join('&');
        expect(callsOfForm(Buffer.from(text), limit)).toEqual(callsByUrlSearchParams(text, limit));
      }),
      { numRuns: 500 },
    );
  });
});
