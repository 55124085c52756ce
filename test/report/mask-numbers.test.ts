import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskNumbers } from '../../src/report/aggregate.js';

describe('maskNumbers', () => {
  it.each([
    ['caller: "74950000001" is odd', 'caller: "•••••••••01" is odd'],
    ['to: "+7 (495) 000-00-01" is odd', 'to: "+• (•••) •••-••-01" is odd'],
    ['caller: "+7 (495) 12<b>x</b> 34-56"', 'caller: "+• (•••) ••<b>x</b> ••-56"'],
    ['Неверный номер 8 495 000-00-01.', 'Неверный номер • ••• •••-••-01.'],
    ['to: "8.495.000.00.01"', 'to: "•.•••.•••.••.01"'],
    ['link: "https://pbx.example/74950000001.mp3"', 'link: "https://pbx.example/••••••••••1.mp3"'],
    ['caller: "a\\"74950000001"', 'caller: "a\\"•••••••••01"'],
  ])('hides the number in %j', (text, masked) => {
    expect(maskNumbers(text)).toBe(masked);
  });

  it.each([
    'to: "101" is odd',
    'date: "1728270000" is in the future',
    'date: "2024-13-22 10:00:00" is not a date; billsec: "12345678" is too long',
    'call of 2024-10-07 10:15:00 is left out by --since 2024-11-01',
    'call of 07.10.2024 10:15 is left out',
    'line 123456',
  ])('leaves %j as it is', (text) => {
    expect(maskNumbers(text)).toBe(text);
  });

  it('leaves no seven digits in a row, whatever the service says', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^\d{7,15}$/), fc.string(), (before, number, after) => {
        expect(maskNumbers(`to: ${before}${number}${after}`)).not.toContain(number);
      }),
    );
  });
});
