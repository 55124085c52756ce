import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { logLine, ringGroup } from './asterisk-log.js';
import {
  amocalls,
  apis,
  calls,
  csv,
  type Ended,
  runsOnNode,
  service,
  startProgram,
  workdir,
} from './harness.js';

interface Line {
  readonly uuid: string;
  readonly status: string;
  readonly reasons?: readonly string[];
  readonly note_id?: number;
  readonly entity_type?: string;
  readonly via?: string;
  readonly uid?: string;
}

function linesOf({ stdout }: Ended): readonly Line[] {
  const lines = stdout.trimEnd().split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line));
}

function summaryOf({ stdout }: Ended): Readonly<Record<string, number>> {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '').summary;
}

const uuidsWith = (ended: Ended, status: string) =>
  linesOf(ended)
    .filter((line) => line.status === status)
    .map(({ uuid }) => uuid)
    .sort();

function never(): never {
  throw new Error('a ring group has rows');
}

const fastClock = JSON.stringify(fileURLToPath(new URL('../setup/fast-clock.cjs', import.meta.url)));
const command = ['import', 'calls.csv', '--output', 'ndjson', '--rate', '0'];

/** Calls of the last hour, each of a number of its own; the first `unknown` of them have numbers that begin with 7499. */
function recentCalls(count: number, unknown: number): string {
  const now = Math.floor(Date.now() / 1000) - 3600;
  const number = (at: number) => `${at < unknown ? '7499' : '7495'}${String(at).padStart(7, '0')}`;
  return csv(
    Array.from({ length: count }, (_, at) => [
      `c-${at}`,
      number(at),
      '101',
      now + at,
      'inbound',
      at % 90,
      '',
    ]),
  );
}

/** A file of contacts that has every number but those that begin with 7499. */
function contacts(count: number, unknown: number, more: readonly string[] = []): string {
  const known = Array.from(
    { length: count - unknown },
    (_, at) => `7495${String(at + unknown).padStart(7, '0')}`,
  );
  return `phone\n${[...known, ...more].join('\n')}\n`;
}

test('each accepted call names its note, which is the call', async () => {
  const { sandbox, env } = await service({ api: 'v4' });
  const profile = {
    '.amocallsrc': 'users: { 101: 504141 }\nsource: PBX\n',
    'calls.csv': csv(calls(3)).replace(',101,', ',102,'),
  };
  const run = await amocalls(command, { cwd: workdir(profile), env });
  expect(run.code, run.stderr).toBe(0);
  const notes = new Map(sandbox.notes().map((note) => [note.id, note]));
  for (const { uuid, note_id = 0, entity_type } of linesOf(run)) {
    expect(notes.get(note_id)?.params).toMatchObject({ uniq: uuid, source: 'PBX' });
    expect(entity_type).toMatch(/^(?:contact|lead|company|customer)$/);
  }
  expect(notes.size).toBe(3);
  expect(run.stderr).toContain('calls sent without a user: 1; no user is set for 102 (1)');
});

test('the status of a call is what the preset or --map says, else what its talk time says', async () => {
  const { sandbox, env } = await service({ api: 'v4' });
  const rows = [
    'uuid,caller,to,date,type,billsec,how,note',
    ...['a,,0', 'b,7,', 'c,,5'].map((text, at) => {
      const [uuid, how, billsec] = text.split(',');
      return `${uuid},74950000001,101,${1_700_000_000 + at},inbound,${billsec || 0},${how},${uuid === 'b' ? 'asked for a call back' : ''}`;
    }),
    'd,74950000001,101,1700000009,inbound,0,8,',
  ];
  const freepbx = [
    'calldate,clid,src,dst,dcontext,channel,dstchannel,lastapp,lastdata,duration,billsec,disposition,amaflags,accountcode,uniqueid,userfield',
    '2024-10-05 10:00:00,74950000041,74950000041,101,from-trunk,SIP/trunk-1,SIP/101-2,Dial,,9,0,BUSY,3,,1728122400.1,',
  ];
  const cwd = workdir({ 'calls.csv': `${rows.join('\n')}\n`, 'cdr.csv': `${freepbx.join('\n')}\n` });
  const mapped = ['--map', 'call_status=how', '--map', 'call_result=note'];
  const run = await amocalls([...command, ...mapped], { cwd, env });
  expect(linesOf(run).find(({ uuid }) => uuid === 'd')?.reasons).toEqual([
    'call_status: "8" is not one of the numbers 1 to 7 of API v4',
  ]);
  await amocalls(['import', 'cdr.csv', '--preset', 'freepbx', '--timezone', 'UTC'], { cwd, env });
  expect(
    sandbox.notes().map(({ params }) => [params['uniq'], params['call_status'], params['call_result']]),
  ).toEqual([
    ['a', 6, undefined],
    ['b', 7, 'asked for a call back'],
    ['c', 4, undefined],
    ['1728122400.1', 7, undefined],
  ]);
});

