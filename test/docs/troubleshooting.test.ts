import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { pageOf, root } from './pages.js';

/** Messages that Node words, not we. */
const foreign = new Set(['self-signed certificate', 'unable to get local issuer certificate']);

test('every message that docs/troubleshooting.md explains is a message of the program', () => {
  const source = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(root, 'src', name), 'utf8'))
    .join('\n');
  const messages = pageOf('docs/troubleshooting.md')
    .text.split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)])
    .map(([, message = '']) => message);
  expect(messages.length).toBeGreaterThan(40);
  const unknown = messages
    .filter((message) => !foreign.has(message))
    .filter((message) =>
      message
        .split('…')
        .map((part) => part.trim().replace(/^"$/, ''))
        .some((part) => !source.includes(part)),
    );
  expect(unknown).toEqual([]);
});
