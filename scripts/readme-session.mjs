// Writes the session of both READMEs anew: what the built program prints for the commands that stand there.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const commands = [
  'check fixtures/Master.csv --rows 3',
  'import fixtures/Master.csv --preset asterisk --timezone UTC --sandbox --limit 3',
];

execFileSync('npm', ['run', '-s', 'build'], { cwd: root, stdio: 'inherit' });
const parts = commands.map((command) => {
  const env = { ...process.env, TZ: 'UTC', NO_COLOR: '1' };
  const { stdout } = spawnSync(process.execPath, ['bin/amocalls.js', ...command.split(' ')], {
    cwd: root,
    env,
  });
  return `$ amocalls ${command}\n${stdout}`;
});
const text = parts.join('\n').replace(/\d+\.\d s$/gm, '0.0 s');
for (const name of ['README.md', 'README.ru.md']) {
  const page = readFileSync(`${root}${name}`, 'utf8');
  const block = /(<!-- sample: session -->\n```console\n).*?(```)/s;
  writeFileSync(
    `${root}${name}`,
    page.replace(block, (_, before, after) => before + text + after),
  );
}
