import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allPresets } from '../../src/records/presets/index.js';
import { root } from './pages.js';

test('no page stands for a preset that is gone', () => {
  const pages = readdirSync(join(root, 'docs/presets')).sort();
  expect(pages).toEqual(['README.md', ...allPresets.map(({ name }) => `${name}.md`)].sort());
});
