// Imports the demo file into the sandbox with the built program, and leaves nothing behind.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const args = ['import', 'fixtures/demo-calls.csv', '--sandbox'];
/** Some calls of the demo file are not accepted, on purpose: the run comes to its end and says so. */
const expected = 3;

const state = mkdtempSync(join(tmpdir(), 'amocalls-demo-'));
const env = { ...process.env, AMOCALLS_LEDGER: join(state, 'ledger.sqlite') };
try {
  console.log(`$ amocalls ${args.join(' ')}\n`);
  const { status, signal, error } = spawnSync(process.execPath, ['bin/amocalls.js', ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status === expected)
    console.log(`\nExit code ${status}: the run came to its end, but not every call was accepted.`);
  else console.error(`\nExit code ${status ?? signal}, where ${expected} was expected.`);
  process.exitCode = status === expected ? 0 : 1;
} finally {
  rmSync(state, { recursive: true });
}