test('calls/add is told neither status nor result', async () => {
  const { sandbox, env } = await service();
  const cwd = workdir({ 'calls.csv': csv(calls(1)) });
  const run = await amocalls([...command, '--set', 'call_status=7', '--set', 'call_result=x'], { cwd, env });
  expect(run.code, run.stderr).toBe(0);
  expect(JSON.stringify(sandbox.calls())).not.toMatch(/call_status|call_result/);
});

describe('numbers that no contact has', () => {
  test('wait: of 300 calls 20 wait, and after a contact was added a second run sends exactly its calls', async ({
    skip,
  }) => {
    if (!runsOnNode) skip('the executable takes no NODE_OPTIONS, which would set its clock');
    const cwd = workdir({ 'calls.csv': recentCalls(300, 20), 'contacts.csv': contacts(300, 20) });
    const file = path.join(cwd, 'contacts.csv');
    const { sandbox, env } = await service({ api: 'v4', contacts: file });
    const first = await amocalls(command, { cwd, env });
    expect(first.code, first.stderr).toBe(0);
    expect(summaryOf(first)).toMatchObject({ accepted: 280, waiting: 20, requests: 6 });

    writeFileSync(file, contacts(300, 20, ['+7 (499) 000-00-07']));
    // The first try is a minute after the one that failed.
    const env2 = { ...env, NODE_OPTIONS: `--require=${clockOf(cwd, 61_000)}` };
    const second = await amocalls(command, { cwd, env: env2 });
    expect(second.code, second.stderr).toBe(0);
    expect(uuidsWith(second, 'accepted')).toEqual(['c-7']);
    expect(summaryOf(second)).toMatchObject({ duplicate: 280, waiting: 19 });
    expect(new Set(sandbox.calls().map(({ uuid }) => uuid)).size).toBe(281);
    expect(sandbox.calls().every(({ times }) => times === 1)).toBe(true);
  });

  test('wait: a run before the next try says when that is; reject and lead hold for calls that wait at once', async () => {
    const { env } = await service({ api: 'v4', unknownNumber: /^7499/ });
    const cwd = workdir({
      'calls.csv': recentCalls(3, 2).replace(/c-1,(\d+),101,(\d+),inbound/, 'c-1,101,$1,$2,outbound'),
    });
    const start = Date.now();
    const first = await amocalls(command, { cwd, env });
    expect(uuidsWith(first, 'waiting')).toEqual(['c-0', 'c-1']);
    const second = await amocalls(command, { cwd, env });
    const words = /^no contact has this number yet; a run after (\d\d:\d\d:\d\d) UTC tries again$/;
    for (const { status, reasons: [reason = ''] = [] } of linesOf(second).slice(0, 2)) {
      expect([status, reason]).toEqual(['waiting', expect.stringMatching(words)]);
      const due = Date.parse(`1970-01-01T${words.exec(reason)?.[1]}Z`);
      const after = (due - start + 86_400_000 * 30_000) % 86_400_000;
      expect(after).toBeGreaterThan(58_000);
      expect(after).toBeLessThan(120_000);
    }
    const { stdout } = await amocalls(['history', '--waiting'], { cwd, env });
    const row = /^waiting +c-[01] .*no contact has this number yet.*; next try 20/gm;
    expect(stdout.match(row)).toHaveLength(2);
    const lead = await amocalls([...command, '--unknown', 'lead'], { cwd, env });
    expect(uuidsWith(lead, 'accepted')).toEqual(['c-0']);
    expect(linesOf(lead).find(({ uuid }) => uuid === 'c-1')?.reasons).toEqual([expect.stringMatching(words)]);
    const reject = await amocalls([...command, '--unknown', 'reject'], { cwd, env });
    expect([reject.code, uuidsWith(reject, 'rejected')]).toEqual([3, ['c-1']]);
    expect(summaryOf(reject)).toMatchObject({ duplicate: 2, waiting: 0 });
  });

  test('reject: they are rejected at once', async () => {
    const { env } = await service({ api: 'v4', unknownNumber: /^7499/ });
    const run = await amocalls([...command, '--unknown', 'reject'], {
      cwd: workdir({ 'calls.csv': recentCalls(10, 2) }),
      env,
    });
    expect(run.code).toBe(3);
    expect(uuidsWith(run, 'rejected')).toEqual(['c-0', 'c-1']);
    expect(linesOf(run).find(({ uuid }) => uuid === 'c-0')?.reasons?.[0]).toMatch(
      /^no contact has this number: /,
    );
  });

  test('wait: a call of more than 18 hours ago is rejected', async () => {
    const { env } = await service({ api: 'v4', unknownNumber: /^7495/ });
    const run = await amocalls(command, { cwd: workdir({ 'calls.csv': csv(calls(1)) }), env });
    expect(run.code).toBe(3);
    expect(linesOf(run)[0]).toMatchObject({
      status: 'rejected',
      reasons: ['no contact has this number yet', 'the call is more than 18 hours old'],
    });
  });

  test('lead: inbound calls become incoming leads, with the others only if asked for', async () => {
    const { sandbox, env } = await service({ api: 'v4', unknownNumber: /^7495/ });
    const now = Math.floor(Date.now() / 1000) - 60;
    const rows = calls(4).map((cells) => cells.with(3, now));
    const cwd = workdir({ 'calls.csv': csv(rows) });
    const run = await amocalls([...command, '--unknown', 'lead'], { cwd, env });
    expect(run.code, run.stderr).toBe(0);
    expect(uuidsWith(run, 'waiting')).toEqual(['call-1', 'call-3']);
    const leads = linesOf(run).filter(({ status }) => status === 'accepted');
    expect(leads.map(({ uuid, via }) => [uuid, via])).toEqual([
      ['call-0', 'unsorted'],
      ['call-2', 'unsorted'],
    ]);
    expect(leads.every(({ uid }) => uid !== undefined)).toBe(true);
    const all = await amocalls(
      [...command, '--unknown', 'lead', '--unknown-direction', 'both', '--no-ledger'],
      { cwd, env },
    );
    expect(uuidsWith(all, 'accepted')).toHaveLength(4);
    expect(sandbox.requests().filter(({ path: to }) => to.includes('unsorted')).length).toBe(2);
  });
});

