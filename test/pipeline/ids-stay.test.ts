import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { hashParts } from '../../src/records/uuids.js';
import { amocalls } from '../records/preset-fixtures.js';

/*
 * A call is sent once, whatever changes about how its file is read: what its uuid is stays.
 */
const folder = () => mkdtempSync(path.join(os.tmpdir(), 'amocalls-'));

async function importIn(cwd: string, ...args: readonly string[]) {
  const { stdout } = await amocalls(
    ['import', ...args, '--sandbox', '--ledger', 'ledger.db', '--rate', '0', '--output', 'ndjson'],
    { cwd },
  );
  const lines: readonly { readonly status?: string; readonly uuid?: string }[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.flatMap(({ status, uuid }) => (uuid === undefined ? [] : [`${status} ${uuid}`]));
}

const header = 'date,caller,to,billsec\n';
const row = '2026-03-04 12:07:05,74950000001,101,30\n';
const built = ['--uuid-from', 'date,caller,to,billsec', '--timezone', 'Europe/Moscow'];
const uuid = hashParts(['2026-03-04 12:07:05', '74950000001', '101', '30']);
const formerUuid = hashParts([1_772_615_225, '74950000001', '101', 30]);

describe('a uuid that is built', () => {
  it('is that of the call in a later export, padded or read with another country', async () => {
    const cwd = folder();
    writeFileSync(path.join(cwd, 'one.csv'), header + row);
    writeFileSync(path.join(cwd, 'two.csv'), header + row.replaceAll(',', ' , '));
    expect(await importIn(cwd, 'one.csv', ...built)).toEqual([`accepted ${uuid}`]);
    expect(await importIn(cwd, 'two.csv', ...built)).toEqual([`duplicate ${uuid}`]);
  });

  it('does not make another call of one that was sent with a wrong zone', async () => {
    const cwd = folder();
    writeFileSync(path.join(cwd, 'one.csv'), header + row);
    await importIn(cwd, 'one.csv', ...built.with(3, 'UTC'));
    expect(await importIn(cwd, 'one.csv', ...built)).toEqual([`invalid ${uuid}`]);
  });

  it('is that of an earlier version where the ledger knows the call by it', async () => {
    const cwd = folder();
    writeFileSync(path.join(cwd, 'old.csv'), `uuid,${header}${formerUuid},${row}`);
    writeFileSync(path.join(cwd, 'new.csv'), header + row + row.replace(':05', ':06'));
    expect(await importIn(cwd, 'old.csv', '--timezone', 'Europe/Moscow')).toEqual([`accepted ${formerUuid}`]);
    const [known, other = ''] = (await importIn(cwd, 'new.csv', ...built)).toSorted().toReversed();
    expect(known).toBe(`duplicate ${formerUuid}`);
    expect(other).toMatch(/^accepted /);
    expect(await importIn(cwd, 'new.csv', ...built)).toEqual([
      `duplicate ${formerUuid}`,
      other.replace('accepted', 'duplicate'),
    ]);
  });
});

it.each([[[]], [['--unattended']]])(
  'the column of the uuid stays when another one comes beside it, and in later exports with its header: %j',
  async (flags) => {
    const cwd = folder();
    const zone = ['--timezone', 'UTC', ...flags];
    writeFileSync(path.join(cwd, 'calls.csv'), `id,${header}7,${row}`);
    expect(await importIn(cwd, 'calls.csv', ...zone)).toEqual(['accepted 7']);
    writeFileSync(path.join(cwd, 'calls.csv'), `id,uuid,${header}7,x,${row}`);
    appendFileSync(path.join(cwd, 'calls.csv'), `8,y,${row}`);
    expect((await importIn(cwd, 'calls.csv', ...zone)).toSorted()).toEqual(['accepted 8', 'duplicate 7']);
    writeFileSync(path.join(cwd, 'other.csv'), `id,uuid,${header}9,z,${row}`);
    expect(await importIn(cwd, 'other.csv', ...zone)).toEqual(['accepted 9']);
    writeFileSync(path.join(cwd, 'another.csv'), `id,uuid,note,${header}9,z,,${row}`);
    expect(await importIn(cwd, 'another.csv', ...zone)).toEqual(['accepted z']);
  },
);

it('a call that an earlier version sent under the id of its call is known, though the row has an id of its own', async () => {
  const cwd = folder();
  const zone = ['--timezone', 'UTC'];
  writeFileSync(path.join(cwd, 'old.csv'), `call id,${header}c1,${row}`);
  expect(await importIn(cwd, 'old.csv', ...zone)).toEqual(['accepted c1']);
  const later = row.replace(':05', ':06');
  writeFileSync(path.join(cwd, 'new.csv'), `call id,id,${header}c1,71,${row}c2,82,${later}`);
  expect((await importIn(cwd, 'new.csv', ...zone)).toSorted()).toEqual(['accepted 82', 'duplicate c1']);
  expect((await importIn(cwd, 'new.csv', ...zone)).toSorted()).toEqual(['duplicate 82', 'duplicate c1']);
});
