// How many rows a second others send of the same file to the same server, whole processes, from spawn to exit.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { perSecond, row, skipped } from '../compare.mjs';
import { bodiesFolder, dataFile } from '../data.mjs';
import { race, sending, startServer, timed } from '../measure.mjs';
import { addressOf, bench, peer, root } from '../place.mjs';
import { sender } from './bulk.mjs';

const works = (...command) => spawnSync(command[0], command.slice(1), { stdio: 'ignore' }).status === 0;

/** elasticdump is no dependency of ours: whoever wants the figure installs it beside the data. */
const elasticdump = join(bench, 'elasticdump/node_modules/.bin/elasticdump');

async function afternoonProgram() {
  const file = join(bench, 'afternoon.mjs');
  await build({
    input: join(root, 'bench/peers/afternoon.ts'),
    platform: 'node',
    output: { file, format: 'esm' },
    logLevel: 'silent',
  });
  return file;
}

/** Each peer: what it is called, why it cannot run here, its command, and how much faster we want to be. */
async function contenders(server, rows) {
  const csv = dataFile(rows);
  const address = addressOf(server);
  const xargs = `find "${bodiesFolder(rows, server.account)}" -name '*.form' -print0 | xargs -0 -P 8 -I {} curl -sS -o /dev/null --data-binary @{} '${address}'`;
  const input = [
    `--input=csv://${csv}`,
    `--output=${server.url}/calls`,
    '--type=data',
    '--limit=100',
    '--quiet',
  ];
  return [
    {
      what: "PHP, the vendor's sample in a loop, one curl handle",
      missing: works('php', '-r', 'exit(function_exists("curl_init") ? 0 : 1);')
        ? undefined
        : 'PHP with curl is not installed (Debian: php-cli, php-curl)',
      command: ['php', peer('sample.php'), csv, address, server.account],
      goal: { atLeast: rows >= 1_000_000 ? 2 : 1.2 },
    },
    ...(rows >= 1_000_000
      ? []
      : [
          {
            what: "an afternoon's TypeScript: csv-parse sync, fetch",
            command: [process.execPath, await afternoonProgram(), csv, address, server.account],
            goal: { atLeast: 2.5 },
          },
          {
            what: 'elasticdump, 100 a request',
            missing: existsSync(elasticdump)
              ? undefined
              : 'it is not installed (npm install --prefix .bench/elasticdump elasticdump)',
            command: [elasticdump, ...input],
          },
          {
            what: 'bodies made before, xargs -P 8 curl',
            missing: works('curl', '--version') ? undefined : 'curl is not installed',
            command: ['sh', '-c', xargs],
          },
        ]),
  ].map((one) => ({ goal: { atLeast: 3 }, ...one }));
}

export async function peers({ runs, smoke }) {
  if (smoke) return against(300, runs);
  return [...(await against(100_000, runs)), ...(await against(1_000_000, runs))];
}

async function against(rows, runs) {
  const server = await startServer();
  try {
    const { importing, options } = sender('peers', server, rows);
    const all = await contenders(server, rows);
    const ours = `amocalls import --no-ledger, ${rows} rows`;
    const racers = { [ours]: importing(dataFile(rows), '--no-ledger') };
    for (const { what, missing, command } of all) {
      if (missing === undefined)
        racers[what] = sending(server, rows, () => timed(command, options).milliseconds);
    }
    const times = await race(racers, { runs });
    const best = perSecond(times.get(ours), rows);
    return [
      row({ what: ours, unit: 'rows/s', value: best }),
      ...all.map(({ what, missing, goal }) => {
        if (missing !== undefined) return skipped(what, missing);
        const value = perSecond(times.get(what), rows);
        return row({ what: `  ${what}`, unit: 'rows/s', value, ratio: best.median / value.median, goal });
      }),
    ];
  } finally {
    server.stop();
  }
}
