import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Outcome, Status } from '../../src/core/outcome.js';
import type { RejectSource } from '../../src/output/reject-format.js';
import { openRejects, type Rejects } from '../../src/output/rejects.js';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'amocalls-rejects-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const csv: RejectSource = {
  file: 'calls.csv',
  format: 'csv',
  delimiter: ';',
  headerLine: 1,
  columns: ['uuid', 'Кто звонил', 'to'],
};
const ndjson: RejectSource = { file: 'calls.ndjson', format: 'ndjson', columns: ['uuid', 'variables.to'] };

function reject(
  cells: readonly string[],
  more: Partial<Outcome> & { file?: string; problem?: string } = {},
): Outcome {
  const { file = 'calls.csv', problem, ...rest } = more;
  const row = problem === undefined ? { line: 7, cells } : { line: 7, cells, problem };
  return {
    status: 'rejected',
    uuid: cells[0] ?? null,
    reasons: ['a', 'b'],
    origin: { file, line: 7, row },
    ...rest,
  };
}

interface Given {
  readonly file?: string;
  readonly inputs?: readonly string[];
  readonly encoding?: string;
  readonly path?: string;
}

/** Opens the rejects of one run in the test's folder, hands them out, closes them. */
async function run<T>(work: (rejects: Rejects) => Promise<T>, given: Given = {}): Promise<T> {
  const { inputs = ['calls.csv'], ...rest } = given;
  const used = inputs.map((name) => ({ path: join(cwd, name), what: 'one of the files that are read' }));
  const rejects = await openRejects({ file: 'bad.csv', cwd, user: userInfo(), used, ...rest });
  try {
    return await work(rejects);
  } finally {
    await rejects.close();
  }
}

function writing(source: RejectSource, outcomes: readonly Outcome[], given: Given = {}): Promise<Rejects> {
  return run(async (rejects) => {
    await rejects.expect(source);
    await rejects.write(outcomes);
    return rejects;
  }, given);
}

const read = (name = 'bad.csv'): Promise<string> => readFile(join(cwd, name), 'utf8');

