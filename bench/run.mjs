// Runs the benchmarks: npm run bench [-- startup|bulk|cron|follow|memory|ledger|peers|size …] [--runs n] [--smoke] [--big] [--json]
import { mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { tableText } from './compare.mjs';
import { bulk } from './groups/bulk.mjs';
import { cron } from './groups/cron.mjs';
import { follow } from './groups/follow.mjs';
import { ledger } from './groups/ledger.mjs';
import { many } from './groups/many.mjs';
import { memory } from './groups/memory.mjs';
import { peers } from './groups/peers.mjs';
import { size } from './groups/size.mjs';
import { startup } from './groups/startup.mjs';
import { bench } from './place.mjs';

const groups = { startup, bulk, peers, cron, follow, many, memory, ledger, size };
/** Builds a ledger of ten million uuids, which takes minutes: only when it is asked for. */
const onlyByName = ['ledger'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string', default: '10' },
    smoke: { type: 'boolean', default: false },
    big: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const { smoke, big } = values;
const runs = smoke ? 1 : Number(values.runs);
const unknown = positionals.find((name) => !Object.hasOwn(groups, name));
if (unknown !== undefined || !Number.isInteger(runs) || runs < 1) {
  console.error(
    `usage: npm run bench -- [${Object.keys(groups).join('|')}] [--runs n] [--smoke] [--big] [--json]`,
  );
  process.exit(2);
}
const everything = Object.keys(groups).filter((name) => smoke || !onlyByName.includes(name));
const chosen = positionals.length > 0 ? positionals : everything;

const machine = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  cores: cpus().length,
  cpu: cpus()[0]?.model ?? 'unknown',
  runs,
};
if (!values.json)
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );

mkdirSync(bench, { recursive: true });
const results = {};
for (const name of chosen) {
  const rows = await groups[name]({ runs, smoke, big });
  // Tiny data shows that a benchmark runs, and nothing else.
  results[name] = smoke ? rows.map(({ goal, met, ...rest }) => rest) : rows;
  if (!values.json) console.log(`\n${name}\n${tableText(results[name])}`);
}
if (values.json) console.log(JSON.stringify({ machine, results }, null, 2));
