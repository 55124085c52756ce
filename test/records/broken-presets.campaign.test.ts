import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/sandbox/fault-plan.js';
import { seeds, size } from '../setup/campaign.js';
import {
  type BrokenFile,
  breaksOf,
  callsUnasked,
  callsWithPreset,
  isRecognised,
  otherZones,
  presetFiles,
} from './broken-presets.js';

/*
 * A file of a phone system in which one thing is broken gives calls of the original, or none of them: with its preset, and as
 * `check` reads it without flags. What nobody could tell stands in broken-presets.json, in kinds with a reason each: nothing else
 * in the file, and nothing that is known of the system, says that it is broken.
 */
interface Kind {
  readonly because: string;
  /** By preset, what was done to a file. */
  readonly breaks: Readonly<Record<string, readonly string[]>>;
}

const kinds: readonly Kind[] = JSON.parse(
  readFileSync(new URL('broken-presets.json', import.meta.url), 'utf8'),
);

function unseen(preset: string, what: string): boolean {
  const named = what.replace(/row \d+/, 'a row');
  return kinds.some(({ breaks }) => breaks[preset]?.includes(named) === true);
}

const files = await presetFiles();

/** So many ways to break each file, drawn by the seed; all of them in a campaign. */
const quick = 4;

function drawn(all: readonly BrokenFile[], seed: number): readonly BrokenFile[] {
  const count = size(quick, all.length);
  return count >= all.length
    ? all
    : Array.from(
        { length: count },
        (_, at) => all[Math.floor(seededRandom(seed, `break ${at}`) * all.length)],
      ).filter((one) => one !== undefined);
}

const withPreset = ['with its preset', callsWithPreset] as const;
const unasked = ['unasked', callsUnasked] as const;

it.each(files)('$file', async (file) => {
  const original = await callsWithPreset(file);
  const isSeen = ({ what }: BrokenFile) => !unseen(file.preset.name, what);
  const all = [...breaksOf(file)].filter(isSeen);
  const wrong: string[] = [];
  for (const seed of seeds) {
    for (const broken of drawn(all, seed)) {
      for (const [how, read] of isRecognised(file) ? [withPreset, unasked] : [withPreset]) {
        const calls = await read(broken);
        const others = calls.filter((call) => !original.includes(call));
        if (others.length > 0) wrong.push(`${broken.what}, ${how}: ${others.join('; ')}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

it.each(files.filter(({ rows }) => rows.flat().some((cell) => /^[\w-]*1\d{9}\.\d+$/.test(cell))))(
  '$file in another zone than its ids say',
  async (file) => {
    const original = await callsWithPreset(file);
    const wrong: string[] = [];
    for (const timezone of otherZones) {
      if (unseen(file.preset.name, 'another zone')) continue;
      const calls = await callsWithPreset({ ...file, timezone });
      const others = calls.filter((call) => !original.includes(call));
      if (others.length > 0) wrong.push(`${timezone}: ${others.join('; ')}`);
    }
    expect(wrong).toEqual([]);
  },
);
