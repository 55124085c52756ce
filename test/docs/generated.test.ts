import { expect, test } from 'vitest';
import { generatedPages } from '../../scripts/docs/pages.js';
import { pageOf } from './pages.js';

test.each([...generatedPages()])('%s is what npm run docs writes', (name, text) => {
  expect(pageOf(name).text).toBe(text);
});
