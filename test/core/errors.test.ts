import { expect, test } from 'vitest';
import { whyUnwritable } from '../../src/core/errors.js';

test.each([
  ['ENOSPC: no space left on device, write', 'ENOSPC: no space left on device', /^Free some space/],
  ["EACCES: permission denied, open '/x/.r.html.1.tmp'", 'EACCES: permission denied', /you may write to$/],
  ["EROFS: read-only file system, open '/x/it's.tmp'", 'EROFS: read-only file system', /you may write to$/],
  ["ENOENT: no such file or directory, rename 'a' -> 'b'", 'ENOENT: no such file or directory', /another/],
])('%s: without the path, and with the hint that helps', (message, why, hint) => {
  const cause = Object.assign(new Error(message), { code: message.slice(0, message.indexOf(':')) });
  expect(whyUnwritable(cause, undefined)).toEqual({ why, hint: expect.stringMatching(hint) });
});
