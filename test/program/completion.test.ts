import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { amocalls, programWords, workdir } from './harness.js';

/** What is typed, and what is offered for it. */
const offers: readonly (readonly [typed: readonly string[], offered: readonly string[]])[] = [
  [['imp'], ['import']],
  [
    ['import', '--preset', 'asterisk'],
    ['asterisk', 'asterisk-custom'],
  ],
  [
    ['import', '--api', ''],
    ['calls-add', 'v4'],
  ],
  [
    ['import', '--output', ''],
    ['json', 'ndjson', 'table'],
  ],
  [['import', '--timezone', 'Europe/Mos'], ['Europe/Moscow']],
  [['import', '--timezone', 'ids'], ['ids']],
  [
    ['import', '--profile', ''],
    ['main', 'second'],
  ],
  [['import', 'my'], ['my calls.csv']],
  [
    ['sandbox', '--fault', '500'],
    ['500-after=', '500='],
  ],
  [
    ['import', '--map', 'cal'],
    ['call_result=', 'call_status=', 'caller='],
  ],
  [['presets', 'twil'], ['twilio']],
  [
    ['completion', ''],
    ['bash', 'fish', 'powershell', 'zsh'],
  ],
  [
    ['recordings', ''],
    ['check', 'nginx', 'secret'],
  ],
  [['import', '--quie'], ['--quiet']],
  [['import', '--rate', ''], []],
  [
    ['import', '--date-order', ''],
    ['dmy', 'mdy'],
  ],
];

/** A folder with files, profiles, `amocalls` on the path, and the script of a shell. */
async function prepare(shell: string) {
  const cwd = workdir({
    'my calls.csv': '',
    '.amocallsrc': 'profiles:\n  main: { code: a }\n  second: { code: b }\n',
  });
  const { code, stdout } = await amocalls(['completion', shell], { cwd });
  expect(code).toBe(0);
  writeFileSync(path.join(cwd, 'script'), stdout);
  mkdirSync(path.join(cwd, 'bin'));
  writeFileSync(
    path.join(cwd, 'bin/amocalls'),
    `#!/bin/sh\nexec ${programWords.map(quoted).join(' ')} "$@"\n`,
    { mode: 0o755 },
  );
  const env = { HOME: cwd, PATH: `${path.join(cwd, 'bin')}:${process.env['PATH']}`, TERM: 'dumb' };
  const run = (program: string, text: string) =>
    execFileSync(program, ['-c', text], { cwd, env, encoding: 'utf8' });
  return { cwd, env, run };
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

test('bash offers commands, flags and values', async () => {
  const { run } = await prepare('bash');
  const lines = offers.map(([typed]) => {
    const words = ['amocalls', ...typed].map(quoted).join(' ');
    return `COMP_WORDS=(${words}); COMP_CWORD=${typed.length}; COMPREPLY=(); _amocalls; printf '%s|' "\${COMPREPLY[@]}"; echo`;
  });
  const found = run('bash', `source ./script\n${lines.join('\n')}`);
  const answers = found
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split('|').filter(Boolean).sort());
  expect(offers.map(([typed], at) => [typed, answers[at]])).toEqual(offers);
  // bash cuts --preset=as into three words.
  const spelt = run(
    'bash',
    `source ./script; COMP_WORDS=(amocalls import --preset = freep); COMP_CWORD=4; _amocalls; echo "\${COMPREPLY[@]}"`,
  );
  expect(spelt).toBe('freepbx\n');
});

const hasFish = existsSync('/usr/bin/fish');
if (!hasFish) console.warn('Completion was not tried in fish: /usr/bin/fish is not installed.');

test.skipIf(!hasFish)('fish offers commands, flags and values', async () => {
  const { run } = await prepare('fish');
  const lines = offers.map(([typed]) => {
    const words = ['amocalls', ...typed].join(' ');
    return `set found (complete -C ${quoted(words)} | cut -f1); string join -- '|' $found ''`;
  });
  const answers = run('fish', `source ./script\n${lines.join('\n')}`)
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .filter((word) => word !== '')
        .sort(),
    );
  expect(offers.map(([typed], at) => [typed, answers[at]])).toEqual(offers);
});

const hasZsh = existsSync('/usr/bin/zsh') && existsSync('/usr/bin/python3');
if (!hasZsh) console.warn('Completion was not tried in zsh: /usr/bin/zsh or python3 is not installed.');

/** Types a line and Tab into an interactive zsh, and prints what the line then is. */
const typing = `
import os, pty, re, sys, time, select
pid, fd = pty.fork()
if pid == 0: os.execvp('zsh', ['zsh', '-f', '-i'])
def read(until, seconds=20):
    out, end = '', time.time() + seconds
    while time.time() < end and not re.search(until, out):
        if select.select([fd], [], [], 0.2)[0]:
            try: out += os.read(fd, 65536).decode('utf-8', 'replace')
            except OSError: break
    return out
os.write(fd, b"PS1='READY> '; unsetopt zle_bracketed_paste; autoload -U compinit; compinit -u -D; source ./script; bindkey '^I' complete-word; echo DO''NE\\n")
read('DONE')
for at, line in enumerate(sys.argv[1:]):
    os.write(fd, (line + "\\t\\x01echo GOT%d:'\\x05'\\n" % at).encode())
    print(re.findall('GOT%d:([^\\r\\n\\']*)[\\r\\n]' % at, read('[\\r\\n]GOT%d:[^\\r\\n]*[\\r\\n]' % at))[-1:])
os.write(fd, b'exit\\n')
`;

test.skipIf(!hasZsh)('zsh offers commands, flags and values', async () => {
  const { cwd, env } = await prepare('zsh');
  const single = offers.filter(([, offered]) => offered.length === 1);
  const lines = single.map(([typed]) => ['amocalls', ...typed].join(' '));
  const found = execFileSync('python3', ['-c', typing, ...lines], { cwd, env, encoding: 'utf8' });
  const answers = found
    .split('\n')
    .slice(0, -1)
    .map((line) => line.replace(/^\['|'\]$/g, '').trim());
  const wanted = single.map(([typed, [offered = '']]) =>
    ['amocalls', ...typed.slice(0, -1), offered.replace(' ', '\\\\ ')].join(' '),
  );
  expect(answers).toEqual(wanted);
});

test('the program says what may follow the words that were typed, which PowerShell asks as well', async () => {
  const cwd = workdir({
    'my calls.csv': '',
    '.amocallsrc': 'profiles:\n  main: { code: a }\n  second: { code: b }\n',
  });
  const ask = async (...typed: string[]) => {
    const { code, stdout } = await amocalls(['completion', 'words', '--', ...typed], { cwd });
    expect(code).toBe(0);
    return stdout.split('\n').slice(0, -1);
  };
  for (const [typed, offered] of offers) {
    const lines = await ask(...typed);
    const words = lines.map((line) => line.split('\t')[0]).sort();
    expect([typed, words]).toEqual([typed, typed.at(-1) === 'my' ? [':files'] : offered]);
  }
  expect(await ask('import', '--preset=freep')).toEqual([
    expect.stringMatching(/^--preset=freepbx\tFreePBX/),
  ]);
  expect(await ask('import', '--no-le')).toEqual([
    '--no-ledger\trecord nothing: the next run sends everything again',
  ]);
  expect(await ask('import', '--recordings-root', '')).toEqual([':folders']);
  const { stdout } = await amocalls(['completion', 'powershell'], { cwd });
  expect(stdout).toContain('amocalls completion words -- @words');
});
