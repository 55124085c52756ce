import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PhpValue, readCalls, readForm } from '../../src/sandbox/form.js';

/** Body, and what PHP 8.2.36 had in $_POST for it: arrays as pairs of key and value, in their order. */
const measured: readonly (readonly [body: string, post: unknown])[] = [
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['a=1&a=2', [['a', '2']]],
  ['a', [['a', '']]],
  [
    'a&b=1',
    [
      ['a', ''],
      ['b', '1'],
    ],
  ],
  ['=1', []],
  ['&&a=1', [['a', '1']]],
  ['a=b=c', [['a', 'b=c']]],
  ['a+b=1', [['a_b', '1']]],
  ['a.b=1', [['a_b', '1']]],
  ['a.b.c[d.e f]=1', [['a_b_c', [['d.e f', '1']]]]],
  ['+a=1', [['a', '1']]],
  ['++a+b=1', [['a_b', '1']]],
  ['a[b=1', [['a_b', '1']]],
  ['a[b[c=1', [['a_b_c', '1']]],
  ['a[b[c]=1', [['a', [['b[c', '1']]]]],
  ['a.x[b.c=1', [['a_x_b_c', '1']]],
  ['a[b.c=1', [['a_b_c', '1']]],
  ['a[b]c=1', [['a', [['b', '1']]]]],
  ['a[b]c[d]=1', [['a', [['b', '1']]]]],
  ['a[b][c=1', [['a', [['b', '1']]]]],
  ['a[b].[c=1', [['a', [['b', '1']]]]],
  ['a[b][c.d e=1', [['a', [['b', '1']]]]],
  [
    'a[]=1&a[]=2',
    [
      [
        'a',
        [
          ['0', '1'],
          ['1', '2'],
        ],
      ],
    ],
  ],
  [
    'a[][x]=1&a[][y]=2',
    [
      [
        'a',
        [
          ['0', [['x', '1']]],
          ['1', [['y', '2']]],
        ],
      ],
    ],
  ],
  ['a[ ]=1', [['a', [['0', '1']]]]],
  ['a[+]=1', [['a', [['0', '1']]]]],
  ['a[+x]=1', [['a', [[' x', '1']]]]],
  ['a[++]=1', [['a', [['  ', '1']]]]],
  ['a[x+]=1', [['a', [['x ', '1']]]]],
  [
    'a[5]=1&a[]=2',
    [
      [
        'a',
        [
          ['5', '1'],
          ['6', '2'],
        ],
      ],
    ],
  ],
  [
    'a[-5]=1&a[]=2',
    [
      [
        'a',
        [
          ['-5', '1'],
          ['-4', '2'],
        ],
      ],
    ],
  ],
  [
    'a[05]=1&a[]=2',
    [
      [
        'a',
        [
          ['05', '1'],
          ['0', '2'],
        ],
      ],
    ],
  ],
  [
    'a[-0]=1&a[]=2',
    [
      [
        'a',
        [
          ['-0', '1'],
          ['0', '2'],
        ],
      ],
    ],
  ],
  ['a[9223372036854775807]=1&a[]=2', [['a', [['9223372036854775807', '1']]]]],
  [
    'a[9223372036854775808]=1&a[]=2',
    [
      [
        'a',
        [
          ['9223372036854775808', '1'],
          ['0', '2'],
        ],
      ],
    ],
  ],
  ['a[9223372036854775807]=1&a[][x]=2', [['a', [['9223372036854775807', '1']]]]],
  [
    'a[1]=x&a[0]=y',
    [
      [
        'a',
        [
          ['1', 'x'],
          ['0', 'y'],
        ],
      ],
    ],
  ],
  ['a=1&a[b]=2', [['a', [['b', '2']]]]],
  ['a[b]=1&a=2', [['a', '2']]],
  ['a[b]=1&a[b][c]=2', [['a', [['b', [['c', '2']]]]]]],
  ['a[b][c]=1&a[b]=2', [['a', [['b', '2']]]]],
  ['[a]=1', []],
  ['[a=1', []],
  ['[]=1', []],
  [']=1', [[']', '1']]],
  ['a]=1', [['a]', '1']]],
  ['a]b[c]=1', [['a]b', [['c', '1']]]]],
  ['a%5Bb%5D=1', [['a', [['b', '1']]]]],
  ['a%5bb%5d=%2b+%2B', [['a', [['b', '+ +']]]]],
  [
    'a=%zz%4&b=%',
    [
      ['a', '%zz%4'],
      ['b', '%'],
    ],
  ],
  ['a=%41%6', [['a', 'A%6']]],
  ['a%00b=1', [['a', '1']]],
  ['a[b%00c]=1', [['a_b', '1']]],
  ['a%00[b]=1', [['a', '1']]],
  ['a=x%00y', [['a', 'x\u0000y']]],
  ['%20=1', []],
  ['a;b=1;c=2', [['a;b', '1;c=2']]],
  ['a[[b]=1', [['a', [['[b', '1']]]]],
  ['a[[b]]=1', [['a', [['[b', '1']]]]],
  ['a[]]=1', [['a', [['0', '1']]]]],
  [
    'a[]x=1&a[]y=2',
    [
      [
        'a',
        [
          ['0', '1'],
          ['1', '2'],
        ],
      ],
    ],
  ],
  ['a[[]=1', [['a', [['[', '1']]]]],
  [
    'a[b=1&a[b]=2',
    [
      ['a_b', '1'],
      ['a', [['b', '2']]],
    ],
  ],
  ['5=1&[]=2', [['5', '1']]],
  ['this=1', [['this', '1']]],
  ['GLOBALS=1', [['GLOBALS', '1']]],
  ['GLOBALS[x]=1', [['GLOBALS', [['x', '1']]]]],
  [
    'request[add][0][uuid]=x&request[add][0][link]=https://a/b?c=d',
    [
      [
        'request',
        [
          [
            'add',
            [
              [
                '0',
                [
                  ['uuid', 'x'],
                  ['link', 'https://a/b?c=d'],
                ],
              ],
            ],
          ],
        ],
      ],
    ],
  ],
  ['a=%D0%B6', [['a', 'ж']]],
  ['%D0%B6[%D1%8F]=1', [['ж', [['я', '1']]]]],
  ['a[%09]=1', [['a', [['0', '1']]]]],
  ['a[%0ax]=1', [['a', [['\nx', '1']]]]],
  ['a[%0b]=1', [['a', [['0', '1']]]]],
  ['a[%0d]b=1', [['a', [['0', '1']]]]],
  ['a%09b=1', [['a\tb', '1']]],
  ['.=1', [['_', '1']]],
  ['a[.]=1', [['a', [['.', '1']]]]],
  ['a[x][ ][y]=2', [['a', [['x', [['0', [['y', '2']]]]]]]]],
  ['a[%2E]=1', [['a', [['.', '1']]]]],
  ['a b=1', [['a_b', '1']]],
];

