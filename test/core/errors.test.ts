import { expect, test } from 'vitest';
import { exitCodeOf, interruptedExit, UserError, whyUnwritable } from '../../src/core/errors.js';

test.each([
  ['ENOSPC: no space left on device, write', 'ENOSPC: no space left on device', /^Free some space/],
  ["EACCES: permission denied, open '/x/.r.html.1.tmp'", 'EACCES: permission denied', /you may write to$/],
  ["EROFS: read-only file system, open '/x/it's.tmp'", 'EROFS: read-only file system', /you may write to$/],
  ["ENOENT: no such file or directory, rename 'a' -> 'b'", 'ENOENT: no such file or directory', /another/],
])('%s: without the path, and with the hint that helps', (message, why, hint) => {
  const cause = Object.assign(new Error(message), { code: message.slice(0, message.indexOf(':')) });
  expect(whyUnwritable(cause, undefined)).toEqual({ why, hint: expect.stringMatching(hint) });
});

test.each<[unknown, string, RegExp]>([
  ['disk', 'disk', /another file$/],
  [Object.assign(new Error('x, y'), { code: 'EDQUOT' }), 'x', /^Free/],
  [Object.assign(new Error("a, b, open 'x\ny'"), { code: 'EPERM' }), 'a, b', /you may write to$/],
  [{ code: 'ENOSPC' }, '[object Object]', /another file$/],
])('%s: a failure of any kind is worded', (cause, why, hint) => {
  expect(whyUnwritable(cause, undefined)).toEqual({ why, hint: expect.stringMatching(hint) });
});

test('a folder that is missing is named, whatever the system said', () => {
  expect(whyUnwritable(new Error('x'), '/a')).toMatchObject({ why: 'the folder /a does not exist' });
});

test.each([
  ['SIGHUP', 129],
  ['SIGTERM', 143],
  ['SIGINT', 130],
  [undefined, 130],
])('a command that %s ended exits with %i', (reason, exit) => {
  expect(interruptedExit({ aborted: true, reason })).toBe(exit);
  expect(interruptedExit({ aborted: false, reason })).toBeUndefined();
});

test('a failure that the user can fix says how it exits; every other one is a bug', () => {
  const cause = new Error('disk');
  const error = new UserError('a: wrong', { hint: 'Mend it.', exit: 5, cause, isReported: true });
  expect(error).toMatchObject({
    name: 'UserError',
    message: 'a: wrong',
    hint: 'Mend it.',
    cause,
    isReported: true,
  });
  expect(new UserError('a: wrong').isReported).toBe(false);
  expect([error, new UserError('a: wrong'), cause, undefined].map(exitCodeOf)).toEqual([5, 2, 1, 1]);
});
