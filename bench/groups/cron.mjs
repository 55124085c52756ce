// What a run from cron costs on a file that grows for years.
import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../compare.mjs';
import { csvHeader, csvLine, dataFile, records } from '../data.mjs';
import { race, sending, startServer, timed } from '../measure.mjs';
import { bin, environment, freshFolder, writeProfile } from '../place.mjs';

export async function cron({ runs, smoke }) {
  const rows = [];
  for (const size of smoke ? [100, 1000] : [1000, 30_000, 1_000_000])
    rows.push(...(await grownFile({ runs, rows: size })));
  return rows;
}

/** A file of so many rows that earlier runs are done with, and 100 new ones, beside those alone. */
async function grownFile({ runs, rows }) {
  const news = 100;
  const server = await startServer();
  try {
    const folder = freshFolder(`cron-${rows}`);
    writeProfile(folder, server);
    const run = (file, ledger) =>
      timed([process.execPath, bin, 'import', file, '--ledger', ledger, '--rate', '0', '--unattended'], {
        cwd: folder,
        env: environment(folder),
      }).milliseconds;
    copyFileSync(dataFile(rows), join(folder, 'years.csv'));
    run('years.csv', 'years.db');
    /** The same new calls for both; they know nothing of each other's ledger. */
    const fresh = (round) =>
      [...records(news, rows + round * news)].map((record) => `${csvLine(record)}\n`).join('');
    const times = await race(
      {
        'the 100 alone in a file': sending(server, news, (round) => {
          writeFileSync(join(folder, 'alone.csv'), `${csvHeader}\n${fresh(round)}`);
          return run('alone.csv', 'alone.db');
        }),
        [`${rows} rows settled, 100 new`]: sending(server, news, (round) => {
          appendFileSync(join(folder, 'years.csv'), fresh(round));
          return run('years.csv', 'years.db');
        }),
      },
      { runs },
    );
    const [alone, grown] = times.entries();
    return [
      row({ what: `${alone[0]}, beside ${rows}`, value: alone[1] }),
      row({ what: grown[0], value: grown[1], against: alone[1], goal: { atMost: 1.2 } }),
    ];
  } finally {
    server.stop();
  }
}