describe('--rejects', () => {
  it('writes what was not accepted in the columns of the input, with line, status and reasons', async () => {
    const { files } = await writing(csv, [
      reject(['u-1', '117', '7495']),
      reject(['u-2', 'a;b', '"x"'], { status: 'invalid', reasons: ['to: "x" is no number'] }),
      reject(['u-3', '117'], { status: 'unconfirmed', reasons: [] }),
    ]);
    expect(await read()).toBe(
      `uuid;Кто звонил;to;line;status;reasons
u-1;117;7495;7;rejected;a; b
u-2;"a;b";"""x""";7;invalid;"to: ""x"" is no number"
u-3;117;;7;unconfirmed;
`.replace('a; b', '"a; b"'),
    );
    expect(files).toEqual([{ file: 'bad.csv', records: 3 }]);
  });

  it.each([
    ['accepted', 0],
    ['duplicate', 0],
    ['filtered', 0],
    ['rejected', 1],
    ['invalid', 1],
    ['unconfirmed', 1],
    ['unsent', 1],
  ] satisfies [Status, number][])('of a record that is %s holds %i', async (status, records) => {
    const { files } = await writing(csv, [reject(['u'], { status })]);
    expect(files.reduce((sum, file) => sum + file.records, 0)).toBe(records);
    expect(await readdir(cwd)).toHaveLength(records);
  });

  it('is readable by its owner alone', async () => {
    await writing(csv, [reject(['u'])]);
    expect((await stat(join(cwd, 'bad.csv'))).mode & 0o777).toBe(0o600);
  });

  it('holds what is known so far, before the run ends', async () => {
    await run(async (rejects) => {
      await rejects.expect(csv);
      await rejects.write([reject(['u-1'])]);
      expect(await read()).toContain('u-1');
      await rejects.write([reject(['u-2'])]);
      expect(await read()).toContain('u-2');
    });
  });

  it('gives csv-parse the same cells back, whatever they hold', async () => {
    const cell = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => text.replace(/[\uD800-\uDFFF]/gu, '')),
      fc.constantFrom('=1+1', ' a ', '"', ';', ',', '\r\n', "'", '\uFEFF', '\t', '', 'a"b', '-', '\\N'),
    );
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 5 });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(rows, fc.constantFrom(';', ',', '\t', '|'), async (all, delimiter) => {
        const file = `round-${round++}.csv`;
        await writing(
          { ...csv, delimiter },
          all.map((cells) => reject(cells)),
          { file },
        );
        const back: string[][] = parse(await read(file), { delimiter });
        expect(parse(await read(file), { delimiter, trim: true, bom: true })).toEqual(back);
        expect(back.slice(1)).toEqual(all.map((cells) => [...cells, '7', 'rejected', 'a; b']));
      }),
    );
  });

  it('keeps cells that the header does not know behind the added ones', async () => {
    await writing(csv, [reject(['u', '1', '2', 'extra', 'more'])]);
    expect((await read()).split('\n')[1]).toBe('u;1;2;7;rejected;"a; b";extra;more');
  });

  it('keeps the text of a row that could not be read', async () => {
    await writing(csv, [reject(['u;"broken'], { problem: 'the quote is never closed' })]);
    expect(parse(await read(), { delimiter: ';' })[1]).toEqual([
      'u;"broken',
      '',
      '',
      '7',
      'rejected',
      'a; b',
    ]);
  });

  it('has no header where the input had none, so that --columns fits again', async () => {
    const { headerLine: _, ...headless } = csv;
    await writing(headless, [reject(['u', '1', '2'])]);
    expect(await read()).toBe('u;1;2;7;rejected;"a; b"\n');
    // The second time the rows carry the three cells of the first.
    await writing(headless, [reject(['u', '1', '2', '7', 'rejected', 'a; b'])], { file: 'again.csv' });
    expect(await read('again.csv')).toBe('u;1;2;7;rejected;"a; b"\n');
    await writing(headless, [reject(['u', '1', '2', 'own', 'cells', 'here'])], { file: 'third.csv' });
    expect(await read('third.csv')).toBe('u;1;2;7;rejected;"a; b";own;cells;here\n');
  });

  it('of rejects that were imported again have the three columns once', async () => {
    const again = { ...csv, columns: [...csv.columns, 'line', 'status', 'reasons'] };
    await writing(again, [reject(['u', '1', '2', '3', 'invalid', 'old'])]);
    expect(await read()).toBe('uuid;Кто звонил;to;line;status;reasons\nu;1;2;7;rejected;"a; b"\n');
  });

  it('keeps columns of the input that bear our names', async () => {
    const own = { ...csv, columns: ['uuid', 'Status', 'line'] };
    await writing(own, [reject(['u', 'ANSWERED', '+7'])]);
    const header = 'uuid;Status;line;amocalls_line;amocalls_status;reasons';
    expect(await read()).toBe(`${header}\nu;ANSWERED;+7;7;rejected;"a; b"\n`);
    const again = { ...own, columns: header.split(';') };
    await writing(again, [reject(['u', 'ANSWERED', '+7', '1', 'invalid', 'old'])], { file: 'again.csv' });
    expect(await read('again.csv')).toBe(await read());
  });
});