test('follow tries calls that wait again, and each is sent once when its contact is there', async ({
  skip,
}) => {
  if (!runsOnNode) skip('the executable takes no NODE_OPTIONS, which would set its clock');
  const cwd = workdir({ 'calls.csv': recentCalls(6, 3), 'contacts.csv': contacts(6, 3) });
  const file = path.join(cwd, 'contacts.csv');
  const { sandbox, env } = await service({ api: 'v4', contacts: file });
  // Sixty times as fast: the first pause of a minute is a second.
  const faster = { ...env, NODE_OPTIONS: `--require ${fastClock}` };
  const run = startProgram(['follow', 'calls.csv', '--settle', '0', '--rate', '0', '--output', 'ndjson'], {
    cwd,
    env: faster,
  });
  await expect.poll(() => sandbox.calls().length, { timeout: 20_000 }).toBe(3);
  writeFileSync(file, contacts(6, 3, ['74990000001', '74990000002']));
  await expect.poll(() => sandbox.calls().length, { timeout: 30_000 }).toBe(5);
  run.child.kill('SIGTERM');
  const ended = await run;
  expect(summaryOf(ended)).toMatchObject({ read: 6, accepted: 5, waiting: 1, duplicate: 0 });
  expect(uuidsWith(ended, 'accepted')).toEqual(['c-1', 'c-2', 'c-3', 'c-4', 'c-5']);
  expect(sandbox.calls().every(({ times }) => times === 1)).toBe(true);
  const next = await amocalls(command, { cwd, env });
  expect(summaryOf(next)).toMatchObject({ read: 6, duplicate: 5, waiting: 1 });
}, 180_000);

