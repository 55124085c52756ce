import { describe, expect, test } from 'vitest';
import { type DurationForm, formOf, inSeconds, OpenDurations } from '../../src/records/durations.js';
import { cells, columns, read, tableOf } from './in-memory-table.js';

test.each<readonly [DurationForm, string, string]>([
  ['h:mm', '1:05', '1:05:00'],
  ['h:mm', '1:05:10', '1:05:10'],
  ['h:mm', '90', '90'],
  ['m:ss', '1:05', '1:05'],
  ['m:ss', '1.05', '1:05'],
  ['m:ss', '12,30', '12:30'],
  ['m:ss', '1.65', '1.65 as minutes and seconds'],
  ['m:ss', '1.5', '1.5 as minutes and seconds'],
  ['m:ss', '0,75', '0,75 as minutes and seconds'],
  ['m:ss', '0.0', '0.0'],
  ['m:ss', '0.00', '0:00'],
  ['s', '90.5', '90.5'],
  ['ms', '63499', '63'],
  ['ms', '1500,9', '2'],
  ['ms', '1:05', '1:05'],
  ['min', '1.5', '90'],
  ['min', '2', '120'],
  ['min', 'x', 'x'],
  ['days', '0.000347222', '30'],
  ['days', ',500000', '43200'],
  ['days', '3.4722E-04', '30'],
  ['days', '90', '90'],
  ['days', '0.5', '0.5'],
  ['ms', '3.4722E-04', '3.4722E-04'],
])('in the form %s %s is %s', (form, text, seconds) => {
  expect(inSeconds(text, form)).toBe(seconds);
});

/** What these durations mean, in short; `most` are the seconds from start to end. */
function formOfAll(texts: readonly string[], most: readonly (number | undefined)[] = []) {
  const form = formOf(texts, most);
  return form instanceof OpenDurations ? `${form.which} ${form.example}` : form;
}

describe('what durations mean', () => {
  test.each<readonly [string, readonly string[], readonly (number | undefined)[], string | undefined]>([
    ['nothing is there', [], [], undefined],
    ['all are empty', ['', '0'], [], undefined],
    ['they are seconds', ['5', '90', '10800'], [], undefined],
    ['half of them are long', ['10801', '5'], [], undefined],
    ['most of them are long', ['63000', '5', '10801'], [], 'long 63000'],
    ['nulls do not count', ['0', '0', '0', '63000'], [], 'long 63000'],
    ['long ones are among others that say their unit', ['63000', '1m', '2m'], [], 'long 63000'],
    ['they fit their calls as seconds', ['63000'], [62_940], undefined],
    ['they are longer than their calls, by over a minute', ['63000'], [62_939], 'ms'],
    ['they fit their calls as milliseconds', ['63000', '20000'], [3, 20], 'ms'],
    ['one of them does not', ['63000', '200000'], [3, 20], 'long 63000'],
    ['those that are timed do', ['63000', '200000'], [3, undefined], 'ms'],
    ['they are shorter than a minute as milliseconds', ['60001'], [0.0005], 'long 60001'],
    ['parts tell nothing', ['1:05', '0:03'], [], 'parts 1:05'],
    ['parts of nothing tell nothing either', ['0:00', '00:00'], [], undefined],
    ['the first that tells something is named', ['0:00', '0:03'], [], 'parts 0:03'],
    ['ten minutes are not nothing', ['10:00'], [], 'parts 10:00'],
    ['one has three parts', ['1:05', '0:01:05'], [], undefined],
    ['one has no hours of a day', ['1:05', '24:00'], [], 'm:ss'],
    ['23 may be hours', ['23:59'], [], 'parts 23:59'],
    ['as hours they are longer than their calls', ['1:05'], [3839], 'm:ss'],
    ['as hours they are longer by a minute', ['1:05'], [3840], 'h:mm'],
    ['as minutes they are far too short', ['1:05'], [3900], 'h:mm'],
    ['as minutes they are a thirtieth of their calls', ['1:00'], [3600], 'h:mm'],
    ['either way they fit their calls', ['0:01'], [30], 'parts 0:01'],
    ['as minutes they are a second too short', ['0:01'], [31], 'h:mm'],
    ['as hours three minutes are too long', ['0:03'], [119], 'm:ss'],
    ['as minutes they are just too short', ['0:03'], [120], 'h:mm'],
    ['as minutes they are a little longer', ['0:03'], [150], 'h:mm'],
    ['they contradict each other', ['1:05', '1:05'], [60, 3900], 'parts 1:05'],
    ['only one of them tells', ['1:05', '0:03'], [60, undefined], 'm:ss'],
    ['parts of a day', ['0.000347222', '0.0125000'], [], 'days'],
    ['parts among cells of nothing', ['', '1:05', '0'], [], 'parts 1:05'],
    ['parts of a day among cells of nothing', ['', '0.000347222', '0'], [], 'days'],
    ['parts, of which one is timed', ['1:05', '0:03'], [undefined, 60], 'm:ss'],
    ['hours and minutes of a long call', ['2:10'], [7800], 'h:mm'],
    ['long numbers among numbers of nothing', ['00', '000', '63000'], [], 'long 63000'],
    ['as long as talks are', ['10800'], [], undefined],
    ['a number beside them', ['0.000347222', '30'], [], undefined],
    ['no whole seconds', ['0.000341222'], [], undefined],
    ['whole seconds but for the last digit', ['0.000347'], [], 'days'],
    ['powers of ten', ['3.4722E-04'], [], 'days'],
    ['few digits', ['0.5'], [], undefined],
    ['minutes and seconds with a point, or decimals', ['', '1.05', '12.30', '0'], [], 'points 1.05'],
    ['no seconds of a minute among them', ['1.05', '12.60'], [], undefined],
    ['some as a spreadsheet cuts them', ['2.5', '1.30', '12.45', '45'], [], 'points 1.30'],
    ['one has another form', ['1.05', '120'], [], undefined],
    ['nobody talked', ['0.00', '0,0', '00'], [], undefined],
    ['nobody talked in some', ['0.00', '1.30'], [], 'points 1.30'],
    ['tenths of a second', ['1.5', '2.3'], [], undefined],
    ['thousands, or decimals', ['45', '1,205', '0'], [], 'thousands 1,205'],
    ['all have three decimals', ['45,123', '1,205'], [], undefined],
    ['decimals of all kinds', ['45', '1,205', '3,5'], [], undefined],
  ])('%s: %j of calls of %j s', (_, texts, most, form) => {
    expect(formOfAll(texts, most)).toBe(form);
  });
});

test.each<readonly [readonly string[], readonly (number | undefined)[]]>([
  [
    ['1.30', '12.00', '0.00', '1.5', '0.75', '45'],
    [90, 720, 0, undefined, undefined, undefined],
  ],
  [
    ['1:30', '45', '0'],
    [90, 45, 0],
  ],
])('as minutes and seconds %j are %j', async (texts, seconds) => {
  const rows = texts.map((billsec, at) => cells({ uuid: `a.${at}`, billsec }));
  const { calls } = await read(tableOf(columns, rows), { durations: 'm:ss' });
  expect(texts.map((_, at) => calls.find(({ uuid }) => uuid === `a.${at}`)?.billsec)).toEqual(seconds);
});

test('missed calls alone are no open durations', async () => {
  const rows = ['0.00', '0.00'].map((billsec, at) => cells({ uuid: `a.${at}`, billsec }));
  const { calls } = await read(tableOf(columns, rows));
  expect(calls.map(({ billsec }) => billsec)).toEqual([0, 0]);
});
