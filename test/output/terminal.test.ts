import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../src/output/json.js';
import { escapeInvisible, openStyle, sanitise, showsColour } from '../../src/output/terminal.js';
import { cut, pad, widthOf, wrap, wrapSentence } from '../../src/output/width.js';

const dangerous = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B-\u200F\u2060-\u2064\uFEFF\u00AD]/u;

/** Texts full of what a terminal could stumble over. */
const nasty = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001B[31m',
        '\u001B]0;t\u0007',
        '\u001B',
        '\u009B',
        '\u202E',
        '\u2066',
        '\u200B',
        'я',
        '漢',
        '\n',
      ),
    ),
  )
  .map((parts) => parts.join(''));

describe('sanitise', () => {
  it.each([
    ['plain text', 'call-17 ok', 'call-17 ok'],
    ['Cyrillic and wide letters', 'Звонок 漢字 é', 'Звонок 漢字 é'],
    ['a colour', 'a\u001B[1;31mb\u001B[0mc', 'abc'],
    ['cursor movement and erasing', 'a\u001B[2J\u001B[1;1Hb', 'ab'],
    ['a window title', 'a\u001B]0;owned\u0007b', 'ab'],
    ['a link', '\u001B]8;;https://evil.example\u001B\\text\u001B]8;;\u001B\\', 'text'],
    ['a one-byte CSI', 'a\u009B31mb', 'ab'],
    ['a reset', 'a\u001Bcb', 'ab'],
    ['a sequence that never ends: nothing but its start is lost', 'a\u001B]0;rest', 'a]0;rest'],
    ['line ends and tabs', 'a\r\nb\tc\u2028d\u0085e', 'a b c d e'],
    ['bells, backspaces, nulls, DEL', 'a\u0007\b\0\u007Fb', 'ab'],
    ['bidi overrides and isolates', 'a\u202Eb\u2066c\u2069', 'abc'],
    ['zero-width characters', 'a\u200Bb\u200Dc\uFEFFd\u00ADe', 'abcde'],
    ['tags', 'a\u{E0041}b', 'ab'],
  ])('handles %s', (_, text, expected) => {
    expect(sanitise(text)).toBe(expected);
  });

  it('lets no control character through, whatever the text is', () => {
    fc.assert(fc.property(nasty, (text) => !dangerous.test(sanitise(text))));
  });

  it('cuts what is absurdly long', () => {
    expect(sanitise('x'.repeat(10_000))).toHaveLength(10_000);
    expect(sanitise('x'.repeat(1_000_000))).toBe(`${'x'.repeat(9999)}…`);
    expect(sanitise('a\u001b[1mb', 1)).toBe('…');
  });

  it.each([
    ...['\u0090', '\u009d', '\u001b]', '\u001b[', '\u009b1', '\u009d\u009c', '\u0090\u001b'],
    ...['\n', '\u200b', '\u0301', 'x', '漢', 'x '],
  ])(
    'of 400,000 characters ends within the time of a test, where the square of the length took minutes: %j',
    (part) => {
      const text = part.repeat(400_000 / part.length);
      expect(sanitise(text).length).toBeLessThanOrEqual(10_000);
      expect(escapeInvisible(text).length).toBeGreaterThanOrEqual(text.length);
    },
  );

  it('changes nothing the second time', () => {
    fc.assert(fc.property(nasty, (text) => sanitise(sanitise(text)) === sanitise(text)));
  });
});

describe('toJson', () => {
  it('loses nothing, and holds no control character', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const json = toJson({ text });
        expect(JSON.parse(json)).toEqual({ text: text.toWellFormed?.() ?? text });
        expect(json).not.toMatch(dangerous);
      }),
    );
  });

  it('escapes characters beyond the basic plane as pairs', () => {
    expect(toJson('\u{E0041}')).toBe('"\\udb40\\udc41"');
  });
});

