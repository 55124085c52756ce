// Where the benchmarks keep what they make, and the environment that their processes see.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const bin = join(root, 'bin/amocalls.js');
/** Ignored by git; may be removed at any time. */
export const bench = join(root, '.bench');
export const peer = (name) => join(root, 'bench/peers', name);

/** An empty folder for one benchmark; what an earlier run left there is removed. */
export function freshFolder(name) {
  const folder = join(bench, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** What steers amocalls, and what lengthens every start of Node: a larger floor makes smaller ratios. */
const unwanted = /^(?:(?:AMOCALLS|XDG|npm)_|NODE_EXTRA_CA_CERTS$)/i;

/** The environment of a process that is measured: the caller's, without what is unwanted, its state in a folder of its own. */
export function environment(folder, more = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !unwanted.test(name));
  return {
    ...Object.fromEntries(inherited),
    HOME: folder,
    XDG_STATE_HOME: join(folder, 'state'),
    TZ: 'UTC',
    ...more,
  };
}

/** Writes the profile that leads to a server, as a user would have it. */
export function writeProfile(folder, server) {
  const lines = [`code: ${server.code}`, `key: ${server.key}`, `account_id: ${server.account}`];
  const text = [...lines, 'token: bench', `base_url: ${server.url}`, ''].join('\n');
  writeFileSync(join(folder, '.amocallsrc'), text, { mode: 0o600 });
}

/** Where calls go by one of the APIs; that of calls/add has a query. */
export function addressOf({ url, code, key, account }, api = 'calls-add') {
  return api === 'v4'
    ? `${url}/api/v4/calls`
    : `${url}/api/calls/add/?code=${code}&key=${key}&account_id=${account}`;
}
