import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readArrivals, readGeneralForm } from '../../src/sandbox/arrival.js';
import { readPlainForm } from '../../src/sandbox/fast-form.js';

const fields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'account_id'];

function body(calls: number, names: readonly string[] = fields): Buffer {
  const pairs = Array.from({ length: calls }, (_, index) =>
    names.map((name) => `request%5Badd%5D%5B${index}%5D%5B${name}%5D=${name}-${index}%2F+x`),
  );
  return Buffer.from(pairs.flat().join('&'));
}

describe('calls of a form', () => {
  it('are found whatever way the brackets are written', () => {
    const uuids = (text: string) => readArrivals(Buffer.from(text), 1000).map((call) => call.uuid);
    expect(uuids('request%5Badd%5D%5B0%5D%5Buuid%5D=a')).toEqual(['a']);
    expect(uuids('request[add][0][uuid]=a&request[add][7][uuid]=b')).toEqual(['a', 'b']);
    expect(uuids('request%5badd%5d%5b0%5d%5buuid%5d=a')).toEqual(['a']);
    expect(uuids('request[add][][uuid]=a&request[add][][uuid]=b')).toEqual(['a', 'b']);
    expect(uuids('request[add][x][uuid]=a&request[add][x][uuid]=b')).toEqual(['b']);
    expect(uuids('request[add][0]=a')).toEqual([undefined]);
    expect(uuids('request[add][0][uuid][]=a')).toEqual([undefined]);
    expect(uuids('request=a')).toEqual([]);
    expect(uuids('')).toEqual([]);
  });

  it('are cut by the limit of variables: 125 calls of 8 fields arrive, and the uuid of the 126th', () => {
    const calls = readArrivals(body(200), 1000);
    expect(calls).toHaveLength(126);
    expect(calls[124]).toHaveProperty('account_id');
    expect(calls[125]).toEqual({ uuid: 'uuid-125/ x' });
  });

  it('are read the fast way in any steady order of fields', () => {
    expect(readPlainForm(body(3), 1000)).toHaveLength(3);
    expect(readPlainForm(body(125), 1000)).toHaveLength(125);
    expect(readPlainForm(body(3, ['account_id', 'uuid', 'to']), 1000)).toHaveLength(3);
    expect(readPlainForm(body(3, ['uuid', 'note']), 1000)).toBeUndefined();
    expect(readPlainForm(body(126), 1000)).toBeUndefined();
  });

  it('are the same for both readers, whatever the form', () => {
    const value = fc.oneof(
      fc.constantFrom('', '1', '%2B', '+', '%', '%4', '%D0%B6', '%FF', '=', 'a=b', '~', '%00', '[', ' '),
      fc.string({ maxLength: 5 }).map((text) => text.replaceAll('&', '')),
    );
    const field = fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...fields) },
      { weight: 1, arbitrary: fc.constantFrom('note', '', 'uuid%5D%5B') },
    );
    const variable = fc
      .tuple(fc.nat(3), field, value)
      .map(([index, name, text]) => ({ index, pair: `%5D%5B${name}%5D=${text}` }));
    const odd = fc.constantFrom(
      '',
      '',
      '',
      'a=1',
      'request=1',
      'request%5Badd%5D=1',
      'request%5Badd%5D%5B%5D=1',
    );
    const form = fc
      .record({
        variables: fc.array(variable, { maxLength: 24 }),
        sorted: fc.boolean(),
        odd,
        tail: fc.constantFrom('', '&'),
      })
      .map(({ variables, sorted, odd: other, tail }) => {
        const inOrder = sorted ? variables.toSorted((left, right) => left.index - right.index) : variables;
        const numbers = [...new Set(inOrder.map(({ index }) => index))].toSorted();
        const pairs = inOrder.map(
          ({ index, pair }) => `request%5Badd%5D%5B${sorted ? numbers.indexOf(index) : index}${pair}`,
        );
        return pairs.concat(other === '' ? [] : [other]).join('&') + tail;
      });
    let plain = 0;
    fc.assert(
      fc.property(form, fc.integer({ min: 1, max: 30 }), (text, limit) => {
        const bytes = Buffer.from(text);
        plain += readPlainForm(bytes, limit) === undefined ? 0 : 1;
        expect(readArrivals(bytes, limit)).toEqual(readGeneralForm(bytes, limit));
      }),
      { numRuns: 2000 },
    );
    expect(plain).toBeGreaterThan(200);
  });
});
