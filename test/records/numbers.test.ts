import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { defaultInternal, openCountry, parseNumber } from '../../src/records/phone-numbers.js';

const textOf = (value: unknown) => (value instanceof Problem ? value.text : value);

describe('a number is cut out of what stands around it', () => {
  it.each([
    ['74950000001', '74950000001'],
    ['+7 (495) 000-00-01', '74950000001'],
    ['(495) 000-00-01', '4950000001'],
    ['(+7) 495 000-00-01', '74950000001'],
    ['+7\u00a0495\u00a0000\u201100\u201101', '74950000001'],
    ['8 495 000.00.01', '84950000001'],
    ['"Ivan" <117>', '117'],
    ['Ivan<117>', '117'],
    ['"Ivan <home>" <+74950000001>', '74950000001'],
    ['<117>', '117'],
    ['"broken "quote" x <74950000002>"', '74950000002'],
    ['sip:117@pbx.example', '117'],
    ['sip:117@host;user=phone', '117'],
    ['<sip:117@host;user=phone>', '117'],
    ['sips:+74950000001@host', '74950000001'],
    ['tel:+7-495-000-00-01', '74950000001'],
    ['117@pbx.example', '117'],
    ['SIP/113-000000c5', '113'],
    ['PJSIP/100@trunk', '100'],
    ['PJSIP/100-0000001a', '100'],
    ['IAX2/205-1234', '205'],
    ['Local/600@from-internal-00000a1b;2', '600'],
    ['Name (801)', '801'],
    ['Store (24) & Co <79161234567>', '79161234567'],
    ['Firma (2)/Nord (79161234567)', '79161234567'],
    ['6500(1001)', '1001'],
    ['7001(from 1002)', '1002'],
    ['Иван Петров (+7 495 000-00-01)', '74950000001'],
    ['89000000012 доб. 12', '89000000012'],
    ['89000000012 доб.12', '89000000012'],
    ['+7 (495) 000-00-01 (доб. 12)', '74950000001'],
    ['+1 212 555 0100 ext. 5', '12125550100'],
    ['+1 212 555 0100 x5', '12125550100'],
    ['79000000012,,12', '79000000012'],
    ['79000000012,12', '79000000012'],
    ['79000000012#12', '79000000012'],
    ['tel:+74950000001;ext=12', '74950000001'],
    ["'79000000012", '79000000012'],
    ['="79000000012"', '79000000012'],
    ['"79000000012"', '79000000012'],
    ['79000000012.0', '79000000012'],
    ['Ext.101', '101'],
    ['Ext 101', '101'],
    ['ext. 101', '101'],
    ['Ext: 101', '101'],
    ['доб. 101', '101'],
    ['доб.101', '101'],
    ['вн. 101', '101'],
    ['внутр. 101', '101'],
    ['User 101', '101'],
    ['DN 101', '101'],
    ['x101', '101'],
    ['tel 101', '101'],
    ['тел. +7 495 000-00-01', '74950000001'],
    ['Agent/101', '101'],
    ['101 (Ivanov)', '101'],
    ['101 Ivanov', '101'],
    ['101-Ivanov', '101'],
    ['Ivanov [101]', '101'],
    ['8~10 49 30 0000001', '810493000000' + '01'],
    ['#31#89000000012', '89000000012'],
    ['+７９０００００００１２', '79000000012'],
    ['101', '101'],
    ['0', '0'],
  ])('%j', (text, digits) => {
    expect(parseNumber(text, {})).toBe(digits);
  });

  it.each([
    ['', 'is empty: the number is hidden or missing'],
    ['7'.repeat(33), 'has 33 digits, too many for a number'],
    ['anonymous', 'is a hidden number'],
    ['Anonymous', 'is a hidden number'],
    ['"Anonymous" <anonymous>', 'is a hidden number'],
    ['sip:anonymous@anonymous.invalid', 'is a hidden number'],
    ['Restricted', 'is a hidden number'],
    ['s', 'is a hidden number'],
    ['Номер не определён', 'is a hidden number'],
    ['*60', 'holds no number, but a code of the phone system'],
    ['#101', 'holds no number, but a code of the phone system'],
    ['Ivanov 101', 'holds a name that may include 101'],
    ['Ivanov, 101', 'holds a name that may include 101'],
    ['Queue 600', 'holds a name that may include 600'],
    ['8 800 FLOWERS', 'holds no number'],
    ['3CX', 'holds no number'],
    ['vmu114', 'holds no number'],
    ['&', 'holds no number'],
    ['+', 'holds no number'],
    ['client:alice', 'holds no number'],
    ['SIP/beeline2-0000a1b2', 'holds no number'],
    ['74950000001, 74950000002', 'holds more than one number'],
    ['101/102', 'holds more than one number'],
    ['101 102', 'holds more than one number'],
    ['101\n102', 'holds more than one number'],
    ['74950000001\n74950000002', 'holds more than one number'],
    ['Sales (101), Support (102)', 'holds more than one number'],
    ['"A" <101>; "B" <102>', 'holds more than one number'],
    ['A (79161234567), B <79161234568>', 'holds more than one number'],
    ['+7 495 0000001/2', 'holds more than one number'],
    ['7,91612E+10', 'shortened by Excel: export it again with the column as text'],
    ['7.9161E+10', 'shortened by Excel'],
    ['7E10', 'shortened by Excel'],
    ['5'.repeat(150).replaceAll('5', 'x5'), 'is too long for a number'],
  ])('%j is refused', (text, reason) => {
    expect(textOf(parseNumber(text, {}))).toContain(reason);
  });

  it('gives digits, or a reason of one line, for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[-0-9()+ ,;"'<>@:./xe]{0,60}$/)),
        (text) => {
          const result = parseNumber(text, {});
          if (result instanceof Problem) expect(result.text).toMatch(/^[^\n\r]{5,200}$/);
          else expect(result).toMatch(/^\d+$/);
        },
      ),
    );
  });

  it('does not take long over a text that is made to be slow', () => {
    for (const text of [
      '('.repeat(1e5),
      `${','.repeat(1e5)}1`,
      '<'.repeat(1e5),
      '1 '.repeat(1e5),
      '"'.repeat(190),
    ]) {
      expect(parseNumber(text, {})).toBeInstanceOf(Problem);
    }
  });
});

