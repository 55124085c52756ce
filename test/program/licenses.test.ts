import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startProgram, workdir } from './harness.js';

test('licenses prints our licence, and that of every bundled package', async () => {
  const { code, stdout, stderr } = await startProgram(['licenses'], { cwd: workdir() });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(readFileSync('LICENSE', 'utf8'));
  expect(stdout).toContain(readFileSync('dist/THIRD-PARTY-LICENSES.txt', 'utf8').trimEnd());
  for (const name of ['commander', 'cosmiconfig', 'undici']) {
    expect(stdout).toMatch(new RegExp(`^${name} [\\d.]+ \\(MIT\\)$`, 'm'));
  }
});