describe('widths', () => {
  it.each([
    ['abc', 3],
    ['звонок', 6],
    ['漢字', 4],
    ['e\u0301', 1],
    ['한국', 4],
    ['ﾊﾝｶｸ', 4],
    ['ＡＢ', 4],
    ['🙂!', 3],
    ['', 0],
  ])('measures %j as %i cells', (text, width) => {
    expect(widthOf(text)).toBe(width);
    expect(widthOf(pad(text, 10))).toBe(10);
  });

  it.each([
    ['short', 10, 'short'],
    ['exactly', 7, 'exactly'],
    ['too long', 5, 'too …'],
    ['漢字漢字', 4, '漢…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('cuts %j to %i', (text, width, expected) => {
    expect(cut(text, width)).toBe(expected);
  });

  it('never cuts to more than the width', () => {
    fc.assert(
      fc.property(nasty.map(sanitise), fc.nat(30), (text, width) => widthOf(cut(text, width)) <= width),
    );
  });
});

describe('wrap', () => {
  it('breaks at blanks, and words that are too long anywhere', () => {
    expect(wrap('caller is not a number', 10)).toEqual(['caller is', 'not a', 'number']);
    expect(wrap('abcdefghij', 4)).toEqual(['abcd', 'efgh', 'ij']);
    expect(wrap('', 4)).toEqual(['']);
  });

  it('loses nothing but blanks, and keeps to the width', () => {
    const bare = (text: string): string => text.replace(/\s/gu, '');
    fc.assert(
      fc.property(nasty.map(sanitise), fc.integer({ min: 2, max: 30 }), (text, width) => {
        const lines = wrap(text, width);
        expect(bare(lines.join(''))).toBe(bare(text));
        expect(lines.every((line) => widthOf(line) <= width)).toBe(true);
      }),
    );
  });
});

describe('showsColour', () => {
  it.each([
    ['a plain terminal', undefined, { TERM: 'xterm' }, true, true],
    ['a terminal that says nothing', undefined, {}, true, true],
    ['256 colours', undefined, { TERM: 'xterm-256color' }, true, true],
    ['true colour', undefined, { TERM: 'xterm', COLORTERM: 'truecolor' }, true, true],
    ['a dumb terminal', undefined, { TERM: 'dumb', COLORTERM: 'truecolor' }, true, false],
    ['no terminal', undefined, { TERM: 'xterm', COLORTERM: 'truecolor' }, false, false],
    ['NO_COLOR on a terminal', undefined, { NO_COLOR: '1', TERM: 'xterm' }, true, false],
    ['an empty NO_COLOR, which is none', undefined, { NO_COLOR: '', TERM: 'xterm' }, true, true],
    ['NO_COLOR over FORCE_COLOR', undefined, { NO_COLOR: '1', FORCE_COLOR: '3' }, true, false],
    ['FORCE_COLOR in a pipe', undefined, { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR=2', undefined, { FORCE_COLOR: '2', TERM: 'dumb' }, false, true],
    ['FORCE_COLOR=3', undefined, { FORCE_COLOR: '3' }, false, true],
    ['FORCE_COLOR=true', undefined, { FORCE_COLOR: 'true' }, false, true],
    ['FORCE_COLOR=0 on a terminal', undefined, { FORCE_COLOR: '0', TERM: 'xterm' }, true, false],
    ['an empty FORCE_COLOR, which is none', undefined, { FORCE_COLOR: '' }, false, false],
    ['--color in a pipe, over NO_COLOR', true, { NO_COLOR: '1' }, false, true],
    ['--color with a dumb terminal', true, { TERM: 'dumb' }, true, true],
    ['--no-color over FORCE_COLOR', false, { FORCE_COLOR: '3', TERM: 'xterm' }, true, false],
  ] as const)('decides for %s', (_, flag, env, isTTY, isColoured) => {
    expect(showsColour(flag, env, isTTY)).toBe(isColoured);
  });
});

describe('openStyle', () => {
  it('marks nothing without colours', async () => {
    const style = await openStyle(false);
    expect(style.red('a') + style.bold('b')).toBe('ab');
  });

  it('marks where it is told to, whatever the process thinks', async () => {
    const style = await openStyle(true);
    expect(style.red('a')).toBe('\u001B[31ma\u001B[39m');
  });
});

describe('a sentence on a terminal', () => {
  it('is broken at blanks alone, and loses nothing', () => {
    const word = fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom('a', 'ж', '漢', '-') });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 20, max: 90 }), (words, width) => {
        const text = words.join(' ');
        const lines = wrapSentence(text, width, 7).split('\n');
        expect(lines.map((line) => line.replace(/^ {2}/, '')).join(' ')).toBe(text);
        for (const [at, line] of lines.entries())
          expect(widthOf(line) + (at === 0 ? 7 : 0) <= width || !line.trim().includes(' ')).toBe(true);
      }),
    );
  });

  it.each([
    'Run: chmod 600 /very/long/path/of/a/file.yaml',
    'Make a secret: amocalls recordings secret link.secret, then give --link-secret-file',
    'Write one with "amocalls init --config .amocallsrc", or name it with --config',
  ])('keeps its command in one piece: %s', (text) => {
    const command = /(chmod|amocalls) [^,"]*/.exec(text)?.[0] ?? '?';
    for (const width of [24, 40, 60]) expect(wrapSentence(text, width, 0)).toContain(command);
  });
});