describe('with a country, a national number becomes international', () => {
  it.each([
    ['RU', '4950000001', '74950000001'],
    ['RU', '84950000001', '74950000001'],
    ['RU', '74950000001', '74950000001'],
    ['RU', '+74950000001', '74950000001'],
    ['RU', '8 (495) 000-00-01', '74950000001'],
    ['RU', '"Ivan" <9160000001>', '79160000001'],
    ['RU', "'9160000001", '79160000001'],
    ['RU', '81074950000001', '74950000001'],
    ['RU', '8~10 49 170 0000001', '491700000001'],
    ['RU', '00491700000001', '491700000001'],
    ['RU', '14155550100', '14155550100'],
    ['RU', '380440000001', '380440000001'],
    ['RU', '117', '117'],
    ['RU', 'sip:117@host', '117'],
    ['RU', '12345', '12345'],
    ['RU', '1234567', '1234567'],
    ['RU', '+4951234567', '4951234567'],
    ['ru', '4950000001', '74950000001'],
    ['US', '4155550100', '14155550100'],
    ['US', '14155550100', '14155550100'],
    ['US', '8105550100', '18105550100'],
    ['US', '011 44 20 7946 0000', '442079460000'],
    ['DE', '0301234567', '49301234567'],
    ['DE', '491701234567', '491701234567'],
    ['DE', '49471000000', '49471000000'],
    ['DE', '380440000001', '380440000001'],
    ['IN', '9100000001', '919100000001'],
    ['PL', '480000001', '48480000001'],
    ['BR', '55900000001', '5555900000001'],
    ['UA', '0440000001', '380440000001'],
    ['BY', '80290000001', '375290000001'],
    ['KZ', '87010000001', '77010000001'],
  ])('%s %s', async (country, text, digits) => {
    const international = await openCountry(country, defaultInternal);
    if (international instanceof Problem) throw new Error(international.text);
    expect(parseNumber(text, { international })).toBe(digits);
    expect(parseNumber(text, { international })).toBe(digits);
  });

  it('leaves alone what --internal calls an extension, however long', async () => {
    const international = await openCountry('RU', (digits) => digits.length === 10);
    if (international instanceof Problem) throw new Error(international.text);
    expect(parseNumber('4950000001', { international })).toBe('4950000001');
  });

  it('refuses a country that there is not', async () => {
    expect(textOf(await openCountry('RUS', defaultInternal))).toContain('"RUS" is not a country code');
  });
});

it('an extension has two to five digits where nothing else is said', () => {
  expect(['1', '10', '10000', '100000'].map(defaultInternal)).toEqual([false, true, true, false]);
});

describe('numbers that a sheet has computed or formatted', () => {
  it.each([
    ['=+74950000001', '74950000001'],
    ['=74950000001', '74950000001'],
    ['74,950,000,015', '74950000015'],
    ['7.4950000014E10', '74950000014'],
    ['7,4950000014E+10', '74950000014'],
  ])('are read where no digit is lost: %s', (text, digits) => {
    expect(parseNumber(text, {})).toBe(digits);
  });

  it.each([
    ['-74950000001', 'is negative'],
    ['7.495E+10', 'shortened by Excel'],
    ['7.495000001E10', 'shortened by Excel'],
  ])('are refused where one may be: %s', (text, reason) => {
    expect(textOf(parseNumber(text, {}))).toContain(reason);
  });
});
