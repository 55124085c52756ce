// Opens a ledger and asks for 100 uuids from all over it, half of them unknown.
// usage: node ledger-ask.mjs <module of the store> <file> <uuids>
import { createRequire } from 'node:module';
import { callOf, uuidOf } from './ledger-uuid.mjs';

const [module, name, count] = process.argv.slice(2);
// As in a run, the program is there before the ledger is opened; SQLite is loaded with the clock running.
const require = createRequire(import.meta.url);
require('../../dist/index.js');
const { openLedgerStore } = require(module);
const step = Math.floor(Number(count) / 50);
const uuids = Array.from({ length: 50 }, (_, index) => [uuidOf(index * step), `unknown-${index}`]).flat();

const started = performance.now();
const store = await openLedgerStore(name, { now: Date.now, processName: 'bench', seeProcess: () => 'gone' });
const { ledger } = await store.beginRun(
  { command: 'bench', profile: undefined, files: [], isEndless: false },
  { address: 'http://127.0.0.1:1', code: 'bench' },
);
const calls = uuids.map((uuid) => callOf(uuid));
const claims = await ledger.lookup(calls, { accepted: false, unconfirmed: false, changed: false });
const milliseconds = performance.now() - started;
if (claims.filter((claim) => claim === 'accepted').length !== 50)
  throw new Error('the ledger does not know them');
console.log(JSON.stringify({ milliseconds, megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
await store.close();
