import { statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Checkpoints, SavedCheckpoint } from '../../src/core/ledger-store.js';
import { attendanceOf } from '../../src/pipeline/unattended.js';
import { workdir } from '../program/harness.js';
import { runHere } from '../setup/in-process.js';

/** Checkpoints in memory. */
function checkpointsOf(saved: readonly SavedCheckpoint[]): Checkpoints {
  const kept = new Map(saved.map((one) => [`${one.file}\n${one.reading}`, one]));
  return {
    list: async (prefix) => [...kept.values()].filter(({ file }) => file.startsWith(prefix)),
    async save(changes) {
      for (const { file, reading, checkpoint } of changes) {
        if (checkpoint !== undefined) kept.set(`${file}\n${reading}`, { file, reading, checkpoint });
      }
    },
  };
}

/** A folder with a log, and what a run of these flags is over it, given who read it before. */
async function placeOf(before: readonly string[]) {
  const cwd = workdir({ 'Master.csv': 'uuid\n', 'Master.csv.1': 'uuid\n' });
  const file = path.join(cwd, 'Master.csv');
  const { dev, ino } = statSync(file, { bigint: true });
  const older = { file: `${dev}:${ino}`, reading: 'of an older release', checkpoint: '{}' };
  const checkpoints = checkpointsOf(before.includes('older release') ? [older] : []);
  const runOf = async (flags: readonly string[], files: readonly string[] = ['Master.csv']) => {
    const asked = { isQuiet: flags.includes('-q'), isUnattended: flags.includes('--unattended') };
    const { remember, ...attendance } = await attendanceOf({ ...asked, cwd, files }, checkpoints);
    await remember();
    return attendance;
  };
  for (const flags of before) if (flags !== 'older release') await runOf(flags.split(' '));
  return runOf;
}

const person = { isUnattended: false, isNewlyQuiet: false };
const cron = { isUnattended: true, isNewlyQuiet: false };

test.each([
  [[], '', person],
  [[], '-q', person],
  [[], '--unattended', cron],
  [[], '--unattended -q', cron],
  [[''], '-q', person],
  [['-q'], '-q', person],
  [['older release'], '', person],
  [['older release'], '-q', { isUnattended: true, isNewlyQuiet: true }],
  [['older release', ''], '-q', { isUnattended: true, isNewlyQuiet: true }],
  [['older release', '-q'], '-q', cron],
  [['older release', '-q', ''], '-q', cron],
  [['--unattended'], '', person],
  [['--unattended'], '-q', { isUnattended: true, isNewlyQuiet: true }],
  [['', '--unattended'], '-q', { isUnattended: true, isNewlyQuiet: true }],
  [['--unattended', '', '-q', '--unattended', ''], '-q', cron],
] as const)('after runs with %j, one with "%s" is %j', async (before, flags, expected) => {
  expect(await (await placeOf(before))(flags.split(' '))).toEqual(expected);
});

test('a file that came in the place of a rotated one is read by whoever read that', async () => {
  const runOf = await placeOf(['--unattended', '-q']);
  expect(await runOf(['-q'], ['Master.csv.1', 'Master.csv'])).toEqual(cron);
  expect(await runOf(['-q'], ['Master.csv.1'])).toEqual(cron);
  expect(await runOf(['-q'], ['-'])).toEqual(person);
});

test('without a ledger only the flag counts', async () => {
  const { code, stdout } = await runHere(['import', 'Master.csv', '--sandbox', '-q', '--timezone', 'UTC'], {
    cwd: workdir({ 'Master.csv': 'caller,to,date,type,billsec,uuid\nhidden,1,2024-11-03,inbound,1,a\n' }),
  });
  expect(code).toBe(3);
  expect(stdout).toContain('1 read');
});