/** The shape in which PHP's answers were written down. */
function pairs(value: PhpValue): unknown {
  return typeof value === 'string' ? value : [...value.entries].map(([key, item]) => [key, pairs(item)]);
}

function read(body: string, mostVariables = 1000): unknown {
  return pairs(readForm(Buffer.from(body).toString('latin1'), mostVariables));
}

describe('a form body is read as PHP 8.2 reads it', () => {
  it.each(measured)('%s', (body, post) => {
    expect(read(body)).toEqual(post);
  });

  it('keeps one variable more than max_input_vars and drops the rest', () => {
    const body = Array.from({ length: 1500 }, (_, index) => `k${index}=1`).join('&');
    const form = readForm(body, 1000);
    expect(form.entries.size).toBe(1001);
    expect(form.entries.has('k1000')).toBe(true);
  });

  it('counts empty pieces and repeated names as variables', () => {
    expect(read(`${'&'.repeat(1000)}a=1&b=2`)).toEqual([['a', '1']]);
    expect(read(`${'k=1&'.repeat(1001)}z=1`)).toEqual([['k', '1']]);
  });

  it('takes 64 levels of brackets, and drops the whole variable at the 65th', () => {
    expect(read(`b=1&a=7&a${'[x]'.repeat(64)}=1&c=1`)).toHaveLength(3);
    expect(read(`b=1&a=7&a${'[x]'.repeat(65)}=1&c=1`)).toEqual([
      ['b', '1'],
      ['c', '1'],
    ]);
  });

  it('reads the bytes of a value as UTF-8, escaped or not', () => {
    expect(read('a=%F0%9F%98%80&b=\u{1F600}&c=\u{1F600}%41')).toEqual([
      ['a', '\u{1F600}'],
      ['b', '\u{1F600}'],
      ['c', '\u{1F600}A'],
    ]);
    expect(read('a=%FF%41')).toEqual([['a', '\uFFFDA']]);
  });
});

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
    const uuids = (text: string) => readCalls(Buffer.from(text), 1000).map((call) => call.uuid);
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
    expect(readCalls(body(3), 1000)).toHaveLength(3);
    expect(readCalls(body(125), 1000)).toHaveLength(125);
    const calls = readCalls(body(200), 1000);
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
        expect(readCalls(Buffer.from(text), limit)).toEqual(callsByUrlSearchParams(text, limit));
      }),
      { numRuns: 2000 },
    );
  });
});
