import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { Problem } from '../../src/core/errors.js';
import { durationOf } from '../../src/recordings/audio.js';
import { nginxBlock } from '../../src/recordings/nginx.js';
import {
  fileOfLink,
  linkOfFile,
  newestRecording,
  recordingState,
} from '../../src/recordings/recording-files.js';
import { makeSecret, parseSecrets } from '../../src/recordings/signature.js';
import { workdir } from '../program/harness.js';

const place = { root: '/srv/rec', url: 'https://pbx.example/rec/' };

describe('a link and its file', () => {
  it.each([
    ['https://pbx.example/rec/2024/a%20b.mp3', '/srv/rec/2024/a b.mp3'],
    ['https://pbx.example/rec/%D0%96%23%25.mp3', '/srv/rec/Ж#%.mp3'],
    ['https://pbx.example/rec/../etc/passwd', undefined],
    ['https://pbx.example/rec/%2e%2e/%2e%2e/etc/passwd', undefined],
    ['https://pbx.example/other/a.mp3', undefined],
    ['https://elsewhere.example/rec/a.mp3', undefined],
  ])('%s is %s', (link, file) => {
    expect(fileOfLink(link, place)).toBe(file);
  });

  it('belong together both ways, and a sibling folder is elsewhere', () => {
    const link = linkOfFile('/srv/rec/a b#/ü?.mp3', place);
    expect(link).toBe('https://pbx.example/rec/a%20b%23/%C3%BC%3F.mp3');
    expect(fileOfLink(String(link), place)).toBe('/srv/rec/a b#/ü?.mp3');
    expect(linkOfFile('/srv/recordings/a.mp3', place)).toBeUndefined();
  });
});

test('what is there of a recording', async () => {
  const folder = workdir({ 'whole.mp3': 'x', 'empty.mp3': '', 'new.mp3': 'x' });
  const now = Date.now();
  utimesSync(path.join(folder, 'whole.mp3'), now / 1000 - 60, now / 1000 - 60);
  utimesSync(path.join(folder, 'new.mp3'), now / 1000, now / 1000);
  const stateOf = (name: string) => recordingState(path.join(folder, name), now + 1000);
  expect(await Promise.all(['whole.mp3', 'empty.mp3', 'new.mp3', 'none.mp3', '.'].map(stateOf))).toEqual([
    'ready',
    'empty',
    'being written',
    'missing',
    'missing',
  ]);
});

test('the newest recording is found through folders of days', async () => {
  const folder = workdir();
  for (const [day, time] of [
    ['2024/11/02', 100],
    ['2024/11/03', 200],
  ] as const) {
    mkdirSync(path.join(folder, day), { recursive: true });
    writeFileSync(path.join(folder, day, 'call.mp3'), 'x');
    for (const part of [path.join(day, 'call.mp3'), day]) utimesSync(path.join(folder, part), time, time);
  }
  writeFileSync(path.join(folder, 'notes.txt'), 'x');
  expect(await newestRecording(folder)).toBe(path.join(folder, '2024/11/03/call.mp3'));
  expect(await newestRecording(workdir())).toBeUndefined();
});

describe('the file of secrets', () => {
  it('numbers its keys by their lines, and keeps the number of one that is out of use', () => {
    expect(parseSecrets('# ours\naaa\n-\n\nccc\r\n')).toEqual([
      { id: 1, secret: 'aaa' },
      { id: 3, secret: 'ccc' },
    ]);
  });

  it.each(['', '# nothing', '-\n', 'a"b', 'a$b', 'a b'])('%j is refused', (text) => {
    expect(parseSecrets(text)).toBeInstanceOf(Problem);
  });

  it('takes every secret that is made', () => {
    const secret = makeSecret();
    expect(parseSecrets(`${secret}\n`)).toEqual([{ id: 1, secret }]);
    expect(secret.length).toBe(43);
  });
});

test('the block takes no name that nginx would read as its own syntax', () => {
  const keys = [{ id: 1, secret: 'aaa' }];
  expect(nginxBlock(place, keys)).toContain('location ^~ "/rec/" {\n    alias "/srv/rec/";');
  expect(nginxBlock({ ...place, root: '/srv/a$b' }, keys)).toBeInstanceOf(Problem);
  expect(nginxBlock({ ...place, root: '/srv/a"b' }, keys)).toBeInstanceOf(Problem);
});

test('how long a recording lasts', () => {
  const wav = Buffer.alloc(44);
  wav.write('RIFF', 0, 'latin1');
  wav.writeUInt32LE(16_000, 28);
  expect(durationOf(wav, 44 + 160_000)).toBe(10);
  const mp3 = Buffer.concat([
    Buffer.from('ID3\x04\0\0\0\0\0\x02xx', 'latin1'),
    Buffer.from([0xff, 0xfb, 0x40, 0]),
  ]);
  expect(durationOf(mp3, 12 + 56 * 125 * 30)).toBe(30);
  expect(durationOf(Buffer.from('<html>'), 100)).toBeUndefined();
});