describe('--rejects of JSON', () => {
  const fields = async (name: string): Promise<unknown[]> =>
    (await read(name))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('is an object a line, with the flattened columns', async () => {
    const outcome = reject(['u', '7495'], { file: 'calls.ndjson' });
    await writing(ndjson, [outcome, reject(['v', ''], { file: 'calls.ndjson' })], { file: 'bad.ndjson' });
    expect(await fields('bad.ndjson')).toEqual([
      { uuid: 'u', 'variables.to': '7495', line: '7', status: 'rejected', reasons: 'a; b' },
      { uuid: 'v', line: '7', status: 'rejected', reasons: 'a; b' },
    ]);
  });

  it('knows columns that appeared while the input was read', async () => {
    const columns = ['uuid'];
    await run(
      async (rejects) => {
        await rejects.expect({ ...ndjson, columns });
        columns.push('later');
        await rejects.write([reject(['u', 'x'], { file: 'calls.ndjson' })]);
      },
      { file: 'bad.ndjson' },
    );
    expect(await fields('bad.ndjson')).toMatchObject([{ uuid: 'u', later: 'x' }]);
  });

  it('keeps fields that bear our names, and drops the marks of an earlier time', async () => {
    const columns = ['uuid', 'status', 'line', 'amocalls_status', 'reasons'];
    const source = { ...ndjson, columns };
    const outcomes = [
      reject(['u', 'ANSWERED'], { file: 'calls.ndjson' }),
      reject(['u', 'ANSWERED', '3', 'invalid', 'old'], { file: 'calls.ndjson' }),
      reject(['u', 'rejected', '3', '', 'old'], { file: 'calls.ndjson' }),
    ];
    await writing(source, outcomes, { file: 'bad.ndjson' });
    const kept = { uuid: 'u', status: 'ANSWERED', line: '7', amocalls_status: 'rejected', reasons: 'a; b' };
    expect(await fields('bad.ndjson')).toEqual([
      kept,
      kept,
      { uuid: 'u', status: 'rejected', line: '7', reasons: 'a; b' },
    ]);
  });

  it('keeps the text of a line that is no JSON, a second time too', async () => {
    const file = 'calls.ndjson';
    const row = { line: 7, cells: [], problem: 'is not JSON', text: '{"uuid":' };
    const broken: Outcome = { ...reject([]), uuid: null, origin: { file, line: 7, row } };
    await writing(ndjson, [broken], { file: 'bad.ndjson' });
    const again = { ...ndjson, columns: ['raw', 'line', 'status', 'reasons'] };
    await writing(again, [reject(['{"uuid":', '3', 'invalid', 'old'], { file })], { file: 'bad.ndjson' });
    const kept = { raw: '{"uuid":', line: '7', status: 'rejected', reasons: 'a; b' };
    expect(await fields('bad.ndjson')).toEqual([kept, kept]);
  });

  it('stand where --path will look for them', async () => {
    const given = { file: 'bad.ndjson', path: 'data.records' };
    for (const uuid of ['u', 'v']) await writing(ndjson, [reject([uuid], { file: 'calls.ndjson' })], given);
    expect(await fields('bad.ndjson')).toMatchObject([
      { data: { records: { uuid: 'u', status: 'rejected' } } },
      { data: { records: { uuid: 'v', status: 'rejected' } } },
    ]);
  });
});

describe('--rejects of several inputs', () => {
  it('share a file where their columns agree', async () => {
    await run(async (rejects) => {
      await rejects.expect(csv);
      await rejects.expect({ ...csv, file: 'more.csv' });
      await rejects.write([reject(['u-1']), reject(['u-2'], { file: 'more.csv' })]);
      expect(rejects.files).toEqual([{ file: 'bad.csv', records: 2 }]);
    });
  });

  it('never take a file that is read for one of them', async () => {
    const second = { ...csv, file: 'b.csv', columns: ['id'] };
    await run(async (rejects) => {
      await rejects.expect(csv);
      await rejects.expect(second);
      await rejects.write([reject(['u'], { file: 'b.csv' })]);
    });
    const again = { ...second, file: 'bad.2.csv' };
    await run(
      async (rejects) => {
        await rejects.expect(csv);
        await rejects.expect(again);
        await rejects.write([reject(['u'], { file: 'bad.2.csv' })]);
        expect(rejects.files).toEqual([{ file: 'bad.3.csv', records: 1 }]);
      },
      { inputs: ['calls.csv', 'bad.2.csv'] },
    );
  });

  it('have a file each where they differ', async () => {
    await writeFile(join(cwd, 'bad.2.csv'), 'something else\n');
    await run(async (rejects) => {
      await rejects.expect(csv);
      await rejects.expect({ ...csv, file: 'b.csv', columns: ['id'] });
      await rejects.expect({ ...csv, file: 'c.csv', delimiter: ',' });
      await rejects.expect({ ...ndjson, file: 'd.json', format: 'json' });
      await rejects.write(
        ['calls.csv', 'b.csv', 'c.csv', 'd.json', 'b.csv'].map((file) => reject(['u'], { file })),
      );
      expect(rejects.files).toEqual([
        { file: 'bad.csv', records: 1 },
        { file: 'bad.3.csv', records: 2 },
        { file: 'bad.4.csv', records: 1 },
        { file: 'bad.2.ndjson', records: 1 },
      ]);
    });
    expect(await read('bad.2.csv')).toBe('something else\n');
    expect((await read('bad.3.csv')).split('\n')[0]).toBe('id;line;status;reasons');
  });
});