test('follow tries a call that waited before its start when the ledger says', async ({ skip }) => {
  if (!runsOnNode) skip('the executable takes no NODE_OPTIONS, which would set its clock');
  const cwd = workdir({ 'calls.csv': recentCalls(1, 1), 'contacts.csv': contacts(1, 1) });
  const file = path.join(cwd, 'contacts.csv');
  const { sandbox, env } = await service({ api: 'v4', contacts: file });
  await amocalls(command, { cwd, env });
  const later = { ...env, NODE_OPTIONS: `--require=${clockOf(cwd, 61_000)}` };
  // The second try: the third is five minutes after it.
  expect(summaryOf(await amocalls(command, { cwd, env: later }))).toMatchObject({ waiting: 1, requests: 1 });
  const faster = { ...env, NODE_OPTIONS: `--require ${fastClock}` };
  const run = startProgram(['follow', 'calls.csv', '--settle', '0', '--rate', '0', '--output', 'ndjson'], {
    cwd,
    env: faster,
  });
  await expect.poll(() => run.said.stdout, { timeout: 20_000 }).toContain('"status":"waiting"');
  writeFileSync(file, contacts(1, 0, ['74990000000']));
  await expect.poll(() => sandbox.calls().length, { timeout: 60_000 }).toBe(1);
  run.child.kill('SIGTERM');
  const ended = await run;
  expect(linesOf(ended).map(({ status }) => status)).toEqual(['waiting', 'accepted']);
}, 180_000);

test('rows that come long after their call, while it waits for its contact, are sent with it', async ({
  skip,
}) => {
  if (!runsOnNode) skip('the executable takes no NODE_OPTIONS, which would set its clock');
  const end = Math.floor(Date.now() / 1000) - 6 * 3600;
  const rows = ringGroup(1, end, { isTransferred: true });
  const [late = never(), ...reversed] = [...rows].reverse();
  const cwd = workdir({ 'Master.csv': '', 'contacts.csv': contacts(1, 0) });
  const { sandbox, env } = await service({ api: 'v4', contacts: path.join(cwd, 'contacts.csv') });
  const append = (lines: readonly string[]) => appendFileSync(path.join(cwd, 'Master.csv'), lines.join(''));
  // Sixty times as fast: the first pause of a minute is a second.
  const run = startProgram(
    [
      'follow',
      'Master.csv',
      '--preset',
      'asterisk',
      '--timezone',
      'UTC',
      '--settle',
      '0',
      '--rate',
      '0',
    ].concat(['--output', 'ndjson']),
    { cwd, env: { ...env, NODE_OPTIONS: `--require ${fastClock}` } },
  );
  const waiting = () => run.said.stdout.match(/"status":"waiting"/g)?.length ?? 0;
  append(reversed.reverse().map(logLine));
  await expect.poll(waiting, { timeout: 20_000 }).toBeGreaterThan(0);
  // So many others are let go that the call is forgotten.
  const root = rows.find(({ uniqueid, linkedid }) => uniqueid === linkedid) ?? never();
  const others = Array.from({ length: 1100 }, (_, at) => {
    const start = root.start + at;
    const id = `${start}.7`;
    return { ...root, caller: '74950000000', uniqueid: id, linkedid: id, start, end: start + 37 };
  });
  append(others.map(logLine));
  await expect.poll(() => sandbox.calls().length, { timeout: 60_000 }).toBe(1100);
  const before = waiting();
  append([logLine({ ...late, billsec: 33, end: late.start + 33 })]);
  await expect.poll(waiting, { timeout: 20_000 }).toBeGreaterThan(before);
  writeFileSync(path.join(cwd, 'contacts.csv'), contacts(1, 0, [late.caller]));
  await expect.poll(() => sandbox.calls().length, { timeout: 60_000 }).toBe(1101);
  await expect.poll(() => run.said.stdout, { timeout: 30_000 }).toMatch(/"status":"(duplicate|invalid)"/);
  run.child.kill('SIGTERM');
  const ended = await run;
  expect(summaryOf(ended)).toMatchObject({ accepted: 1101, invalid: 0, duplicate: 1 });
  expect(ended.stdout).toContain('sent as one call with the earlier rows of it');
  const { linkedid } = late;
  expect(sandbox.notes().filter(({ params }) => params['uniq'] === linkedid)).toMatchObject([
    { params: { duration: 33 } },
  ]);
}, 180_000);

