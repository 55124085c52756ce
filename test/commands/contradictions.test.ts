import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { amocalls } from '../records/preset-fixtures.js';

const cases = fileURLToPath(new URL('../../fixtures/cases/', import.meta.url));

/** A folder of its own with a copy of a case in it. */
function folderWith(name: string, as = path.basename(name)): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'amocalls-'));
  copyFileSync(path.join(cases, name), path.join(folder, as));
  return folder;
}

/** Imports into the sandbox, with a ledger that is kept in the folder. */
async function importIn(cwd: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await amocalls(
    ['import', ...args, '--sandbox', '--ledger', 'ledger.db', '--rate', '0', '--output', 'ndjson'],
    { cwd },
  );
  const lines: readonly { readonly status?: string; readonly reasons?: readonly string[] }[] = stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const count = (status: string) => lines.filter((line) => line.status === status).length;
  return { code, stderr, lines, accepted: count('accepted'), invalid: count('invalid') };
}

const utc = ['--preset', 'asterisk', '--timezone', 'UTC'];

describe('a zone that the unique ids contradict', () => {
  it.each([[[]], [['-q']], [['--unattended']], [['--dry-run']]])(
    'is refused before anything is sent: %j',
    async (more) => {
      const cwd = folderWith('23-zone/moscow.csv');
      const { code, stderr, accepted } = await importIn(cwd, 'moscow.csv', ...utc, ...more);
      expect([code, accepted]).toEqual([2, 0]);
      expect(stderr).toContain(
        'its times cannot be in UTC: the unique ids of 12 of 12 rows say +03:00 (lines 1, 2, 3 …)',
      );
      expect(stderr).toContain('--timezone ids');
    },
  );

  it('is told once by unattended runs, each of which ends with 2', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    const first = await importIn(cwd, 'moscow.csv', ...utc, '--unattended');
    const second = await importIn(cwd, 'moscow.csv', ...utc, '--unattended');
    expect([first.code, second.code]).toEqual([2, 2]);
    expect(first.stderr).toContain('cannot be in UTC');
    expect(second.stderr).not.toContain('cannot be in UTC');
    const byHand = await importIn(cwd, 'moscow.csv', ...utc);
    expect(byHand.stderr).toContain('cannot be in UTC');
  });

  it('is known by the first new row of a file that takes the place of the old one', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    await importIn(cwd, 'moscow.csv', ...utc, '--unattended');
    const [row = ''] = readFileSync(path.join(cases, '23-zone/moscow.csv'), 'utf8').split('\n');
    writeFileSync(path.join(cwd, 'moscow.csv'), `${row}\n`);
    expect((await importIn(cwd, 'moscow.csv', ...utc, '--unattended')).code).toBe(2);
    expect((await importIn(folderWith('23-zone/moscow.csv', 'other.csv'), 'other.csv', ...utc)).code).toBe(2);
  });

  it('is found by the third row of a file that is read row by row', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    const rows = readFileSync(path.join(cwd, 'moscow.csv'), 'utf8').split('\n');
    writeFileSync(path.join(cwd, 'moscow.csv'), '');
    const codes: number[] = [];
    for (const row of rows.slice(0, 4)) {
      appendFileSync(path.join(cwd, 'moscow.csv'), `${row}\n`);
      codes.push((await importIn(cwd, 'moscow.csv', ...utc, '--unattended')).code);
    }
    expect(codes).toEqual([0, 0, 2, 2]);
  });

  it('is found so where the header of the times names the zone, too', async () => {
    const cwd = mkdtempSync(path.join(os.tmpdir(), 'amocalls-'));
    const file = path.join(cwd, 'msk.csv');
    writeFileSync(file, 'uniqueid,Start (MSK),caller,to,direction,billsec\n');
    const codes: number[] = [];
    // A clock at +05:00 shows 12:00:00 when it is 07:00:00 UTC.
    for (const [at, id] of [1_732_604_400, 1_732_604_460, 1_732_604_520, 1_732_604_580].entries()) {
      appendFileSync(file, `${id}.${at},2024-11-26 12:0${at}:00,74950000001,101,inbound,5\n`);
      codes.push((await importIn(cwd, 'msk.csv', '--unattended')).code);
    }
    expect(codes).toEqual([0, 0, 2, 2]);
  });

  it('is right with ids, and with the zone itself', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    for (const zone of ['ids', 'Europe/Moscow']) {
      const { calls } = await checked(cwd, 'moscow.csv', '--preset', 'asterisk', '--timezone', zone);
      expect(calls).toHaveLength(12);
      expect(calls.map(({ uuid, date }) => uuid.split('.')[0] === String(date))).not.toContain(false);
    }
  });

  it('is taken where that is allowed by name', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    const { code, accepted } = await importIn(cwd, 'moscow.csv', ...utc, '--allow', 'zone');
    expect([code, accepted]).toEqual([0, 12]);
  });

  it.each(['+02:00', '+01:00'])(
    'as a fixed offset over a change of summer time is told row by row: %s',
    async (zone) => {
      const cwd = folderWith('23-zone/berlin.csv');
      const { code, accepted, invalid, lines } = await importIn(
        cwd,
        ...['berlin.csv', '--preset', 'asterisk', '--timezone', zone],
      );
      expect([code, accepted, invalid]).toEqual([3, 3, 3]);
      expect(lines.flatMap(({ reasons = [] }) => reasons)[0]).toMatch(
        /^date: "2024-10-2\d \d\d:00:00" in \+0\d:00 is 1 h 00 min (?:before|after) the time in its unique id, which says \+0\d:00: use --timezone ids$/,
      );
    },
  );
});

