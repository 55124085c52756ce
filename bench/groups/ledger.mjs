// What it takes to ask a ledger that has grown for years.
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { mapped, row, spread } from '../compare.mjs';
import { timed } from '../measure.mjs';
import { bench, environment, freshFolder, peer, root } from '../place.mjs';

/** The store is a part of the program, not of the library: it is bundled alone, as the program bundles it. */
async function storeModule() {
  const file = join(bench, 'ledger-store.cjs');
  await build({
    input: join(root, 'src/ledger/store.ts'),
    platform: 'node',
    external: ['pg', '@photostructure/sqlite'],
    output: { file, format: 'cjs', codeSplitting: false, dynamicImportInCjs: false },
    logLevel: 'silent',
  });
  return file;
}

export async function ledger({ runs, smoke }) {
  const module = await storeModule();
  const uuids = smoke ? 1000 : 10_000_000;
  const folder = freshFolder('ledger');
  const options = { cwd: folder, env: environment(folder) };
  const file = smoke ? join(folder, 'ledger.db') : join(bench, 'data', `ledger-${uuids}.db`);
  if (!existsSync(file)) {
    rmSync(`${file}.part`, { force: true });
    timed([process.execPath, peer('ledger-build.mjs'), module, `${file}.part`, String(uuids)], options);
    renameSync(`${file}.part`, file);
  }
  const ask = () =>
    JSON.parse(
      timed([process.execPath, peer('ledger-ask.mjs'), module, file, String(uuids)], options).stdout,
    );
  ask(); // warms the page cache
  const answers = Array.from({ length: runs }, ask);
  const of = (name) => mapped(spread(answers.map((answer) => answer[name])), (value) => value);
  const what = `ledger of ${uuids} uuids`;
  return [
    row({ what: `${what}: open, ask for 100`, value: of('milliseconds'), goal: { atMost: 30, unit: ' ms' } }),
    row({
      what: `${what}: memory of that process`,
      unit: 'MB',
      value: of('megabytes'),
      goal: { atMost: 60, unit: ' MB' },
    }),
  ];
}
