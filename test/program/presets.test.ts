import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { amocalls, service, workdir } from './harness.js';

const fixture = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../fixtures/presets/${name}`, import.meta.url)), 'utf8');

/** Imports a file of a phone system again and again with one ledger. */
async function importer(name: string, content: string, flags: readonly string[], forgetPattern?: RegExp) {
  const { sandbox, env } = await service({ forgetPattern });
  const cwd = workdir({ [name]: content });
  const again = async (...more: readonly string[]) => {
    const run = ['--rate', '0', '--settle', '0', '--output', 'json', '--unattended'];
    const args = ['import', name, ...flags, ...run, ...more];
    const { code, stdout } = await amocalls(args, { cwd, env });
    const { summary } = JSON.parse(stdout);
    return { code, summary };
  };
  return { sandbox, file: path.join(cwd, name), again };
}

test('an overlapping export in another row order brings nothing new', async () => {
  const content = fixture('freepbx-queue.csv');
  const { sandbox, file, again } = await importer('cdr.csv', content, [
    ...['--preset', 'freepbx', '--timezone', 'Europe/Moscow'],
  ]);
  const first = await again();
  expect(first.summary).toMatchObject({ read: 2, rows: 5, accepted: 2 });
  const sent = sandbox.calls().length;
  const [header = '', ...rows] = content.trimEnd().split('\n');
  writeFileSync(file, `${[header, ...rows.reverse()].join('\n')}\n`);
  const second = await again();
  expect([second.code, second.summary.accepted, second.summary.duplicate]).toEqual([0, 0, 2]);
  expect(sandbox.calls()).toHaveLength(sent);
});

/** Rows of Master.csv: every call has a row without answer and one in which 102 talks. */
function masterRows(from: number, count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const epoch = 1_700_000_000 + (from + index) * 60;
    const time = new Date(epoch * 1000).toISOString().slice(0, 19).replace('T', ' ');
    const row = (to: string, talk: number) =>
      `"","74950000001","600","in","<1>","SIP/t-1","SIP/${to}-2","Dial","","${time}",${talk > 0 ? `"${time}"` : ''},"${time}",30,${talk},"${talk > 0 ? 'ANSWERED' : 'NO ANSWER'}","DOCUMENTATION","${epoch}.${index}",""\n`;
    return row('101', 0) + row('102', 20);
  }).join('');
}

test('a growing Master.csv is entered where the last run left it, with whole calls', async () => {
  const flags = ['--preset', 'asterisk', '--timezone', 'Etc/UTC'];
  const { sandbox, file, again } = await importer('Master.csv', masterRows(0, 300), flags);
  expect((await again()).summary).toMatchObject({ read: 300, rows: 600, accepted: 300 });
  appendFileSync(file, masterRows(300, 3));
  expect((await again()).summary).toMatchObject({ read: 3, rows: 6, accepted: 3, duplicate: 0 });
  expect(sandbox.calls()).toHaveLength(303);
  expect(sandbox.calls().every(({ to, billsec }) => to === '102' && Number(billsec) === 20)).toBe(true);
});

test('a record of a growing file that is not settled is read again with all of its rows', async () => {
  const flags = ['--preset', 'asterisk', '--timezone', 'Etc/UTC'];
  const content = masterRows(0, 8000);
  // The 5000th call.
  const { file, again } = await importer('Master.csv', content, flags, /^1700299940\.4999$/);
  expect((await again()).summary).toMatchObject({ read: 8000, accepted: 7999, unconfirmed: 1 });
  appendFileSync(file, masterRows(8000, 1));
  const { summary } = await again();
  expect(summary).toMatchObject({ accepted: 1, unconfirmed: 1 });
  expect(summary.read).toBeLessThan(8001);
  // The place of entry may cut one call that is settled already.
  expect(2 * summary.read - summary.rows).toBeLessThanOrEqual(1);
});

test('a preset of the profile that does not fit a file is named as such, and --preset none reads the file without it', async () => {
  const { env, sandbox } = await service();
  const plain = 'uuid,caller,to,date,type,billsec\na-1,74950000001,101,1700000000,inbound,5\n';
  const cwd = workdir({ 'plain.csv': plain, '.amocallsrc': 'profiles: {main: {preset: asterisk}}\n' });
  const refused = await amocalls(['import', 'plain.csv'], { cwd, env });
  expect([refused.code, sandbox.requests().length]).toEqual([2, 0]);
  expect(refused.stderr).toMatch(
    /the preset asterisk \(.*\.amocallsrc, profile "main", preset\) needs columns/,
  );
  expect(refused.stderr).toContain('--preset none');
  for (const command of ['check', 'import']) {
    const { code, stderr } = await amocalls([command, 'plain.csv', '--preset', 'none'], { cwd, env });
    expect(code, stderr).toBe(0);
  }
  expect(sandbox.calls().map(({ uuid }) => uuid)).toEqual(['a-1']);
});