interface CheckedCall {
  readonly uuid: string;
  readonly date: number;
}

async function checked(cwd: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await amocalls(['check', ...args, '--output', 'json'], { cwd });
  const { calls, summary }: { calls: readonly { call?: CheckedCall }[]; summary: Record<string, unknown> } =
    JSON.parse(stdout);
  return { code, stderr, summary, calls: calls.flatMap(({ call }) => call ?? []) };
}

describe('check of a zone that the unique ids contradict', () => {
  it('proposes ids, never an offset, and no country', async () => {
    const cwd = folderWith('23-zone/berlin.csv');
    const { code, calls, summary } = await checked(cwd, 'berlin.csv');
    expect(code).toBe(0);
    expect(calls.map(({ uuid, date }) => uuid.split('.')[0] === String(date))).toEqual(Array(6).fill(true));
    expect(summary['import']).toEqual(['amocalls import berlin.csv --preset asterisk --timezone ids']);
  });

  it('shows the calls as the ids say, proposes that, and ends with 3', async () => {
    const cwd = folderWith('23-zone/moscow.csv');
    const { code, stderr, calls, summary } = await checked(cwd, 'moscow.csv', ...utc, '-q');
    expect(code).toBe(3);
    expect(stderr).toContain('contradicted: moscow.csv: its times cannot be in UTC');
    expect(calls[0]?.date).toBe(1_732_086_900);
    expect(summary['contradictions']).toMatchObject([{ file: 'moscow.csv', kind: 'zone' }]);
    expect(summary['import']).toEqual(['amocalls import moscow.csv --timezone ids --preset asterisk']);
  });
});

