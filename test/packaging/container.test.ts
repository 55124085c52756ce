import { readFileSync } from 'node:fs';
import path from 'node:path';
import { validate } from 'dockerfile-utils';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const text = readFileSync(path.join(root, 'Containerfile'), 'utf8');

/** The instructions of the last stage, as `USER 65532:65532`. */
function lastStage(): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')));
}

test('the Containerfile is one that engines understand', () => {
  expect(validate(text)).toEqual([]);
});

test('every base is named with its registry and a version', () => {
  const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image);
  expect(images).not.toEqual([]);
  for (const image of images) {
    expect(image).toMatch(/^[a-z.]+\.(io|com)\/.+:.+$/);
    expect(image).not.toMatch(/:latest$/);
  }
});

test('it runs as a user that is not root, named by number, so that an engine can tell', () => {
  const users = lastStage().filter((line) => line.startsWith('USER'));
  expect(users.at(-1)).toMatch(/^USER [1-9]\d*:[1-9]\d*$/);
  expect(lastStage().findLastIndex((line) => line.startsWith('USER'))).toBeLessThan(
    lastStage().findIndex((line) => line.startsWith('ENTRYPOINT')),
  );
});

test('the program cannot be written by the user that runs it, and signals reach it: no shell is between', () => {
  expect(lastStage()).toContainEqual(
    expect.stringMatching(/^COPY --chown=0:0 --chmod=0755 \S+ \/usr\/bin\/amocalls$/),
  );
  expect(lastStage()).toContain('ENTRYPOINT ["/usr/bin/amocalls"]');
});

test('nothing is fetched by address, and no secret is built in', () => {
  expect(text).not.toMatch(/^(ADD|ARG)\b/m);
  expect(text).not.toMatch(/^ENV .*(KEY|TOKEN|CODE|PASSWORD)/im);
  const ignored = readFileSync(path.join(root, '.dockerignore'), 'utf8').split('\n');
  expect(ignored.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([
    '*',
    '!build/amocalls-linux-x64',
  ]);
});
