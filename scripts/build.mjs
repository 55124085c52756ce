// Builds dist/: the program as CommonJS chunks that load when they are needed, its types, its man page, and the licences
// of what it bundles.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { licencesOf, packageOf } from './licences.mjs';
import { typesOf } from './types.mjs';
import { importTypeScript } from './typescript.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/**
 * Modules inside our dependencies that are replaced by an empty one. The build fails where one of them is not met any
 * more, so that an upgrade cannot undo this unseen; the start-up test fails where one of Node's comes back another way.
 *
 * - For security: cosmiconfig would execute the .js and .ts files that it finds on disk.
 * - For start-up: of cosmiconfig only the loader of YAML is asked, so it neither searches nor parses JSON; nobody
 *   writes YAML; commander starts no programs. All of these together are worth 3 % of the processor
 *   time of `add` (median of 30 pairs on a busy machine, 2026-11-26), and keep ten packages out of it.
 * - pg looks for a password by a package that it calls deprecated; we look for it ourselves (ledger/postgres/address).
 */
const emptied = [
  { importer: 'cosmiconfig', module: 'typescript' },
  { importer: 'cosmiconfig', module: 'import-fresh' },
  { importer: 'cosmiconfig', module: 'crypto' },
  { importer: 'cosmiconfig', module: 'fs/promises' },
  { importer: 'cosmiconfig', module: 'parse-json' },
  { importer: 'cosmiconfig', module: 'env-paths' },
  { importer: 'cosmiconfig', module: './Explorer.js' },
  { importer: 'js-yaml', module: './lib/dumper' },
  { importer: 'commander', module: 'node:child_process' },
  { importer: 'pg', module: 'pgpass' },
];

const met = new Set();
const emptyModules = {
  name: 'empty-modules',
  resolveId(source, importer) {
    const found = emptied.find(
      (one) => one.module === source && packageOf(importer ?? '')?.name === one.importer,
    );
    if (found === undefined) return undefined;
    met.add(found);
    return `\0empty:${source}`;
  },
  load: (id) => (id.startsWith('\0empty:') ? 'module.exports = {};' : undefined),
  buildEnd() {
    const gone = emptied.find((one) => !met.has(one));
    if (gone !== undefined) {
      throw new Error(`${gone.importer} no longer imports ${gone.module}: see the table in build.mjs`);
    }
  },
};

/** A chunk is called after the package or the file of ours that it holds, so that a stack trace tells where it is. */
function chunkName(chunk) {
  const id = chunk.facadeModuleId ?? chunk.moduleIds.at(-1) ?? chunk.name;
  const pack = packageOf(id);
  const file = pack ? join(pack.name, relative(pack.folder, id)) : relative(join(root, 'src'), id);
  if (file.startsWith('..') || file.startsWith('\0')) return 'chunks/[name].js';
  const name = file
    .replace(/^@/, '')
    .replace(/\.\w+$/, '')
    .replace(/[/\\](dist|lib|build|src|source|index)(?=[/\\]|$)/g, '');
  return `chunks/${name.split(/[/\\]/).join('-')}.js`;
}

async function chunks() {
  const { output } = await build({
    cwd: root,
    input: { cli: 'src/cli.ts', index: 'src/index.ts' },
    write: false,
    platform: 'node',
    // The one dependency of the installed package. Without it the ledger asks Node for its own SQLite.
    external: ['@photostructure/sqlite'],
    plugins: [emptyModules],
    transform: { target: 'node20' },
    output: {
      format: 'cjs',
      exports: 'named',
      // `await import()` becomes a require in its turn: the ESM loader alone would cost more than most chunks.
      dynamicImportInCjs: false,
      entryFileNames: '[name].js',
      chunkFileNames: chunkName,
      // Comments are half of some packages and are read at every start; licences have a file of their own.
      comments: false,
    },
  });
  return output.filter((file) => file.type === 'chunk');
}

/**
 * Makes dist hold these files and no others. A file that is as it should be is not touched, but for cli.js, whose time says
 * when the build began: what is newer is not in it.
 */
function install(files, began) {
  for (const [name, text] of files) {
    const path = join(dist, name);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  for (const entry of readdirSync(dist, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !files.has(relative(dist, path).split(sep).join('/'))) rmSync(path);
  }
  utimesSync(join(dist, 'cli.js'), began, began);
}

const began = new Date();
const started = performance.now();
const built = await chunks();
const files = new Map(built.map((chunk) => [chunk.fileName, chunk.code]));
files.set('THIRD-PARTY-LICENSES.txt', licencesOf(built.flatMap((chunk) => chunk.moduleIds)));
for (const [name, text] of typesOf(root)) files.set(`types/${name}`, text);
const { manPage } = await importTypeScript('scripts/man-page.ts');
files.set('man/amocalls.1', manPage());
install(files, began);
const kilobytes = Math.round([...files.values()].join('').length / 1000);
console.log(`dist: ${files.size} files, ${kilobytes} kB, ${Math.round(performance.now() - started)} ms`);
