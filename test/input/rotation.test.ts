import { describe, expect, it } from 'vitest';
import {
  type Circumstances,
  type Comparison,
  type FoundFile,
  fateOf,
  type KnownFile,
} from '../../src/input/follow/rotation.js';

const minute = 60_000_000_000n;
const noon = 1_700_000_000_000_000_000n;

/** A log of 100 bytes, all of them read, last written at noon. */
function known(more: Partial<KnownFile> = {}): KnownFile {
  const print = { bytes: 100, hash: 'h' };
  return {
    ...{ size: 100, mtimeNs: noon, bytesRead: 100, isFinished: true, isCut: false, fingerprint: print },
    ...more,
  };
}

const named = (name: string, more: Partial<FoundFile> = {}): FoundFile => ({
  ...{ name, main: 'cdr.csv', size: 100, mtimeNs: noon },
  ...more,
});

/** Nothing is known of any other file, and files of its name were looked at whether they were cut. */
function facts(more: Partial<Circumstances<KnownFile>> = {}): Circumstances<KnownFile> {
  return {
    ...{ original: undefined, lost: [], isBeingCompressed: false, isLeftAlone: false, isRewritten: false },
    ...{ lastWriteNs: noon, looksForCuts: 2, compared: new Map(), isCopy: undefined },
    ...more,
  };
}

const whole = known();
const part = known({ bytesRead: 60, isFinished: false, fingerprint: { bytes: 60, hash: 'p' } });
const unread = known({ bytesRead: 0, isFinished: false, fingerprint: undefined });
const header = known({ bytesRead: 20, fingerprint: undefined });
const cut = known({ isCut: true });
const holding = (one: KnownFile, compared: Comparison) => ({
  lost: [one],
  compared: new Map([[one, compared]]),
});
const rotated = named('cdr.csv.1');
const compressed = named('cdr.csv.1.gz', { size: 30 });
const later = { mtimeNs: noon + minute };
const before = { mtimeNs: noon - 2n * minute };

describe('what became of a file', () => {
  it.each<[string, FoundFile, Partial<Circumstances<KnownFile>>, unknown]>([
    ['a file under the name that is followed is new', named('cdr.csv'), {}, { is: 'new' }],
    ['however old it is', named('cdr.csv', before), {}, { is: 'new' }],
    [
      'and though it was left alone under another name',
      named('cdr.csv'),
      { isLeftAlone: true },
      { is: 'new' },
    ],
    ['a rotated one of before is old', named('cdr.csv.1', before), {}, { is: 'old' }],
    ['within the margin it may be new', named('cdr.csv.1', { mtimeNs: noon - minute }), {}, { is: 'new' }],
    [
      'where something new began in it, it is',
      named('cdr.csv.1', before),
      { isRewritten: true },
      { is: 'new' },
    ],
    ['what was left alone stays so', named('cdr.csv.1', later), { isLeftAlone: true }, { is: 'old' }],
    [
      'a rotated one asks whether others were cut',
      rotated,
      { looksForCuts: 0 },
      { is: 'unknown', ask: 'cuts' },
    ],
    ['and once more before it is new', rotated, { looksForCuts: 1 }, { is: 'unknown', ask: 'cuts' }],
    ['one under its own name does not', named('cdr.csv'), { looksForCuts: 0 }, { is: 'new' }],

    [
      'what is lost is looked for in it',
      rotated,
      { lost: [part] },
      { is: 'unknown', ask: 'content', of: part },
    ],
    ['and it is read on there', rotated, holding(part, 'yes'), { is: 'moved', from: part }],
    [
      'under its own name too: renamed back, or copied',
      named('cdr.csv'),
      holding(cut, 'yes'),
      { is: 'moved', from: cut },
    ],
    ['what is not in it is somewhere else', rotated, holding(part, 'no'), { is: 'new' }],
    ['nor can what nobody read be known by its content', rotated, { lost: [unread] }, { is: 'new' }],
    [
      'of two, that of which more was read',
      rotated,
      { lost: [part, whole] },
      { is: 'unknown', ask: 'content', of: whole },
    ],
    [
      'the other where that is not in it',
      rotated,
      {
        lost: [part, whole],
        compared: new Map([
          [whole, 'no'],
          [part, 'yes'],
        ]),
      },
      { is: 'moved', from: part },
    ],
    ['another file has its name by now', rotated, holding(part, 'gone'), { is: 'gone' }],

    [
      'compressed, it is looked into',
      compressed,
      { lost: [part] },
      { is: 'unknown', ask: 'content', of: part },
    ],
    [
      'of what was read to its end as well',
      compressed,
      { lost: [whole] },
      { is: 'unknown', ask: 'content', of: whole },
    ],
    ['another file of the same last write is new', compressed, holding(whole, 'no'), { is: 'new' }],
    [
      'written earlier, it is another file',
      named('cdr.csv.1.gz', { mtimeNs: noon - 1n }),
      { lost: [whole] },
      { is: 'new' },
    ],
    [
      'of which nothing was read, it is read whole in any case',
      compressed,
      { lost: [unread] },
      { is: 'moved', from: unread },
    ],
    ['but not where that was written later', named('cdr.csv.1.gz', later), { lost: [unread] }, { is: 'new' }],
    ['nor where that was cut', compressed, { lost: [{ ...unread, isCut: true }] }, { is: 'new' }],
    ['of which only a header was read, it is new', compressed, { lost: [header] }, { is: 'new' }],
    [
      'what cannot be decompressed is missed by nobody',
      compressed,
      holding(whole, 'unreadable'),
      { is: 'moved', from: whole },
    ],
    ['where all of it was read', compressed, holding(part, 'unreadable'), { is: 'new' }],
    ['and it is as old', named('cdr.csv.1.gz', later), holding(whole, 'unreadable'), { is: 'new' }],
    [
      'while it is compressed, it is left',
      compressed,
      { isBeingCompressed: true, lost: [part] },
      { is: 'unfinished' },
    ],

    [
      'a copy is compared with what the name leads to',
      rotated,
      { original: part },
      { is: 'unknown', ask: 'copy', of: part },
    ],
    ['and is none of its own', rotated, { original: part, isCopy: true }, { is: 'copy', isWhole: false }],
    [
      'for good where all of it was read there',
      rotated,
      { original: whole, isCopy: true },
      { is: 'copy', isWhole: true },
    ],
    ['it is new where it is none', rotated, { original: whole, isCopy: false }, { is: 'new' }],
    ['or longer', named('cdr.csv.1', { size: 101 }), { original: whole }, { is: 'new' }],
    [
      'an empty one is only beginning to be a copy',
      named('cdr.csv.1', { size: 0 }),
      { original: whole },
      { is: 'copy', isWhole: true },
    ],
    ['a compressed one is no copy', compressed, { original: whole }, { is: 'new' }],
    [
      'what is lost comes before a copy',
      rotated,
      { original: whole, isCopy: true, ...holding(cut, 'yes') },
      { is: 'moved', from: cut },
    ],
  ])('%s', (_, file, more, fate) => {
    expect(fateOf(file, facts(more))).toEqual(fate);
  });
});