/** A module that sets the clock of a program forward, by so many milliseconds. */
function clockOf(cwd: string, ahead: number): string {
  const file = path.join(cwd, 'clock.cjs');
  writeFileSync(file, `const now = Date.now; Date.now = () => now() + ${ahead};\n`);
  return file;
}

describe('a call that changed after it was sent', () => {
  const row = (billsec: number, link = '') => [
    ['c-0', '74950000001', '101', 1_700_000_000, 'inbound', billsec, link],
    ['c-1', '101', '74950000002', 1_700_000_001, 'outbound', 5, ''],
  ];

  async function sentOnce(options: Parameters<typeof service>[0] = {}, first: readonly string[] = []) {
    const { sandbox, env } = await service({ api: 'v4', ...options });
    const cwd = workdir({ '.amocallsrc': 'users: { 101: 504141 }\n', 'calls.csv': csv(row(0)) });
    const run = (...flags: readonly string[]) => amocalls([...command, ...flags], { cwd, env });
    const sent = await run(...first);
    writeFileSync(path.join(cwd, 'calls.csv'), csv(row(17, 'https://pbx.example/1.mp3')));
    return { sandbox, env, cwd, run, sent };
  }

  /** The notes of calls, as GET of the service lists them. */
  async function notesOf({ env }: { readonly env: Readonly<Record<string, string>> }) {
    const lists = ['contacts', 'leads', 'companies', 'customers'].map(async (type) => {
      const headers = { authorization: `Bearer ${env['AMOCALLS_TOKEN']}` };
      const reply = await fetch(`${env['AMOCALLS_BASE_URL']}/api/v4/${type}/notes`, { headers });
      return reply.status === 204 ? [] : JSON.parse(await reply.text())._embedded.notes;
    });
    return (await Promise.all(lists)).flat();
  }

  test('is written over with --correct: the note shows the new duration, and a second run sends nothing', async () => {
    const { sandbox, env, cwd, run, sent } = await sentOnce();
    const before = sandbox.requests().length;
    const without = await run();
    expect(summaryOf(without)).toMatchObject({ accepted: 0, duplicate: 2, changed: 1 });
    expect(sandbox.requests().length).toBe(before);

    const corrected = await run('--correct');
    expect(corrected.code, corrected.stderr).toBe(0);
    expect(summaryOf(corrected)).toMatchObject({
      accepted: 1,
      corrected: 1,
      duplicate: 1,
      changed: 0,
      requests: 1,
    });
    const line = linesOf(corrected).find(({ uuid }) => uuid === 'c-0');
    const { note_id } = linesOf(sent).find(({ uuid }) => uuid === 'c-0') ?? {};
    expect(line).toMatchObject({ status: 'accepted', via: 'corrected', note_id });
    const notes = await notesOf({ env });
    expect(notes).toHaveLength(2);
    expect(notes.find(({ id }: { id: number }) => id === note_id)).toMatchObject({
      note_type: 'call_in',
      params: {
        uniq: 'c-0',
        duration: 17,
        link: 'https://pbx.example/1.mp3',
        source: 'amocalls',
        phone: '74950000001',
        call_status: 4,
        call_responsible: 504141,
      },
    });

    const again = await run('--correct');
    expect(summaryOf(again)).toMatchObject({ accepted: 0, duplicate: 2, changed: 0, requests: 0 });
    expect((await amocalls(['history', '--changed'], { cwd, env })).stdout).toBe('No changed calls.\n');
  });

  test('is left alone where only late rows of it were read; the whole file puts it right', async () => {
    const { env } = await service({ api: 'v4' });
    const rows = ringGroup(1, Math.floor(Date.now() / 1000) - 6 * 3600, { isTransferred: true });
    const [late = never(), ...reversed] = [...rows].reverse();
    const cwd = workdir({ 'Master.csv': reversed.reverse().map(logLine).join('') });
    const flags = [
      '--preset',
      'asterisk',
      '--timezone',
      'UTC',
      '--correct',
      '--rate',
      '0',
      '--output',
      'ndjson',
    ];
    const run = (...more: readonly string[]) =>
      amocalls(['import', 'Master.csv', ...flags, ...more], { cwd, env });
    expect(summaryOf(await run('--unattended', '--settle', '0'))).toMatchObject({ read: 1, accepted: 1 });
    const [note] = await notesOf({ env });

    appendFileSync(path.join(cwd, 'Master.csv'), logLine({ ...late, billsec: 33, end: late.start + 33 }));
    const entered = await run('--unattended', '--settle', '0');
    expect(summaryOf(entered)).toMatchObject({ read: 1, duplicate: 1, changed: 1, requests: 0 });
    expect(entered.stdout).toContain('more rows of this call came after it was sent');
    expect(await notesOf({ env })).toEqual([note]);

    expect(summaryOf(await run())).toMatchObject({ read: 1, accepted: 1, corrected: 1 });
    expect(await notesOf({ env })).toMatchObject([{ id: note.id, params: { duration: 33 } }]);
  });

  test('is written over where the profile says correct: true, and counted in the table', async () => {
    const { cwd, env } = await sentOnce();
    writeFileSync(path.join(cwd, '.amocallsrc'), 'correct: true\n');
    const table = await amocalls(['import', 'calls.csv'], { cwd, env });
    expect(table.stdout).toContain('2 read: 1 accepted (1 corrected), 1 duplicate');
  });

  test('stays a changed duplicate where it came as an incoming lead, which has no note', async () => {
    const { run } = await sentOnce({ unknownNumber: /^74950000001$/ }, ['--unknown', 'lead']);
    expect(summaryOf(await run('--correct'))).toMatchObject({
      accepted: 0,
      duplicate: 2,
      changed: 1,
      requests: 0,
    });
  });
});

