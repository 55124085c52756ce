// Opens a ledger and asks for 100 uuids from all over it, half of them unknown. usage: node ledger-ask.mjs <file> <uuids>
import { createRequire } from 'node:module';
import { callOf, uuidOf } from './ledger-uuid.mjs';

// A part of the program, not of the library: the bundler names its chunk after src/ledger/store.ts.
const require = createRequire(import.meta.url);
const { openLedgerStore } = require('../../dist/chunks/ledger-store.js');
require('../../dist/chunks/ledger-sqlite-store.js'); // the code is loaded before the clock starts, SQLite after it
const [name, count] = process.argv.slice(2);
const step = Math.floor(Number(count) / 50);
const uuids = Array.from({ length: 50 }, (_, index) => [uuidOf(index * step), `unknown-${index}`]).flat();

const started = performance.now();
const store = await openLedgerStore(name, { now: Date.now, processName: 'bench', isAlive: () => false });
const { ledger } = await store.beginRun(
  { command: 'bench', profile: undefined, files: [] },
  { address: 'http://127.0.0.1:1', code: 'bench' },
);
const calls = uuids.map((uuid) => callOf(uuid));
const claims = await ledger.lookup(calls, { accepted: false, unconfirmed: false });
const milliseconds = performance.now() - started;
if (claims.filter((claim) => claim === 'accepted').length !== 50)
  throw new Error('the ledger does not know them');
console.log(JSON.stringify({ milliseconds, megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
await store.close();
