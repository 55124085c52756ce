// Fills a new ledger with accepted calls. usage: node ledger-build.mjs <file> <uuids>
import { createRequire } from 'node:module';
import { uuidOf } from './ledger-uuid.mjs';

const { openLedger, openLedgerFile } = createRequire(import.meta.url)('../../dist/index.js');
const [name, count] = process.argv.slice(2);
const file = await openLedgerFile(name);
const use = { address: 'http://127.0.0.1:1', code: 'bench', run: 1, isAlive: () => false, now: Date.now };
// Makes the namespace, as a run would.
await openLedger(file, use).claim('1000', [uuidOf(0)], { accepted: false, unconfirmed: false });
const insert = file.durable.prepare(
  'INSERT INTO calls (namespace, uuid, state, run, at) VALUES (1, ?, 1, 1, 1704067200) ON CONFLICT DO UPDATE SET state = 1',
);
file.durable.exec('BEGIN');
for (let number = 0; number < Number(count); number++) insert.run(uuidOf(number));
file.durable.exec('COMMIT');
file.close();
