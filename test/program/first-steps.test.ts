import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { firstStepsPage } from '../../scripts/docs/first-steps.js';
import { needs } from '../setup/needs.js';
import { clock, programWords } from './harness.js';

needs('python3');

test('docs/first-steps.md is what the program does, as npm run docs writes it', async () => {
  const root = path.resolve(import.meta.dirname, '../..');
  const page = readFileSync(path.join(root, 'docs/first-steps.md'), 'utf8');
  expect(page).toBe(await firstStepsPage(root, programWords, clock));
});
