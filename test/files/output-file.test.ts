import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { findPlace, openToAppend, othersMayRead, refuseUsed } from '../../src/files/output-file.js';
import { replaceFiles } from '../../src/files/replace-files.js';

const user = { uid: userInfo().uid, gid: userInfo().gid };

function folder(mode = 0o700): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'amocalls-output-')));
  chmodSync(path, mode);
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const request = (path: string, who = user) => ({ asked: '--report', name: path, path, user: who });
const complaint = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no complaint',
    (error: unknown) => (error instanceof UserError ? error.message : `${error}`),
  );
const modeOf = (path: string) => statSync(path).mode & 0o777;

describe.skipIf(process.platform === 'win32')('a file that is written', () => {
  test('is new for its owner alone; one that is there keeps its mode', async () => {
    const file = join(folder(), 'a');
    for (const mode of [0o600, 0o644, 0o640]) {
      if (mode !== 0o600) chmodSync(file, mode);
      const added = await openToAppend(await findPlace(request(file), 'append'));
      await added.appendFile('x\n');
      await added.close();
      expect(modeOf(file)).toBe(mode);
      const place = await findPlace(request(file), 'replace');
      expect(othersMayRead(place)).toBe(mode !== 0o600);
      await replaceFiles([{ place, text: 'y\n' }]);
      expect([modeOf(file), readFileSync(file, 'utf8')]).toEqual([mode, 'y\n']);
    }
    expect(readdirSync(join(file, '..'))).toEqual(['a']);
  });

  test('is for its owner alone whatever was there, where it holds a secret', async () => {
    const file = join(folder(), 'a');
    writeFileSync(file, '', { mode: 0o644 });
    await replaceFiles([{ place: await findPlace(request(file), 'replace'), text: 'k', like: null }]);
    expect(modeOf(file)).toBe(0o600);
  });

  test('is none of several where one of them cannot be', async () => {
    const dir = folder();
    const [one, two] = [join(dir, 'one'), join(dir, 'sub', 'two')];
    mkdirSync(join(dir, 'sub'));
    writeFileSync(one, 'old');
    const places = await Promise.all([one, two].map((path) => findPlace(request(path), 'replace')));
    rmSync(join(dir, 'sub'), { recursive: true });
    const contents = places.map((place) => ({ place, text: 'new' }));
    expect(await complaint(replaceFiles(contents))).toMatch(
      /two: cannot be written: the folder .* does not exist/,
    );
    expect([readFileSync(one, 'utf8'), readdirSync(dir)]).toEqual(['old', ['one']]);
  });

  test.each([
    ['a folder', (path: string) => mkdirSync(path), 'is a folder'],
    ['a pipe', (path: string) => execFileSync('mkfifo', [path]), 'is a device, a pipe or a socket'],
    ['a device', (path: string) => symlinkSync('/dev/null', path), 'is a device, a pipe or a socket'],
    ['a circle of links', (path: string) => symlinkSync(path, path), 'cannot be written: ELOOP'],
  ])('is not %s', async (_, make, says) => {
    const file = join(folder(), 'x');
    make(file);
    for (const way of ['append', 'replace'] as const) {
      expect(await complaint(findPlace(request(file), way))).toContain(says);
    }
  });

  test('is where a link in a folder of one’s own leads, and the link stays', async () => {
    const dir = folder();
    mkdirSync(join(dir, 'real'));
    symlinkSync('real', join(dir, 'way'));
    symlinkSync('../real/file', join(dir, 'real', 'link'));
    const place = await findPlace(request(join(dir, 'way', 'link')), 'replace');
    await replaceFiles([{ place, text: 'x' }]);
    expect(readFileSync(join(dir, 'real', 'file'), 'utf8')).toBe('x');
    expect(readdirSync(join(dir, 'real')).sort()).toEqual(['file', 'link']);
  });

  test.each([0o777, 0o1777])('is not where a link in a folder of the mode %o leads', async (mode) => {
    const [open, own] = [folder(mode), folder()];
    writeFileSync(join(own, 'victim'), 'precious');
    symlinkSync(join(own, 'victim'), join(open, 'file'));
    symlinkSync(own, join(open, 'way'));
    for (const way of ['append', 'replace'] as const) {
      for (const name of ['file', 'way/new']) {
        const says = await complaint(findPlace(request(join(open, name)), way));
        expect(says).toContain('is a link in a folder that others may write to');
      }
    }
    expect([readFileSync(join(own, 'victim'), 'utf8'), readdirSync(own)]).toEqual(['precious', ['victim']]);
  });

  test('is the one that was looked at, or none', async () => {
    const dir = folder();
    const [file, other] = [join(dir, 'a'), join(dir, 'b')];
    writeFileSync(file, '');
    const place = await findPlace(request(file), 'append');
    writeFileSync(other, '');
    renameSync(other, file);
    expect(await complaint(openToAppend(place))).toContain('was replaced by another file');
    rmSync(file);
    symlinkSync(other, file);
    expect(await complaint(openToAppend(place))).toContain('ELOOP');
    expect(existsSync(other)).toBe(false);
  });

  test('is made once where two runs begin it at the same moment', async () => {
    const file = join(folder(), 'a');
    const places = [await findPlace(request(file), 'append'), await findPlace(request(file), 'append')];
    for (const place of places) {
      const opened = await openToAppend(place);
      await opened.appendFile('line\n');
      await opened.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('line\nline\n');
  });

  test('is no file that the run uses, by whatever name', async () => {
    const dir = folder();
    writeFileSync(join(dir, 'used'), '');
    linkSync(join(dir, 'used'), join(dir, 'hard'));
    symlinkSync('used', join(dir, 'soft'));
    symlinkSync('.', join(dir, 'same'));
    const used = [
      { path: join(dir, 'used'), what: 'the ledger' },
      { path: join(dir, 'new'), what: 'the report' },
    ];
    for (const name of ['used', 'hard', 'soft', 'same/used']) {
      const place = await findPlace(request(join(dir, name)), 'append');
      expect(await complaint(refuseUsed(place, used))).toContain(`${name}: is the ledger`);
    }
    for (const name of ['new', 'same/new']) {
      const place = await findPlace(request(join(dir, name)), 'replace');
      expect(await complaint(refuseUsed(place, used))).toContain(`${name}: is the report`);
    }
    const free = await findPlace(request(join(dir, 'free')), 'replace');
    expect(await complaint(refuseUsed(free, used))).toBe('no complaint');
  });
});

describe('a file of another user', () => {
  beforeEach(({ skip }) => skip(user.uid !== 0, 'only root can give a file to another user'));

  test('keeps its owner where root writes it anew', async () => {
    const file = join(folder(), 'a');
    writeFileSync(file, '', { mode: 0o640 });
    chownSync(file, 1000, 1001);
    await replaceFiles([{ place: await findPlace(request(file), 'replace'), text: 'x' }]);
    const { uid, gid, mode } = statSync(file);
    expect([uid, gid, mode & 0o777]).toEqual([1000, 1001, 0o640]);
  });

  test('is behind no link in a folder of another user', async () => {
    const dir = folder();
    symlinkSync(join(dir, 'target'), join(dir, 'link'));
    chownSync(dir, 1000, 1000);
    const says = await complaint(findPlace(request(join(dir, 'link')), 'append'));
    expect(says).toContain('is a link in a folder that others may write to');
  });

  test('in a folder such as /tmp is not replaced, which would fail at the end of the run alone', async () => {
    const file = join(folder(0o1777), 'a');
    writeFileSync(file, '');
    const says = await complaint(findPlace(request(file, { uid: 1000, gid: 1000 }), 'replace'));
    expect(says).toContain('belongs to another user (uid 0)');
  });
});
