import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { amocalls } from '../records/preset-fixtures.js';
import { type Knowledge, obey } from './obey.js';

/*
 * Files as people have them: `check` without flags, then whatever its errors, reasons and last line say, word for word. What comes out are
 * the right calls, or none. The right calls stand in expected.json: type, caller, to, talk time, date, uuid.
 */
const cases = fileURLToPath(new URL('../../fixtures/cases/', import.meta.url));

const files = readdirSync(cases)
  .filter((folder) => statSync(path.join(cases, folder)).isDirectory())
  .flatMap((folder) => readdirSync(path.join(cases, folder)).map((file) => `${folder}/${file}`));

const expected: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(path.join(cases, 'expected.json'), 'utf8'),
);

/** What the user of a file knows: nearly all clocks of these files stand at Moscow. */
const known: Readonly<Record<string, Knowledge>> = {
  '19-js-locale-ampm/input.csv': { zone: 'UTC' },
  '30-cabinets/clock-change-autumn.csv': { zone: 'Europe/Berlin' },
  '30-cabinets/clock-change-spring.csv': { zone: 'Europe/Berlin' },
  '30-cabinets/clock-change-talk.csv': { zone: 'Europe/Berlin' },
  '30-cabinets/zone-region.csv': { zone: 'Asia/Yekaterinburg' },
  '22-client-employee/english.csv': { answers: { '--set to=': ['--set', 'to=103'] } },
  '30-cabinets/emptyemp.csv': { answers: { '--set to=': ['--set', 'to=101'] } },
  '30-cabinets/dirnum.csv': {
    answers: { '--type-map': ['--type-map', '0=inbound', '--type-map', '1=outbound'] },
  },
};

describe('a file as people have it gives the right calls, or none', () => {
  it.each(files)('%s', async (file) => {
    const { calls, commands, error } = await obey(file, cases, known[file]);
    expect([error, ...calls]).toEqual(error === '' ? ['', ...(expected[file] ?? [])] : [error]);
    if (error !== '') expect(expected[file] ?? []).toEqual([]);
    for (const command of commands) {
      const { code, stderr } = await amocalls([...command, '--sandbox', '--no-ledger', '--rate', '0'], {
        cwd: cases,
      });
      expect([0, 3], stderr).toContain(code);
    }
  });
});

it('every file that is expected is there', () => {
  expect(Object.keys(expected).filter((file) => !files.includes(file))).toEqual([]);
});
