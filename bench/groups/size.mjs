// How much an installation takes.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { row, spread } from '../compare.mjs';
import { timed } from '../measure.mjs';
import { freshFolder, root } from '../place.mjs';

export async function size() {
  const folder = freshFolder('size');
  const { stdout } = timed(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const packed = join(folder, stdout.trim().split('\n').at(-1));
  const bare = [
    '--omit=optional',
    '--omit=dev',
    '--offline',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--silent',
  ];
  timed(['npm', 'install', ...bare, '--prefix', folder, packed], { cwd: folder });
  const once = (bytes) => spread([bytes / 1e6]);
  return [
    row({ what: 'the packed file', unit: 'MB', value: once(statSync(packed).size) }),
    row({
      what: 'installed, without @photostructure/sqlite',
      unit: 'MB',
      value: once(bytesOf(join(folder, 'node_modules'))),
      goal: { atMost: 20, unit: ' MB' },
    }),
  ];
}

function bytesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