test('history says where in amoCRM a call is', async () => {
  const { sandbox, env } = await service({ api: 'v4' });
  const cwd = workdir({ 'calls.csv': csv(calls(1)) });
  await amocalls(command, { cwd, env });
  const [note] = sandbox.notes();
  const { stdout } = await amocalls(['history', 'call-0'], { cwd });
  expect(stdout).toMatch(new RegExp(`stored as\\n.* \\w+ \\d+, note ${note?.id}`));
});

test('add says what came of a call, and refuses a status that the API does not know', async () => {
  const { sandbox, env } = await service({ api: 'v4' });
  const flags = [
    '--caller',
    '74950000001',
    '--to',
    '101',
    '--type',
    'inbound',
    '--billsec',
    '5',
    '--no-ledger',
  ];
  const add = (...more: readonly string[]) => amocalls(['add', ...flags, ...more], { cwd: workdir(), env });
  const run = await add('--call-status', '2', '--call-result', 'call back on Monday');
  expect(run.code, run.stderr).toBe(0);
  expect(sandbox.calls()).toMatchObject([{ call_status: 2, call_result: 'call back on Monday' }]);
  const wrong = await add('--call-status', '8');
  expect([wrong.code, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('"8" is not one of the numbers 1 to 7'),
  ]);
  const other = await amocalls(['add', ...flags, '--call-status', '2', '--sandbox'], { cwd: workdir() });
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('--call-status: needs --api v4')]);
});

test('calls/add has no --correct', async () => {
  const { env } = await service();
  const run = await amocalls([...command, '--correct'], {
    cwd: workdir({ 'calls.csv': csv(calls(1)) }),
    env,
  });
  expect([run.code, run.stderr]).toEqual([2, expect.stringContaining('--correct: needs --api v4')]);
});

