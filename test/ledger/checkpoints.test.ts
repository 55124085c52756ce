import { beforeEach, describe, expect, test } from 'vitest';
import { noPostgres, sharedPostgres } from '../setup/postgres.js';
import { engines, runOf } from './engines.js';

const server = sharedPostgres();

describe.each(engines)('the checkpoints in $name', ({ isHere, newPlace: open }) => {
  beforeEach(({ skip }) => skip(!isHere, noPostgres));
  const place = () => open(server);

  test('are saved together, listed by the start of their names, written over and removed', async () => {
    const { checkpoints } = (await runOf(await place(), 'first')).store;
    const reading = 'r'.repeat(10_000);
    const of = (file: string, checkpoint: string) => ({ file, reading, checkpoint });
    const old = { file: '/var/log/a.csv', reading: 'another', checkpoint: 'old' };
    await checkpoints.save([of('/var/log/a.csv', '1'), of('/var/log/Ж_%.csv', '2'), of('/var/lo', '3'), old]);
    const listed = async (prefix: string) =>
      (await checkpoints.list(prefix)).toSorted((one, other) => (one.checkpoint < other.checkpoint ? -1 : 1));
    expect(await listed('/var/log/')).toEqual([of('/var/log/a.csv', '1'), of('/var/log/Ж_%.csv', '2'), old]);
    expect(await listed('/var/log/Ж_%')).toEqual([of('/var/log/Ж_%.csv', '2')]);
    await checkpoints.save([of('/var/log/a.csv', '4'), { file: '/var/log/Ж_%.csv', reading }]);
    expect(await listed('/var/')).toEqual([of('/var/lo', '3'), of('/var/log/a.csv', '4'), old]);
    await checkpoints.save([]);
  });

  test('are listed in pages', async () => {
    const { checkpoints } = (await runOf(await place(), 'first')).store;
    const all = Array.from({ length: 2100 }, (_, number) => ({
      file: `/log/${String(Math.floor(number / 2)).padStart(5, '0')}`,
      reading: String(number % 2),
      checkpoint: String(number),
    }));
    await checkpoints.save(all);
    const listed: unknown[] = [];
    let page = await checkpoints.list('/log/');
    for (; page.length > 0; page = await checkpoints.list('/log/', page.at(-1))) listed.push(...page);
    expect(listed).toEqual(all);
  });
});
