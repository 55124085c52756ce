import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encoderOf } from '../../src/output/encoder.js';

const bytes = fc.uint8Array({ maxLength: 60 });

describe('encoderOf', () => {
  it.each(['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5', 'windows-1252', 'x-mac-cyrillic'])(
    'gives the bytes back that %s was decoded from',
    (name) => {
      const encode = encoderOf(name);
      fc.assert(
        fc.property(bytes, (input) => {
          const text = new TextDecoder(name).decode(input);
          fc.pre(!text.includes('\uFFFD'));
          expect([...encode(text)]).toEqual([...input]);
        }),
      );
    },
  );

  it.each(['utf-8', 'utf-16le', 'utf-16be', 'gbk', 'shift_jis', 'euc-kr', 'big5'])(
    'writes %s that decodes to the same text',
    (name) => {
      const text = 'uuid;1,5\r\nABC';
      const wide = name.startsWith('utf') ? `${text}Звонок 漢字 🙂` : `${text}一`;
      expect(new TextDecoder(name).decode(encoderOf(name)(wide))).toBe(wide);
    },
  );

  it('writes a question mark for what the encoding cannot say', () => {
    expect(String(encoderOf('windows-1251')('a漢b'))).toBe('a?b');
  });
});
