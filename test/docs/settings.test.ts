import { expect, test } from 'vitest';
import { settingNames, settingTable } from '../../src/settings/table.js';
import { allPages, blocksOf, proseOf } from './pages.js';

/** Flags of other programs, and of amocalls that are no settings. */
const others = new Set(['--help', '--version']);

/** Every flag of the table in its long form, `--no-` forms included. */
function allFlags(): ReadonlySet<string> {
  return new Set(
    settingNames.flatMap((name) => {
      const { flags = '', negation } = settingTable[name];
      return [...`${flags} ${negation?.flag ?? ''}`.matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    }),
  );
}

test('every flag that a page names exists', () => {
  const known = allFlags();
  const wrong = allPages()
    .flatMap((page) => [
      ...[...proseOf(page).matchAll(/`([^`\n]*)`/g)].map(([, code = '']) => ({ place: page.name, code })),
      ...blocksOf(page)
        .flatMap(({ text, place }) =>
          text
            .replaceAll('\\\n', ' ')
            .split('\n')
            .map((line) => ({ place, code: line })),
        )
        .filter(({ code }) => code.includes('amocalls')),
    ])
    .filter(
      ({ code }) =>
        !/\b(npm|npx|vitest|node|biome|curl|git|zstd|sqlite3|systemctl|mysql|apt|dpkg|docker|ldd|setsid|systemd-run)\b/.test(
          code.split('amocalls')[0] ?? '',
        ),
    )
    .flatMap(({ place, code }) =>
      [...code.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([flag]) => ({ place, flag })),
    )
    .filter(({ flag }) => !known.has(flag) && !others.has(flag))
    .map(({ place, flag }) => `${place}: ${flag}`);
  expect(wrong).toEqual([]);
});

test('every flag of the table is explained in the pages that people read, not in the table alone', () => {
  const prose = allPages()
    .filter(({ name }) => name !== 'docs/settings.md')
    .map(({ text }) => text)
    .join('\n');
  const words = new Set(prose.match(/--[a-z][a-z-]+/g));
  expect([...allFlags()].filter((flag) => !words.has(flag))).toEqual([]);
});
