// Fills a new ledger with accepted calls. usage: node ledger-build.mjs <module of the store> <file> <uuids>
import { callOf, uuidOf } from './ledger-uuid.mjs';

const [module, name, count] = process.argv.slice(2);
const { openLedgerStore } = await import(module);
const store = await openLedgerStore(name, { now: Date.now, processName: 'bench', seeProcess: () => 'gone' });
const { ledger } = await store.beginRun(
  { command: 'bench', profile: undefined, files: [], isEndless: false },
  { address: 'http://127.0.0.1:1', code: 'bench' },
);
const chunk = 10_000;
for (let at = 0; at < Number(count); at += chunk) {
  const calls = Array.from({ length: Math.min(chunk, Number(count) - at) }, (_, index) =>
    callOf(uuidOf(at + index)),
  );
  await ledger.claim(calls, { accepted: false, unconfirmed: false, changed: false });
  await ledger.settle(
    '1000',
    calls.map(({ uuid }) => ({ uuid, state: 'accepted' })),
  );
}
await store.close();
