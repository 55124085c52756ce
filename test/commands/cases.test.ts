import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { amocalls } from '../records/preset-fixtures.js';

/*
 * Files as people have them: `check` without flags, then whatever its errors hint at and its last line proposes, word for word. What
 * comes out are the right calls, or none. The right calls stand in expected.json: type, caller, to, talk time, date, uuid.
 */
const cases = fileURLToPath(new URL('../../fixtures/cases/', import.meta.url));

const files = readdirSync(cases)
  .filter((folder) => statSync(path.join(cases, folder)).isDirectory())
  .flatMap((folder) => readdirSync(path.join(cases, folder)).map((file) => `${folder}/${file}`));

interface Found {
  readonly calls: readonly string[];
  /** The words of the commands that `check` proposes. */
  readonly commands: readonly (readonly string[])[];
  readonly error: string;
}

/** Flags of a hint that can be typed as they stand: a word in angle brackets is to be filled in. */
function flagsIn(hint: string): readonly string[] {
  return [...hint.matchAll(/(--[a-z-]+) ([^\s<]+?)[.,;:]?(?=\s|$)/g)].flatMap(([, flag = '', value = '']) =>
    flag === '--path' || flag === '--timezone' || flag === '--uuid-from' ? [flag, value] : [],
  );
}

async function check(file: string, flags: readonly string[]): Promise<Found & { readonly hint: string }> {
  const { stdout, stderr } = await amocalls(['check', file, ...flags, '-q', '--output', 'json'], {
    cwd: cases,
  });
  if (stdout === '') {
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '{}');
    return { calls: [], commands: [], error: error.message, hint: error.hint ?? '' };
  }
  const { calls, summary } = JSON.parse(stdout);
  const lines = calls.flatMap(({ call }: { call?: Record<string, unknown> }) =>
    call === undefined
      ? []
      : [[call['type'], call['caller'], call['to'], call['billsec'], call['date'], call['uuid']].join(' ')],
  );
  const isUnknown = JSON.stringify(summary.assumed ?? []).includes('"unknown"');
  const commands = (summary.import ?? []).map((command: string) =>
    (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", '')).slice(1),
  );
  // The zone that nothing tells is the user's to name.
  return isUnknown && !flags.includes('--timezone')
    ? check(file, [...flags, '--timezone', 'UTC'])
    : { calls: lines, commands, error: '', hint: '' };
}

async function obey(file: string): Promise<Found> {
  let flags: readonly string[] = [];
  for (let run = 0; run < 5; run++) {
    const found = await check(file, flags);
    const said = flagsIn(found.hint);
    if (found.error === '' || said.length === 0 || said.every((word) => flags.includes(word))) return found;
    flags = [...flags, ...said];
  }
  return { calls: [], commands: [], error: 'no end of hints' };
}

const expected: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(path.join(cases, 'expected.json'), 'utf8'),
);

describe('a file as people have it gives the right calls, or none', () => {
  it.each(files)('%s', async (file) => {
    const { calls, commands, error } = await obey(file);
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
