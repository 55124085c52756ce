import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import {
  deriveDirection,
  isSameWay,
  parseDirection,
  typeMapOf,
  wayOf,
} from '../../src/records/directions.js';
import { parseBillsec } from '../../src/records/durations.js';
import { createLinkReader } from '../../src/records/links.js';
import { defaultInternal } from '../../src/records/phone-numbers.js';
import { createUuidHash, deriveUuid } from '../../src/records/uuids.js';

const textOf = (value: unknown) => (value instanceof Problem ? value.text : value);

describe('a talk time is read to whole seconds', () => {
  it.each([
    ['', 0],
    ['0', 0],
    ['98', 98],
    ['098', 98],
    ['98.4', 98],
    ['98,6', 99],
    ['0:01:38', 98],
    ['00:01:38', 98],
    ['00:01:38.900', 98],
    ['1:38', 98],
    ['01:38', 98],
    ['120:05', 7205],
    ['1m38s', 98],
    ['1 min 38 sec', 98],
    ['1h 2m 3s', 3723],
    ['98s', 98],
    ['2h', 7200],
    ['1 мин 38 сек', 98],
    ['1 хв 38 с', 98],
    ['1 год 1 хв', 3660],
    ['1 min 38 seg', 98],
    ['1 Std. 1 Min. 5 Sek.', 3665],
    ['1 sa 1 dk 5 sn', 3665],
    ['1 мин. 38 сек.', 98],
    ['1 ч 2 мин 3 с', 3723],
    ['1\u00a0мин\u00a038\u00a0сек', 98],
    ['PT1M38S', 98],
    ['PT98.4S', 98],
    ['PT2H', 7200],
    ['P0DT0H1M38S', 98],
    ['86400', 86_400],
    ['24:00:00', 86_400],
  ])('%j', (text, seconds) => {
    expect(parseBillsec(text)).toBe(seconds);
  });

  it.each([
    ['-5', '"-5" is negative'],
    ['-0:01:38', 'is negative'],
    ['86401', 'more than a day'],
    ['98000000', 'are these milliseconds'],
    ['9'.repeat(400), 'more than a day'],
    ['1:60', 'is not a duration'],
    ['1:60:00', 'is not a duration'],
    ['abc', 'is not a duration'],
    ['PT', 'is not a duration'],
    ['1 2', 'is not a duration'],
    ['s', 'is not a duration'],
    [`${'1'.repeat(100_000)}x`, 'is not a duration'],
  ])('%j is refused', (text, reason) => {
    expect(textOf(parseBillsec(text))).toContain(reason);
  });

  it('comes back from every form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
        const two = (n: number) => String(n).padStart(2, '0');
        const texts = [
          ...[String(seconds), `${h}:${two(m)}:${two(s)}`, `${h * 60 + m}:${two(s)}`, `${h}h${m}m${s}s`],
          ...[`${h} ч ${m} мин ${s} сек`, `PT${h}H${m}M${s}S`, `${seconds}.0`],
        ];
        for (const text of texts) expect(parseBillsec(text)).toBe(seconds);
      }),
    );
  });
});

describe('a direction', () => {
  it.each([
    ['inbound', 'inbound'],
    ['Inbound', 'inbound'],
    ['IN', 'inbound'],
    ['incoming', 'inbound'],
    ['Входящий', 'inbound'],
    ['вх.', 'inbound'],
    ['принятый', 'inbound'],
    ['outbound', 'outbound'],
    ['Outgoing', 'outbound'],
    ['outbound-dial', 'outbound'],
    ['outbound-api', 'outbound'],
    ['ИСХОДЯЩИЙ', 'outbound'],
    ['исх', 'outbound'],
    ['Internal', 'internal'],
    ['Внутренний', 'internal'],
    ['missed', 'missed'],
    ['Пропущенный', 'missed'],
    ['lost', 'missed'],
  ])('%s is %s', (text, direction) => {
    expect(parseDirection(text)).toBe(direction);
  });

  it.each([
    ['', 'is empty'],
    ['1', '"1" is not a known direction'],
    ['0', 'is not a known direction'],
    ['callback', '"callback" is not a known direction'],
    ['constructor', 'is not a known direction'],
  ])('%j is not guessed', (text, reason) => {
    expect(textOf(parseDirection(text))).toContain(reason);
  });

  it('comes from --type-map before it comes from the known words', () => {
    const map = new Map([
      ...([
        ['1', 'inbound'],
        ['2', 'outbound'],
        ['3', 'internal'],
      ] as const),
      ...([
        ['out', 'inbound'],
        ['не отвечен', 'missed'],
        ['outbound', 'inbound'],
      ] as const),
    ]);
    const words = ['1', '2', '3', 'out', 'inbound', 'outbound', 'не  отвечен'];
    expect(words.map((word) => parseDirection(word, map))).toEqual([
      ...['inbound', 'outbound', 'internal', 'inbound', 'inbound', 'inbound', 'missed'],
    ]);
  });

  it.each([
    ['79000000001', '101', 'inbound'],
    ['101', '79000000001', 'outbound'],
    ['101', '102', 'internal'],
  ])('from %s to %s is %s', (caller, to, direction) => {
    expect(deriveDirection(caller, to, defaultInternal)).toBe(direction);
  });

  it('is not derived between two outside numbers', () => {
    expect(textOf(deriveDirection('79000000001', '79000000002', defaultInternal))).toContain('--internal');
  });
});