describe('calls without a verdict', () => {
  test('are found among the notes, and only those that are there are settled', async () => {
    const { sandbox, env } = await service({ api: 'v4', faults: { unnamed: 1 } });
    const { sandbox: other, env: elsewhere } = await service({ api: 'v4', faults: { forget: 1 } });
    const cwd = workdir({ 'calls.csv': csv(calls(120)), 'more.csv': csv(calls(5, 'lost')) });
    const lost = await amocalls(command, { cwd, env });
    expect(summaryOf(lost)).toMatchObject({ unconfirmed: 120 });
    await amocalls(['import', 'more.csv', '--rate', '0'], { cwd, env: elsewhere });
    const requests = sandbox.requests().length;

    const found = await amocalls(['resolve', '--output', 'ndjson'], { cwd, env });
    expect(found.code, found.stderr).toBe(0);
    expect(summaryOf(found)).toMatchObject({ accepted: 120, unconfirmed: 0 });
    const notes = new Map(sandbox.notes().map(({ id, params }) => [id, params['uniq']]));
    for (const { uuid, note_id = 0 } of linesOf(found)) expect(notes.get(note_id)).toBe(uuid);
    expect(
      sandbox
        .requests()
        .slice(requests)
        .every(({ method }) => method === 'GET'),
    ).toBe(true);

    const missing = await amocalls(['resolve', '--output', 'ndjson'], { cwd, env: elsewhere });
    expect(missing.code).toBe(3);
    expect(summaryOf(missing)).toMatchObject({ accepted: 0, unconfirmed: 5 });
    expect(missing.stderr).toContain('not found: 5 of 5');
    expect(other.calls()).toEqual([]);
    const again = await amocalls(command, { cwd, env });
    expect(summaryOf(again)).toMatchObject({ duplicate: 120, requests: 0 });
  });
});

test('one file through two APIs: each gets all of it, and the ledger mixes nothing', async () => {
  const services = await Promise.all(apis.map((api) => service({ api })));
  const cwd = workdir({ 'calls.csv': csv(calls(30)) });
  for (const { sandbox, env } of services) {
    const run = await amocalls(command, { cwd, env });
    expect(summaryOf(run)).toMatchObject({ accepted: 30, duplicate: 0 });
    expect(sandbox.calls()).toHaveLength(30);
  }
  for (const { sandbox, env } of services) {
    const run = await amocalls(command, { cwd, env });
    expect(summaryOf(run)).toMatchObject({ accepted: 0, duplicate: 30 });
    expect(sandbox.calls()).toHaveLength(30);
  }
});

test.each([
  ['500-after', 'unconfirmed'],
  ['503', { 'calls-add': 'unsent', v4: 'unconfirmed' }],
  ['401', 'unsent'],
  ['204', 'unconfirmed'],
] as const)('both APIs make the same of %s, where the vendor says the same', async (fault, expected) => {
  for (const api of apis) {
    const { env } = await service({ api, faults: { [fault]: 1 } });
    const cwd = workdir({ 'calls.csv': csv(calls(3)) });
    const run = await amocalls([...command, '--retries', '0'], { cwd, env });
    const status = typeof expected === 'string' ? expected : expected[api];
    expect([api, ...new Set(linesOf(run).map((line) => line.status))]).toEqual([api, status]);
  }
});

test('users are listed, and their block is YAML of a profile once it is filled in', async () => {
  const { env } = await service({ api: 'v4', users: 600 });
  const cwd = workdir({ 'calls.csv': csv(calls(2)) });
  const listed = await amocalls(['users', '--output', 'json'], { cwd, env });
  expect(listed.code, listed.stderr).toBe(0);
  expect(JSON.parse(listed.stdout).users).toHaveLength(600);
  const block = await amocalls(['users', '--output', 'yaml'], { cwd, env });
  const filled = block.stdout.replace('# EXTENSION: ', '101: ');
  writeFileSync(path.join(cwd, '.amocallsrc'), filled, { mode: 0o600 });
  const config = await amocalls(['config', '--output', 'ndjson'], { cwd, env });
  expect(config.stdout).toContain('"setting":"users","value":"101=504141"');
});

test('a table says where each call is in amoCRM, and nothing of a queue', async () => {
  const { env } = await service({ api: 'v4' });
  const { stdout } = await amocalls(['import', 'calls.csv'], {
    cwd: workdir({ 'calls.csv': csv(calls(2)) }),
    env,
  });
  expect(stdout).toMatch(/^Added to the sandbox \(2\)$/m);
  expect(stdout).toMatch(/^in +74950000001 +101 +\S+ \S+ +0:00 +2 +call-0 +\w+ \d+, note \d+$/m);
  expect(stdout).toMatch(/^2 read: 2 accepted · /m);
  expect(stdout).not.toMatch(/queue/i);
});
