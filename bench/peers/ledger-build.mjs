// Fills a new ledger with accepted calls. usage: node ledger-build.mjs <file> <uuids>
import { createRequire } from 'node:module';
import { callOf, uuidOf } from './ledger-uuid.mjs';

// A part of the program, not of the library: the bundler names its chunk after src/ledger/store.ts.
const { openLedgerStore } = createRequire(import.meta.url)('../../dist/chunks/ledger-store.js');
const [name, count] = process.argv.slice(2);
const store = await openLedgerStore(name, { now: Date.now, processName: 'bench', isAlive: () => false });
const { ledger } = await store.beginRun(
  { command: 'bench', profile: undefined, files: [] },
  { address: 'http://127.0.0.1:1', code: 'bench' },
);
const chunk = 10_000;
for (let at = 0; at < Number(count); at += chunk) {
  const calls = Array.from({ length: Math.min(chunk, Number(count) - at) }, (_, index) =>
    callOf(uuidOf(at + index)),
  );
  await ledger.claim(calls, { accepted: false, unconfirmed: false });
  await ledger.settle(
    '1000',
    calls.map(({ uuid }) => ({ uuid, state: 'accepted' })),
  );
}
await store.close();
