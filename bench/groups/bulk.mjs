// How many rows a second an import sends and a check reads, against the bounds of what Node can do.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasPostgres, startPostgres } from '../../test/setup/postgres-server.mjs';
import { perSecond, row } from '../compare.mjs';
import { bodiesFolder, dataFile } from '../data.mjs';
import { race, sending, startServer, timed } from '../measure.mjs';
import { addressOf, bin, environment, freshFolder, peer, writeProfile } from '../place.mjs';

const sendFlags = ['--rate', '0', '--concurrency', '8'];

/** A folder with a profile for a server, and what runs there. */
export function sender(name, server, rows) {
  const folder = freshFolder(name);
  writeProfile(folder, server);
  const options = { cwd: folder, env: environment(folder) };
  const node = (...args) => timed([process.execPath, ...args], options);
  return {
    options,
    /** Milliseconds of a whole import, from spawn to exit, into a ledger that is new. */
    importing: (file, ...flags) =>
      sending(server, rows, () => {
        rmSync(join(folder, 'state'), { recursive: true, force: true });
        return node(bin, 'import', file, ...sendFlags, ...flags).milliseconds;
      }),
    /** Milliseconds of posting alone: bodies were read before, the process and its connections come for free. */
    replay: (api = 'calls-add') => {
      const bodies = bodiesFolder(rows, server.account, api);
      return sending(server, rows, () =>
        Number(node(peer('replay.mjs'), addressOf(server, api), bodies, '8').stdout),
      );
    },
    checking: (file) => () => node(bin, 'check', file).milliseconds,
    splitting: (file) => () => Number(node(peer('split.mjs'), file).stdout),
  };
}

export async function bulk({ runs, smoke }) {
  return [
    ...(await imports(smoke ? 300 : 100_000, runs)),
    ...(hasPostgres ? await ledgers(smoke ? 300 : 100_000, runs) : []),
    ...(await slowAnswers(smoke ? 300 : 100_000, runs)),
    ...(await checks(smoke ? 1000 : 1_000_000, runs)),
  ];
}

async function imports(rows, runs) {
  const server = await startServer();
  try {
    const { importing, replay } = sender('bulk', server, rows);
    const [csv, ndjson] = [dataFile(rows), dataFile(rows, 'ndjson')];
    const peers = {
      [`replay bound, ${rows} rows`]: replay(),
      'import csv --no-ledger': importing(csv, '--no-ledger'),
      'import csv': importing(csv),
      'import ndjson --no-ledger': importing(ndjson, '--no-ledger'),
      'import ndjson': importing(ndjson),
    };
    const v4 = {
      [`replay bound of v4, ${rows} rows`]: replay('v4'),
      'import csv --api v4 --no-ledger': importing(csv, '--api', 'v4', '--no-ledger'),
      'import csv --api v4': importing(csv, '--api', 'v4'),
    };
    return [
      ...shares(await race(peers, { runs }), rows, [0.4, 0.15, 0.35, 0.15]),
      ...shares(await race(v4, { runs }), rows, [0.4, 0.15]),
    ];
  } finally {
    server.stop();
  }
}

/** The same import into a new ledger of each engine: PostgreSQL on loopback, with commits that wait for the disk. */
async function ledgers(rows, runs) {
  const server = await startServer();
  const postgres = await startPostgres({ isDurable: true });
  try {
    const { importing } = sender('bulk-postgres', server, rows);
    const csv = dataFile(rows);
    const into = importing(csv, '--ledger', await postgres.newDatabase());
    const peers = {
      [`import csv, SQLite, ${rows} rows`]: importing(csv),
      'import csv, PostgreSQL': async () => {
        await postgres.query('DROP SCHEMA IF EXISTS amocalls CASCADE', 'test_1');
        return into();
      },
    };
    return shares(await race(peers, { runs }), rows, [0.5]);
  } finally {
    server.stop();
    await postgres.stop();
  }
}

async function slowAnswers(rows, runs) {
  const server = await startServer(50);
  try {
    const { importing, replay } = sender('bulk-slow', server, rows);
    const peers = {
      [`replay bound, 50 ms to every answer, ${rows} rows`]: replay(),
      'import csv --no-ledger, 50 ms': importing(dataFile(rows), '--no-ledger'),
    };
    return shares(await race(peers, { runs }), rows, [0.94]);
  } finally {
    server.stop();
  }
}

async function checks(rows, runs) {
  const { checking, splitting } = sender(
    'check',
    { url: 'http://127.0.0.1:1', code: 'x', key: 'x', account: '1' },
    rows,
  );
  const csv = dataFile(rows);
  const peers = { [`read and split, ${rows} rows`]: splitting(csv), 'check csv': checking(csv) };
  return shares(await race(peers, { runs }), rows, [0.25]);
}

/** The first of the peers is the bound. */
function shares(times, rows, goals) {
  const [bound] = times.values();
  const against = perSecond(bound, rows);
  return [...times].map(([what, value], at) =>
    row({
      what,
      unit: 'rows/s',
      value: perSecond(value, rows),
      ...(at === 0 ? {} : { against, goal: { atLeast: goals[at - 1] } }),
    }),
  );
}
