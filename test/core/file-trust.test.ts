import { expect, test } from 'vitest';
import { distrustOf, type User } from '../../src/core/file-trust.js';

const user = { uid: 1000, gid: 1000 };
const root = { uid: 0, gid: 0 };
const sudo = { ...root, sudo: { uid: 1000, gid: 1000 } };

test.each<[string, User | undefined, number, number, number, string | undefined]>([
  ["one's own", user, 1000, 1000, 0o600, undefined],
  ["one's own that others read", user, 1000, 1000, 0o644, undefined],
  ["one's own with the umask 0002", user, 1000, 1000, 0o664, undefined],
  ["one's own that another group reads", user, 1000, 50, 0o640, undefined],
  ["one's own that another group writes", user, 1000, 50, 0o660, 'group'],
  ["one's own that everybody writes", user, 1000, 1000, 0o666, 'everybody'],
  ["root's", user, 0, 0, 0o644, undefined],
  ["root's for a service", user, 0, 1000, 0o640, undefined],
  ["root's that another group writes", user, 0, 50, 0o664, 'group'],
  ["somebody else's", user, 1001, 1001, 0o600, 'owner'],
  ["nobody's", user, 65534, 65534, 0o644, 'owner'],
  ["a user's, for root", root, 1000, 1000, 0o600, 'owner'],
  ["root's own, for root", root, 0, 0, 0o600, undefined],
  ['of whom root runs this for', sudo, 1000, 1000, 0o600, undefined],
  ['of whom root runs this for, with the umask 0002', sudo, 1000, 1000, 0o664, undefined],
  ["somebody else's, by sudo", sudo, 1001, 1000, 0o600, 'owner'],
  ["somebody else's on Windows", undefined, 1001, 1000, 0o666, undefined],
])('a file that is %s: %j trusts %d:%d %o but for %s', (_, who, uid, gid, mode, why) => {
  expect(distrustOf({ uid, gid, mode }, who)).toBe(why);
  expect(distrustOf({ uid, gid, mode: mode | 0o100000 }, who)).toBe(why);
});
