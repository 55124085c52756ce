import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { version } from '../../package.json' with { type: 'json' };
import * as door from '../../src/index.js';
import { pageOf, root } from './pages.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'amocalls-library-'));
const page = pageOf('docs/library.md');

/** The block that stands behind `<!-- example: name -->`. */
function example(name: string): string {
  const found = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\`\\n`, 's').exec(page.text);
  return found?.[1] ?? '';
}

beforeAll(async () => {
  const installed = join(folder, 'node_modules/amocalls');
  mkdirSync(installed, { recursive: true });
  symlinkSync(join(root, 'node_modules/@photostructure'), join(folder, 'node_modules/@photostructure'));
  const bundle = await rolldown({
    cwd: root,
    input: 'src/index.ts',
    platform: 'node',
    logLevel: 'silent',
    external: ['@photostructure/sqlite'],
  });
  await bundle.write({ dir: join(installed, 'dist'), format: 'esm', entryFileNames: 'index.js' });
  await bundle.close();
  writeFileSync(
    join(installed, 'package.json'),
    JSON.stringify({ name: 'amocalls', type: 'module', exports: './dist/index.js' }),
  );
  writeFileSync(join(folder, 'send.mjs'), example('send.mjs'));
  writeFileSync(join(folder, 'calls.csv'), example('calls.csv'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the program of the page runs, and prints what the page says', async () => {
  const ended: unknown = await run(process.execPath, ['send.mjs'], { cwd: folder }).catch(
    (error: unknown) => error,
  );
  expect(ended).toMatchObject({ code: 3, stdout: example('output') });
});

test('the program of the page is right for a strict TypeScript', async () => {
  writeFileSync(join(folder, 'send.mts'), example('send.mjs'));
  const options = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { amocalls: [join(root, 'src/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: ['send.mts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const ended: unknown = await run(process.execPath, [tsc, '-p', folder], { cwd: root }).catch(
    (error: unknown) => error,
  );
  const { stdout } = { stdout: '', ...(typeof ended === 'object' ? ended : {}) };
  expect(stdout.split('\n').filter((line) => line.includes('send.mts'))).toEqual([]);
}, 60_000);

test('the page names every value that the door exports, and nothing else', () => {
  const table = page.text.slice(
    page.text.indexOf('## What is exported'),
    page.text.indexOf('## Good to know'),
  );
  const named = [...table.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
  expect(named.sort()).toEqual(Object.keys(door).sort());
});

test('the page installs the version that it belongs to', () => {
  expect(page.text).toContain(`amocalls-${version}.tgz`);
});