describe('--rejects and a file that exists', () => {
  it('are added to rejects of the same columns', async () => {
    await writing(csv, [reject(['u-1'])]);
    await writing(csv, [reject(['u-2'])]);
    expect((await read()).match(/^u\w*/gm)).toEqual(
      ['uuid', 'u', 'u'].map((text) => expect.stringContaining(text)),
    );
    expect((await read()).split('\n')).toHaveLength(4);
  });

  it('are added to rejects without a header, and to those of JSON', async () => {
    const { headerLine: _, ...headless } = csv;
    for (const uuid of ['u-1', 'u-2']) {
      await writing(headless, [reject([uuid])]);
      await writing(ndjson, [reject([uuid], { file: 'calls.ndjson' })], { file: 'bad.ndjson' });
    }
    expect((await read()).split('\n')).toHaveLength(3);
    expect((await read('bad.ndjson')).split('\n')).toHaveLength(3);
  });

  it.each([
    ['other text', 'shopping list\n', 'does not hold rejects with the columns of this input'],
    [
      'other columns',
      'uuid;to;line;status;reasons\n',
      'does not hold rejects with the columns of this input',
    ],
    ['half a line', 'uuid;Кто звонил;to;line;status;reasons\nu-1;11', 'its last line is cut off'],
  ])('refuse %s, and leave it as it is', async (_, content, message) => {
    await writeFile(join(cwd, 'bad.csv'), content);
    await expect(writing(csv, [reject(['u'])])).rejects.toThrow(message);
    expect(await read()).toBe(content);
  });

  it('take an empty one', async () => {
    await writeFile(join(cwd, 'bad.csv'), '');
    await writing(csv, [reject(['u'])]);
    expect(await read()).toMatch(/^uuid;/);
  });

  it('never touch a file that is read, whatever its name', async () => {
    await writeFile(join(cwd, 'calls.csv'), 'uuid\n');
    await link(join(cwd, 'calls.csv'), join(cwd, 'hard.csv'));
    await symlink('calls.csv', join(cwd, 'soft.csv'));
    for (const file of ['calls.csv', './calls.csv', 'hard.csv', 'soft.csv']) {
      await expect(writing(csv, [], { file })).rejects.toThrow(
        `--rejects ${file}: is one of the files that are read`,
      );
    }
  });
});

