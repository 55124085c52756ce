// Opens a ledger and asks for 100 uuids from all over it, half of them unknown. usage: node ledger-ask.mjs <file> <uuids>
import { createRequire } from 'node:module';
import { uuidOf } from './ledger-uuid.mjs';

const { openLedger, openLedgerFile } = createRequire(import.meta.url)('../../dist/index.js');
const [name, count] = process.argv.slice(2);
const step = Math.floor(Number(count) / 50);
const uuids = Array.from({ length: 50 }, (_, index) => [uuidOf(index * step), `unknown-${index}`]).flat();

const started = performance.now();
const file = await openLedgerFile(name);
const ledger = openLedger(file, {
  address: 'http://127.0.0.1:1',
  code: 'bench',
  run: 2,
  isAlive: () => false,
  now: Date.now,
});
const claims = ledger.known('1000', uuids, { accepted: false, unconfirmed: false });
const milliseconds = performance.now() - started;
if (claims.filter((claim) => claim === 'accepted').length !== 50)
  throw new Error('the ledger does not know them');
console.log(JSON.stringify({ milliseconds, megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
file.close();