describe('a link', () => {
  it.each([
    ['https://pbx.example/rec/1.mp3', []],
    ['HTTPS://pbx.example/rec/1.mp3', []],
    ['https://pbx.example/a b/ж.mp3?x=1&y=+', []],
    ['https://user@pbx.example:8443/1.mp3', []],
    ['https://8.8.8.8/1.mp3', []],
    ['https://172.32.0.1/1.mp3', []],
    ['https://fda.example/1.mp3', []],
    ['http://pbx.example/1.mp3', ['plainHttp']],
    ['https://192.168.1.5/1.mp3', ['private']],
    ['https://10.0.0.1:8080/1.mp3', ['private']],
    ['https://172.16.0.1/1.mp3', ['private']],
    ['https://100.64.0.1/1.mp3', ['private']],
    ['https://127.0.0.1/1.mp3', ['private']],
    ['https://[::1]/1.mp3', ['private']],
    ['https://[fd00::1]:443/1.mp3', ['private']],
    ['https://pbx/1.mp3', ['private']],
    ['https://PBX.LOCAL/1.mp3', ['private']],
    ['https://user@pbx.local/1.mp3', ['private']],
    ['https://pbx.example/1.mp3?token=abc', ['secret']],
    ['https://pbx.example/1.mp3?a=1&access_token=abc', ['secret']],
    ['https://pbx.example/1.mp3?api_key=abc', ['secret']],
    ['https://pbx.example/1.mp3?keyword=abc', []],
    ['https://pbx.example/token=abc', []],
    ['http://localhost/1.mp3?key=1', ['plainHttp', 'private', 'secret']],
  ])('%s is sent as it stands', (text, odd) => {
    const told: string[] = [];
    expect(createLinkReader((kind) => told.push(kind))(text, 1)).toBe(text);
    expect(told).toEqual(odd);
  });

  it.each([
    'out-101-20260304.wav',
    '/var/spool/asterisk/monitor/1.wav',
    'file:///var/spool/1.wav',
    'C:\\rec\\1.wav',
    's3://bucket/1.wav',
    'bucket/path/1.wav',
    'javascript:alert(1)',
    'https://',
    'https:///1.mp3',
    'https://pbx.example/\ud800.mp3',
  ])('%s is left out', (text) => {
    const told: string[] = [];
    expect(createLinkReader((kind) => told.push(kind))(text, 1)).toBeUndefined();
    expect(told).toEqual(['noUrl']);
  });
});

describe('a uuid that is built', () => {
  it('is the same for the same parts, and another one for each repetition in a file', () => {
    const parts = [1_790_000_000, '74950000001', '101', 30];
    const [one, two] = [createUuidHash(), createUuidHash()];
    const first = [one(parts), one(['other']), one(parts), one(parts)];
    const second = [two(parts), two(parts), two(parts)];
    expect(second).toEqual([first[0], first[2], first[3]]);
    expect(new Set(first).size).toBe(4);
    expect(first[0]).toMatch(/^[0-9a-f]{24}$/);
  });

  it('does not confuse parts that meet at another place', () => {
    const build = createUuidHash();
    expect(build(['1', '23'])).not.toBe(build(['12', '3']));
  });

  it('of one call depends on each of its five fields', () => {
    const call = { account_id: '1', caller: '2', to: '3', date: 4, type: 'inbound' } as const;
    const others = [
      { account_id: '9' },
      { caller: '9' },
      { to: '9' },
      { date: 9 },
      { type: 'outbound' },
    ] as const;
    const uuids = [call, ...others.map((other) => ({ ...call, ...other }))].map(deriveUuid);
    expect(new Set(uuids).size).toBe(6);
    expect(deriveUuid({ ...call })).toBe(uuids[0]);
  });
});

test('a missed call goes the way of an inbound one', () => {
  expect((['inbound', 'outbound', 'internal', 'missed'] as const).map(wayOf)).toEqual([
    'inbound',
    'outbound',
    'internal',
    'inbound',
  ]);
  expect([isSameWay('missed', 'inbound'), isSameWay('missed', 'outbound')]).toEqual([true, false]);
});

test('words of a type map are asked as they are read, the last of two', () => {
  const map = typeMapOf([
    [' In-Bound ', 'outbound'],
    ['x', 'inbound'],
    ['X', 'missed'],
  ]);
  expect(['in-bound', 'inbound', 'X'].map((word) => parseDirection(word, map))).toEqual([
    'outbound',
    'inbound',
    'missed',
  ]);
});
