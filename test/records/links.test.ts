import { expect, test } from 'vitest';
import { proposeLink } from '../../src/records/links.js';

const rules = { folders: '{date:YYYY}/{date:MM}/{date:DD}/', base: 'https://pbx.example/rec' };
const columns = ['uuid', 'recordingfile'];

test.each([
  [
    'names',
    ['in-101.wav', ''],
    "--map link='https://pbx.example/rec/{date:YYYY}/{date:MM}/{date:DD}/{recordingfile}'",
  ],
  ['paths', ['2024/11/03/in-101.mp3'], "--map link='https://pbx.example/rec/{+recordingfile}'"],
  ['absolute paths', ['/var/spool/asterisk/monitor/a.wav'], undefined],
  ['addresses', ['https://cloud.example/a.mp3'], undefined],
  ['nothing', ['', ''], undefined],
])('the flag that links recordings by %s', (_, names, flag) => {
  const sample = names.map((name) => ['1', name]);
  expect(proposeLink(columns, sample, rules)).toBe(flag);
});
