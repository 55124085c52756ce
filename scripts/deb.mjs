// Builds build/amocalls_<version>_<architecture>.deb around the executable, with dpkg-deb. Run `npm run build:binary` first.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));
const executable = join(root, `build/amocalls-linux-${process.arch}`);
const stage = join(root, 'build/deb');
const { version, description, author } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const architecture = { x64: 'amd64', arm64: 'arm64' }[process.arch];

/** Puts a file into the package: its path there, its text or bytes, its rights. */
function put(path, content, mode = 0o644) {
  const file = join(stage, path);
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

const here = (path) => readFileSync(join(root, path));
const packed = (bytes) => gzipSync(bytes, { level: 9 });
const printed = (...args) => execFileSync(executable, args, { env: {}, maxBuffer: 16_000_000 });

function program() {
  put('usr/bin/amocalls', '');
  cpSync(executable, join(stage, 'usr/bin/amocalls'));
  chmodSync(join(stage, 'usr/bin/amocalls'), 0o755);
  put('usr/lib/systemd/system/amocalls-follow.service', here('packaging/amocalls-follow.service'));
  put('usr/share/man/man1/amocalls.1.gz', packed(here('dist/man/amocalls.1')));
  put('usr/share/bash-completion/completions/amocalls', printed('completion', 'bash'));
  put('usr/share/zsh/vendor-completions/_amocalls', printed('completion', 'zsh'));
  put('usr/share/fish/vendor_completions.d/amocalls.fish', printed('completion', 'fish'));
  put('usr/share/doc/amocalls/copyright', printed('licenses'));
  put('usr/share/doc/amocalls/changelog.gz', packed(here('CHANGELOG.md')));
}

/** The example profile, with a ledger that a person who asks for it and the service that writes it share. */
function configuration() {
  const example = here('.amocallsrc.example').toString();
  const profile = example.replace(/^( +)# ledger: .*$/m, '$1ledger: /var/lib/amocalls/ledger.db');
  if (profile === example) throw new Error('.amocallsrc.example has no line for the ledger');
  put('etc/amocalls/config.yaml', profile, 0o640);
  put('etc/amocalls/follow.env', here('packaging/debian/follow.env'), 0o640);
  chmodSync(join(stage, 'etc/amocalls'), 0o750);
}

function control() {
  const files = readdirSync(stage, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const kilobytes = files.reduce((sum, file) => sum + Math.ceil(statSync(file).size / 1024), 0);
  const fields = {
    Package: 'amocalls',
    Version: version,
    Architecture: architecture,
    // The owner's address is not known here; Debian wants one.
    Maintainer: `${author} <root@localhost>`,
    'Installed-Size': kilobytes,
    Depends: 'libc6 (>= 2.28), libstdc++6 (>= 5), libgcc-s1 | libgcc1, passwd',
    Recommends: 'ca-certificates',
    Section: 'comm',
    Priority: 'optional',
    Description: `push call records to amoCRM\n ${description}`,
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  const sums = files
    .map((file) => [relative(stage, file), createHash('md5').update(readFileSync(file)).digest('hex')])
    .filter(([name]) => !name.startsWith('etc/'))
    .map(([name, sum]) => `${sum}  ${name}\n`);
  put('DEBIAN/control', text.join(''));
  put('DEBIAN/md5sums', sums.join(''));
  put('DEBIAN/conffiles', '/etc/amocalls/config.yaml\n/etc/amocalls/follow.env\n');
  for (const name of ['postinst', 'prerm', 'postrm'])
    put(`DEBIAN/${name}`, here(`packaging/debian/${name}`), 0o755);
}

if (!existsSync(executable)) {
  console.error('The executable is not there: npm run build:binary');
  process.exit(2);
}
const started = performance.now();
process.umask(0o022);
rmSync(stage, { recursive: true, force: true });
program();
configuration();
control();
const target = join(root, `build/amocalls_${version}_${architecture}.deb`);
// xz, which old versions of dpkg know, at a level that takes seconds and not minutes.
const options = ['--root-owner-group', '-Zxz', '-z1', '--build'];
execFileSync('dpkg-deb', [...options, stage, target], { stdio: ['ignore', 'ignore', 'inherit'] });
rmSync(stage, { recursive: true });
const megabytes = Math.round(statSync(target).size / 1e6);
console.log(`${relative(root, target)}: ${megabytes} MB, ${Math.round(performance.now() - started)} ms`);
