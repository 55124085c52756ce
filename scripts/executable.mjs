// Builds the executable for this platform, build/amocalls-linux-x64: a Node with the files of dist inside. Run `npm run build` first.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The newest long-term line; its latest release is taken, which the executable's licences name. */
const nodeVersion = '24';

const root = fileURLToPath(new URL('..', import.meta.url));
const build = join(root, 'build');
const { platform, arch } = process;

/** Runs amocalls as most people do: what they call is then compiled already. None of them leaves this machine. */
const usualRuns = [
  ['add', '--caller', '74950000001', '--to', '101', '--type', 'inbound', '--billsec', '0', '--sandbox'],
  ['import', 'fixtures/demo-calls.csv', '--sandbox'],
  ['check', 'fixtures/demo-calls.csv'],
  ['history'],
  ['--help'],
  ['import', '--help'],
];

/** Node as npm brings it: a package with the binary of nodejs.org in it, and no script. Gives its folder. */
function bringNode() {
  const folder = join(build, 'node');
  const name = `node-${platform}-${arch}`;
  const options = ['--silent', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', ...options, '--prefix', folder, `${name}@${nodeVersion}`], {
    stdio: 'inherit',
  });
  return join(folder, 'node_modules', name);
}

/** What the executable holds, in a folder: the program of dist, compiled by this Node, and all licences. */
function prepareAssets(folder, node) {
  const program = (path) => !/[/\\]types$|index\.js$/.test(path);
  cpSync(join(root, 'dist'), folder, { recursive: true, filter: program });
  const home = mkdtempSync(join(tmpdir(), 'amocalls-build-'));
  const compile = (args) => {
    const env = { HOME: home, XDG_STATE_HOME: home, TZ: 'UTC' };
    const words = [join(root, 'scripts/executable/compile.cjs'), folder, ...args];
    try {
      execFileSync(join(node, 'bin/node'), words, { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
    } catch (error) {
      // 3: the demo file has calls that are not accepted, on purpose.
      if (error.status !== 3) throw error;
    }
  };
  for (const args of [...usualRuns, []]) compile(args);
  rmSync(home, { recursive: true });
  const text = (...path) => readFileSync(join(...path), 'utf8');
  const title = `Node.js ${JSON.parse(text(node, 'package.json')).version}`;
  const licences = [
    text(root, 'dist/THIRD-PARTY-LICENSES.txt'),
    title,
    '-'.repeat(title.length),
    '',
    text(node, 'LICENSE'),
  ];
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences.join('\n'));
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}

/** Puts the files of a folder into the data that Node looks for in itself, and this into a copy of Node. */
function assemble(folder, node, target) {
  const main = join(build, 'main.cjs');
  const loader = readFileSync(join(root, 'scripts/executable/loader.cjs'), 'utf8');
  writeFileSync(main, `${loader}\nstart(require('node:sea'));\n`);
  const names = readdirSync(folder, { recursive: true })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => statSync(join(folder, name)).isFile());
  const config = {
    main,
    output: join(build, 'executable.blob'),
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    // Somebody's NODE_OPTIONS are meant for other programs: a Node of another version, a debugger.
    execArgvExtension: 'none',
    assets: Object.fromEntries(names.map((name) => [name, join(folder, name)])),
  };
  writeFileSync(join(build, 'executable.json'), JSON.stringify(config));
  execFileSync(join(node, 'bin/node'), ['--experimental-sea-config', join(build, 'executable.json')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  copyFileSync(join(node, 'bin/node'), target);
  chmodSync(target, 0o755);
  strip(target);
  const postject = fileURLToPath(import.meta.resolve('postject/dist/cli.js'));
  const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
  const words = [postject, target, 'NODE_SEA_BLOB', config.output, '--sentinel-fuse', fuse];
  // It warns about the names of notes that every Node has.
  execFileSync(process.execPath, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Without the names of Node's own functions, where the tool is there: 18 MB less to download. */
function strip(file) {
  try {
    execFileSync('strip', [file], { stdio: 'ignore' });
  } catch {
    console.log('strip (binutils) is not there: the executable is larger by some 18 MB');
  }
}

if (platform !== 'linux') {
  console.error('Only an executable for Linux can be built, and only on Linux.');
  process.exit(2);
}
if (!existsSync(join(root, 'dist/cli.js'))) {
  console.error('dist is not there: npm run build');
  process.exit(2);
}
const started = performance.now();
const folder = join(build, 'assets');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const node = bringNode();
prepareAssets(folder, node);
const target = join(build, `amocalls-${platform}-${arch}`);
assemble(folder, node, target);
const version = execFileSync(target, ['--version'], { encoding: 'utf8', env: {} }).trim();
const megabytes = Math.round(statSync(target).size / 1e6);
console.log(
  `${target.slice(root.length)}: amocalls ${version}, ${megabytes} MB, ${Math.round(performance.now() - started)} ms`,
);