describe('one uuid on several rows with different calls', () => {
  it('is not sent, the first of them included', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const { code, accepted, lines } = await importIn(cwd, 'same-uuid.csv');
    expect([code, accepted]).toEqual([3, 0]);
    expect(lines.flatMap(({ reasons = [] }) => reasons).map((reason) => reason.split(': if')[0])).toEqual([
      'uuid: 7.1 stands on line 3 with other content (talk time 83 s, here 0 s)',
      'uuid: 7.1 stands on line 2 with other content (talk time 0 s, here 83 s)',
      'uuid: 7.1 stands on line 2 with other content (talk time 0 s, here 61 s)',
    ]);
  });

  it('is one call written twice where only the talk time differs: no hint makes two calls of it', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const row = (billsec: number) => `a,2024-11-20T10:00:00Z,74950000001,101,${billsec}\n`;
    writeFileSync(path.join(cwd, 'states.csv'), `uuid,date,caller,to,billsec\n${row(0)}${row(83)}`);
    const { code, accepted, lines } = await importIn(cwd, 'states.csv');
    expect([code, accepted]).toEqual([3, 0]);
    expect(lines[0]?.reasons).toEqual([
      'uuid: a stands on line 3 with other content (talk time 83 s, here 0 s): one call has several rows: use a preset that merges them, or leave only the right row of it in the file',
    ]);
  });

  it('is found however far apart the rows are, and in another file of the run', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv', 'one.csv');
    const header = 'uuid,date,caller,to,billsec\n';
    const row = (uuid: string, billsec: number) =>
      `${uuid},2024-11-20T10:00:00Z,74950000001,101,${billsec}\n`;
    const others = Array.from({ length: 3000 }, (_, at) => row(`u${at}`, 5)).join('');
    writeFileSync(path.join(cwd, 'one.csv'), `${header}${row('a', 1)}${others}${row('a', 2)}${row('b', 1)}`);
    writeFileSync(path.join(cwd, 'two.csv'), `${header}${row('b', 2)}${row('u0', 5)}`);
    const { code, accepted, invalid } = await importIn(cwd, 'one.csv', 'two.csv');
    expect([code, accepted, invalid]).toEqual([3, 3000, 4]);
  });

  it('is sent where that is allowed by name, and where the rows say the same', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    expect((await importIn(cwd, 'same-uuid.csv', '--allow', 'uuid')).accepted).toBe(1);
    const row = 'a,2024-11-20T10:00:00Z,74950000001,101,5\n';
    writeFileSync(path.join(cwd, 'same.csv'), `uuid,date,caller,to,billsec\n${row}${row}`);
    expect(await importIn(cwd, 'same.csv')).toMatchObject({ code: 0, accepted: 1 });
  });

  it('is a change of one call in a file that grows, where only the talk time differs', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const row = (billsec: number) => `a,2024-11-20T10:00:00Z,74950000001,101,${billsec}\n`;
    writeFileSync(path.join(cwd, 'grows.csv'), `uuid,date,caller,to,billsec\n${row(0)}${row(5)}`);
    expect(await importIn(cwd, 'grows.csv', '--unattended')).toMatchObject({ accepted: 1, invalid: 0 });
    expect((await importIn(cwd, 'same-uuid.csv', '--unattended')).accepted).toBe(0);
  });

  it('is told by check, which then proposes no command', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const { code, summary, calls } = await checked(cwd, 'same-uuid.csv');
    expect([code, calls.length, summary['import']]).toEqual([3, 0, undefined]);
  });
});

describe('a row with more cells than the header', () => {
  it('is invalid, with both counts, where a filled cell is behind', async () => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const row = (uuid: string, caller: string) => `${uuid},2024-11-20T10:00:00Z,${caller},101,5`;
    const rows = [row('a', '74950000001'), row('b', 'Ltd,74950000002'), `${row('c', '74950000003')},,`];
    writeFileSync(path.join(cwd, 'cells.csv'), `uuid,date,caller,to,billsec\n${rows.join('\n')}\n`);
    const { code, accepted, lines } = await importIn(cwd, 'cells.csv');
    expect([code, accepted]).toEqual([3, 2]);
    expect(lines.flatMap(({ reasons = [] }) => reasons)).toEqual([
      'it has 6 cells, the header has 5 columns: no cell of it can be trusted (--allow cells)',
    ]);
  });
});

it.each([['check'], ['import', '--dry-run']])(
  '%s tells which extensions have no user in the profile of v4',
  async (...command) => {
    const cwd = folderWith('20-generic/same-uuid.csv');
    const row = (uuid: string, from: string, to: string) => `${uuid},2024-11-20T10:00:00Z,${from},${to},5\n`;
    const rows = [
      row('a', '74950000001', '101'),
      row('b', '74950000001', '102'),
      row('c', '102', '74950000001'),
    ];
    writeFileSync(path.join(cwd, 'calls.csv'), `uuid,date,caller,to,billsec\n${rows.join('')}`);
    const profile = {
      api: 'v4',
      base_url: 'http://127.0.0.1:9',
      token: 'a token of nobody',
      users: { 101: 5 },
    };
    writeFileSync(path.join(cwd, '.amocallsrc.json'), JSON.stringify({ profiles: { main: profile } }), {
      mode: 0o600,
    });
    const [name = '', ...flags] = command;
    const { stderr } = await amocalls([name, 'calls.csv', ...flags], { cwd });
    expect(stderr).toContain('calls without a user: 2; no user is set for 102 (2)');
  },
);
