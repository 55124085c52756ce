// Programs that tests use beyond npm. `node test/setup/tools.mjs` prints the Debian packages of those that are not here.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin'];
const debianPostgres = '/usr/lib/postgresql';

/** What a tool is for, how its file is found, and which package brings it. */
const tools = {
  chromium: { package: 'chromium', use: 'opens the report', find: inPath },
  fish: { package: 'fish', use: 'completes', find: inPath },
  groff: { package: 'groff', use: 'reads the man pages', find: inPath },
  initdb: { package: 'postgresql', use: 'keeps a ledger for several hosts', find: inPostgres },
  jq: { package: 'jq', use: 'makes calls of legs in recipes', find: inPath },
  libfaketime: { package: 'faketime', use: 'sets the clock of a run', find: inLibraries },
  man: { package: 'man-db', use: 'reads the man pages', find: inPath },
  mandoc: { package: 'mandoc', use: 'reads the man pages', find: inPath },
  nginx: { package: 'nginx', use: 'serves recordings', find: inPath },
  openssl: { package: 'openssl', use: 'signs links as we do', find: inPath },
  pgbouncer: { package: 'pgbouncer', use: 'stands before a database', find: inPath },
  python3: { package: 'python3', use: 'plays a terminal', find: inPath },
  strace: { package: 'strace', use: 'sees what is synced to the disk', find: inPath },
  strip: { package: 'binutils', use: 'makes the executable smaller', find: inPath },
  'systemd-analyze': { package: 'systemd', use: 'reads the unit', find: inPath },
  zsh: { package: 'zsh', use: 'completes', find: inPath },
};

function inPath(name) {
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

/** Debian keeps the programs of PostgreSQL beside its versions; the newest is taken. */
function inPostgres(name) {
  const versions = existsSync(debianPostgres) ? readdirSync(debianPostgres) : [];
  const newest = versions.sort((one, other) => Number(other) - Number(one));
  const files = newest.map((version) => path.join(debianPostgres, version, 'bin', name));
  return files.find((file) => existsSync(file)) ?? inPath(name);
}

function inLibraries() {
  const triplets = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  const files = triplets.map((triplet) => path.join('/usr/lib', triplet, 'faketime/libfaketime.so.1'));
  return files.find((file) => existsSync(file));
}

/** The file of a tool; undefined where it is not installed. */
export function toolPath(name) {
  return tools[name].find(name);
}

/** What a test says that is skipped because a tool is not installed. */
export function whyMissing(name) {
  return `needs ${name}, which ${tools[name].use} (Debian: ${tools[name].package})`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const missing = Object.keys(tools).filter((name) => toolPath(name) === undefined);
  for (const name of missing) process.stdout.write(`${tools[name].package}\n`);
}
