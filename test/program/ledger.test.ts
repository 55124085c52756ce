import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadDriver } from '../../src/ledger/sqlite/driver.js';
import { amocalls, calls, csv, service, workdir } from './harness.js';

test('a ledger that another process has locked is named, nothing is sent, and no file is left open', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'calls.csv': csv(calls(3)) });
  await amocalls(['history', '--ledger', 'ledger.db'], { cwd, env });
  const { DatabaseSync } = await loadDriver();
  const other = new DatabaseSync(path.join(cwd, 'ledger.db'));
  onTestFinished(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  const { code, stderr } = await amocalls(['import', 'calls.csv', '--ledger', 'ledger.db'], { cwd, env });
  expect([code, sandbox.requests().length]).toEqual([2, 0]);
  expect(stderr).toBe(
    `error: the ledger ${path.join(cwd, 'ledger.db')} cannot be used: another process has it locked\n` +
      'hint: Wait until that process has ended, or name another file with --ledger.\n',
  );
}, 30_000);
