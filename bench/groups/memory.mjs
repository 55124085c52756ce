// The most memory that a run ever held, for files of different length.
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { row } from '../compare.mjs';
import { dataFile } from '../data.mjs';
import { race, startServer, timed } from '../measure.mjs';
import { bin, environment, freshFolder, root, writeProfile } from '../place.mjs';
import { workbookFile } from '../workbook.mjs';

/** A row has 128 bytes: a gigabyte. */
const gigabyteRows = 8_000_000;

export async function memory({ runs, smoke, big }) {
  const [few, many] = smoke ? [100, 1000] : [10_000, 1_000_000];
  const server = await startServer();
  try {
    const peak = meter(server);
    const kinds = [
      ['import csv --no-ledger', (rows) => peak('import', dataFile(rows), '--no-ledger')],
      ['import csv', (rows) => peak('import', dataFile(rows))],
      ['import ndjson --no-ledger', (rows) => peak('import', dataFile(rows, 'ndjson'), '--no-ledger')],
      ['check csv', (rows) => peak('check', dataFile(rows))],
    ];
    const results = [];
    for (const [what, run] of kinds)
      results.push(...(await growth(what, run, { few, many, runs: Math.ceil(runs / 3) })));
    results.push(await waiting(peak, smoke ? 1000 : 500_000));
    results.push(await workbook(peak, smoke ? 1000 : 100_000));
    if (big) results.push(...(await gigabyte(peak)));
    return results;
  } finally {
    server.stop();
  }
}

async function growth(what, run, { few, many, runs }) {
  const [less, more] = (
    await race({ less: () => run(few), more: () => run(many) }, { runs, warmUps: 0 })
  ).values();
  return [
    row({ what: `${what}, ${few} rows`, unit: 'MB', value: less }),
    row({ what: `${what}, ${many} rows`, unit: 'MB', value: more, goal: { atMost: 100, unit: ' MB' } }),
  ];
}

/** Calls that ended just now wait for more of their rows: how many of them there are makes no difference to what is held. */
async function waiting(peak, rows) {
  const file = join(freshFolder('waiting'), 'Master.csv');
  writeFileSync(file, '');
  const end = Math.floor(Date.now() / 1000);
  const [start, over] = [end - 37, end].map((unix) =>
    new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' '),
  );
  for (let from = 0; from < rows; from += 1000) {
    const lines = Array.from({ length: Math.min(1000, rows - from) }, (_, at) => {
      const call = from + at;
      const names = `"","${74_950_000_000 + call}","101","from-internal","","PJSIP/${call}","PJSIP/101-1","Dial",""`;
      const id = `"${end - 37}.${call}"`;
      return `${names},"${start}","${start}","${over}",37,37,"ANSWERED","DOCUMENTATION",${id},"","",${id},1\n`;
    });
    appendFileSync(file, lines.join(''));
  }
  const run = () => peak('import', file, '--preset', 'asterisk', '--timezone', 'UTC', '--settle', '1h');
  const [value] = (await race({ run }, { runs: 1, warmUps: 0 })).values();
  return row({
    what: `import csv, ${rows} calls that wait`,
    unit: 'MB',
    value,
    goal: { atMost: 200, unit: ' MB' },
  });
}

/** A workbook is a ZIP of XML: its shared texts are held, its rows are not. */
async function workbook(peak, rows) {
  const file = await workbookFile(rows);
  const run = () => peak('check', file, '--timezone', 'UTC');
  const [value] = (await race({ run }, { runs: 1, warmUps: 0 })).values();
  return row({ what: `check xlsx, ${rows} rows`, unit: 'MB', value, goal: { atMost: 300, unit: ' MB' } });
}

async function gigabyte(peak) {
  const file = dataFile(gigabyteRows);
  const runs = {
    'check csv, 1 GB': () => peak('check', file),
    'import csv --no-ledger, 1 GB': () => peak('import', file, '--no-ledger'),
    'import csv, 1 GB': () => peak('import', file),
  };
  const found = await race(runs, { runs: 1, warmUps: 0 });
  return [...found].map(([what, value]) =>
    row({ what, unit: 'MB', value, goal: { atMost: 150, unit: ' MB' } }),
  );
}

/** Runs amocalls with a preload that writes down the process's `maxRSS`; gives it in MB (10⁶ bytes). */
function meter(server) {
  const folder = freshFolder('memory');
  writeProfile(folder, server);
  const note = join(folder, 'peak');
  const env = environment(folder, { AMOCALLS_BENCH_PEAK: note });
  return (command, file, ...flags) => {
    rmSync(join(folder, 'state'), { recursive: true, force: true });
    const sending = command === 'import' ? ['--rate', '0', '--concurrency', '8'] : [];
    const args = ['--require', join(root, 'bench/peak.cjs'), bin, command, file, ...sending, ...flags];
    timed([process.execPath, ...args], { cwd: folder, env });
    return Number(readFileSync(note, 'utf8')) / 1e6;
  };
}
