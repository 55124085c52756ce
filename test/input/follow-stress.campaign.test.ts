import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { followFile } from '../../src/input/follow/follow.js';
import { seeds, size } from '../setup/campaign.js';
import { folderOf } from './following.js';

/**
 * A program that writes rows to a file as a busy switch does, in pieces that end anywhere, and has it rotated now and
 * then: by rename, where it writes on for a moment to the old file, or by a copy after which it is truncated.
 */
const writer = String.raw`
const fs = require('node:fs');
const [file, kinds, count, seed] = process.argv.slice(1);
let state = Number(seed);
const random = (below) => { state = (state * 48271) % 2147483647; return state % below; };
const header = 'id,caller,to\n';
const shift = () => {
  for (let n = 199; n > 0; n--) if (fs.existsSync(file + '.' + n)) fs.renameSync(file + '.' + n, file + '.' + (n + 1));
};
let fd = fs.openSync(file, 'a');
fs.writeSync(fd, header);
const rotate = {
  rename() { shift(); fs.renameSync(file, file + '.1'); if (random(2)) write(row()); fs.closeSync(fd); fd = fs.openSync(file, 'a'); fs.writeSync(fd, header); },
  copy() { shift(); fs.copyFileSync(file, file + '.1'); fs.ftruncateSync(fd); if (random(2)) fs.writeSync(fd, header); },
};
let id = 0;
const row = () => 'r' + id++ + ',"74950000' + String(id).padStart(6, '0') + '",' + (random(3) ? '101' : '"a ""quoted"" name, 📞"') + '\n';
const write = (text) => {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at, Math.min(bytes.length - at, 1 + random(60)));
};
const wait = new Int32Array(new SharedArrayBuffer(4));
const list = kinds.split(',');
while (id < Number(count)) {
  write(row());
  if (random(40) === 0) rotate[list[random(list.length)]]();
  if (random(20) === 0) Atomics.wait(wait, 0, 0, random(15));
}
console.log(id);
`;

it.each(seeds.flatMap((seed) => ['rename', 'copy', 'rename,copy'].map((kinds) => ({ kinds, seed }))))(
  'gives every row once while a writer appends and rotates quickly: $kinds (seed $seed)',
  async ({ kinds, seed }) => {
    const file = join(folderOf(), 'cdr.csv');
    const interrupt = new AbortController();
    const warnings: string[] = [];
    let hasLooked: (note: string) => void = () => undefined;
    const looked = new Promise<string>((resolve) => {
      hasLooked = resolve;
    });
    const table = followFile(
      file,
      { columns: ['id', 'caller', 'to'] },
      {
        stdin: Readable.from([]),
        cwd: '/',
        note: (text) => hasLooked(text),
        warn: (text) => warnings.push(text),
        now: Date.now,
        sleep: (milliseconds, signal) => pause(milliseconds, undefined, { signal }).catch(() => undefined),
        signal: interrupt.signal,
      },
    );
    await looked;
    const child = spawn(
      process.execPath,
      ['-e', writer, file, kinds, String(size(500, 1500)), String(seed + 10)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    let count = Number.POSITIVE_INFINITY;
    const ids: string[] = [];
    const endWhenAllCame = () => ids.length >= count && interrupt.abort();
    child.stdout.once('data', (text) => {
      count = Number(text);
      endWhenAllCame();
    });
    for await (const { rows, caughtUp } of (await table).table.batches) {
      for (const { cells } of rows) if (cells[0] !== 'id') ids.push(cells[0] ?? '');
      if (caughtUp) endWhenAllCame();
    }
    expect(ids.length).toBe(count);
    expect(new Set(ids).size).toBe(count);
    expect(warnings).toEqual([]);
  },
);