describe('--rejects that cannot be', () => {
  it.each([
    ['-', csv, '--rejects -: is not a file'],
    ['.', csv, '--rejects .: is a folder'],
    [
      'no/such/bad.csv',
      csv,
      '--rejects no/such/bad.csv: cannot be written: the folder no/such does not exist',
    ],
    ['bad.ndjson', csv, 'rejects of this input are CSV'],
    ['bad.csv', ndjson, 'rejects of this input are NDJSON'],
    ['bad.json', ndjson, 'rejects of this input are NDJSON'],
    ['bad.ndjson.gz', ndjson, 'rejects of this input are NDJSON'],
  ])('%s is refused before anything is sent', async (file, source, message) => {
    await expect(run((rejects) => rejects.expect(source), { file })).rejects.toThrow(message);
  });

  it('names the file that fits', async () => {
    const failure = await run((rejects) => rejects.expect(ndjson), { file: 'bad.csv' }).catch(
      (error) => error,
    );
    expect(failure.hint).toBe('Name the file bad.ndjson');
  });

  it('names the file when it went away', async () => {
    await mkdir(join(cwd, 'out'));
    await run(
      async (rejects) => {
        await rejects.expect(csv);
        await rm(join(cwd, 'out'), { recursive: true });
        await expect(rejects.write([reject(['u'])])).rejects.toThrow(
          '--rejects out/bad.csv: cannot be written: the folder out does not exist',
        );
      },
      { file: 'out/bad.csv' },
    );
  });
});

describe('--rejects and spreadsheets', () => {
  it.each(['=HYPERLINK("x")', '+1+cmd', '-2+3', '@SUM(A1)', '\tx', '\rx', '\nx'])(
    'a reason that begins with %j is a text in every spreadsheet, and is new when the file is imported again',
    async (reason) => {
      await writing(csv, [reject(['u'], { reasons: [reason] })]);
      const [, record] = parse(await read(), { delimiter: ';', relax_column_count: true });
      expect(record).toEqual(['u', '', '', '7', 'rejected', `'${reason}`]);
      // The same file as an input: what was added is dropped, and added anew.
      const again = { ...csv, file: 'bad.csv', columns: [...csv.columns, 'line', 'status', 'reasons'] };
      await writing(again, [reject(record ?? [], { file: 'bad.csv', reasons: [reason] })], {
        file: 'again.csv',
      });
      const [, twice] = parse(await read('again.csv'), { delimiter: ';', relax_column_count: true });
      expect(twice).toEqual(record);
    },
  );

  it('names the columns of the input whose texts begin as a formula does, and keeps them as they came', async () => {
    const cells = [
      ['u-1', '+74950000001', '=1+1'],
      ['u-2', '-', '+7 (495) 000-00-01'],
      ['-5.5', '@x', ''],
    ];
    const { remarks } = await writing(
      csv,
      cells.map((row) => reject(row)),
    );
    expect(remarks.map(({ text }) => text)).toEqual([
      'bad.csv: texts in "to", "Кто звонил" begin like a formula; they are kept as they are',
    ]);
    expect(await read()).toContain('u-1;+74950000001;=1+1;');
  });

  it('says nothing of numbers, signs and NDJSON', async () => {
    const plain = [
      ['+74950000001', '-', '-5'],
      ['u', '+7 (495) 000-00-01', 'a=b'],
    ];
    expect(
      (
        await writing(
          csv,
          plain.map((row) => reject(row)),
        )
      ).remarks,
    ).toEqual([]);
    const odd = reject(['=1+1', 'x'], { file: 'calls.ndjson', reasons: ['=1'] });
    expect((await writing(ndjson, [odd], { file: 'bad.ndjson' })).remarks).toEqual([]);
    expect(await read('bad.ndjson')).toContain('"reasons":"=1"');
  });
});

describe('--rejects and --encoding', () => {
  it('is written in the encoding that the next import will be told', async () => {
    const encoding = 'windows-1251';
    await writing(csv, [reject(['u', 'Анна'])], { encoding });
    const bytes = await readFile(join(cwd, 'bad.csv'));
    expect(new TextDecoder(encoding).decode(bytes)).toMatch(/^uuid;Кто звонил;to.*\nu;Анна;/);
    await writing(csv, [reject(['u', 'Анна'])], { encoding });
    expect((await readFile(join(cwd, 'bad.csv'))).toString('latin1').split('\n')).toHaveLength(4);
  });
});
