import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sandboxEnvironment, startSandbox } from '../../src/sandbox/server.js';
import { onTerminalOf, screenOf } from './terminal.js';

const enter = '\r';
/** ASCII alone: a byte that is no UTF-8 is a story of its own. */
const master = (root: string) =>
  readFileSync(path.join(root, 'fixtures/presets/asterisk-18-columns-utc.csv'), 'latin1').replaceAll(
    /[\u0080-\u00FF]/g,
    '',
  );
const secret = 'example-key-0000000000000000f2d4';

const intro = `# The first steps

A file of calls that nobody has looked at, an account, and five minutes: what is in the file, a profile, a look at everything a run
depends on, three calls, then the rest. The session below is what the program prints, against a [sandbox](sandbox.md) on port 8080;
\`npm run docs\` writes it anew.

`;

const outro = `
With your own account, press Enter at the address of the service: \`init\` then takes \`https://sip.amocrm.com\`, which it shows (Russian
accounts: type \`https://sip.amocrm.ru\`). What \`check\` assumes, and what it cannot know:
[inputs](inputs.md#what-check-assumes). What an answer means: [delivery](delivery.md).
`;

/**
 * The whole text of docs/first-steps.md: the session is played with the built program, in a folder of its own.
 *
 * @param root the folder of this project
 * @param program the words that run the program
 * @param clock variables of the environment that set its clock, where it is not that of this machine
 */
export async function firstStepsPage(
  root: string,
  program: readonly string[],
  clock: NodeJS.ProcessEnv = {},
): Promise<string> {
  const cwd = mkdtempSync(path.join(tmpdir(), 'amocalls-first-steps-'));
  const sandbox = await startSandbox({ now: Date.now });
  try {
    writeFileSync(path.join(cwd, 'Master.csv'), master(root), { mode: 0o600 });
    const session = await play(Object.fromEntries(sandboxEnvironment(sandbox)), program, { cwd, clock });
    return `${intro}<!-- sample: first steps -->\n\`\`\`console\n${session.trimEnd()}\n\`\`\`\n${outro}`;
  } finally {
    await sandbox.close();
    rmSync(cwd, { recursive: true });
  }
}

/** Plays the session; what differs from machine to machine is written as on the reader's. */
async function play(
  served: Readonly<Record<string, string>>,
  program: readonly string[],
  { cwd, clock }: { readonly cwd: string; readonly clock: NodeJS.ProcessEnv },
): Promise<string> {
  const { AMOCALLS_BASE_URL: address = '', AMOCALLS_KEY: key = '' } = served;
  const env = {
    PATH: process.env['PATH'],
    HOME: cwd,
    XDG_STATE_HOME: path.join(cwd, 'state'),
    TZ: 'Europe/Moscow',
    TERM: 'xterm',
    NO_COLOR: '1',
    ...clock,
  };
  const run = (args: readonly string[], under: readonly string[] = []) =>
    outputOf([...under, ...program, ...args], { cwd, env });
  const shown = async (...args: readonly string[]) => `$ amocalls ${args.join(' ')}\n${await run(args)}`;
  const checked = await shown('check', 'Master.csv');
  const asked = await run(
    ['init'],
    onTerminalOf([
      ['Which API', enter],
      ['Code of the service', `${served['AMOCALLS_CODE']}${enter}`],
      ['Key of the service', `${key}${enter}`],
      ['Id of the account', `${served['AMOCALLS_ACCOUNT_ID']}${enter}`],
      ['Address of the service', `${address}${enter}`],
      ['A file with calls', `Master.csv${enter}`],
      ['Use the preset asterisk', enter],
      ['the unique ids of the file say UTC', enter],
    ]),
  );
  const session = [
    checked,
    `$ amocalls init\n${screenOf(asked)}`,
    await shown('doctor'),
    await shown('import', 'Master.csv', '--limit', '3'),
    await shown('import', 'Master.csv'),
  ];
  return session
    .join('\n')
    .replaceAll(address, 'http://127.0.0.1:8080')
    .replaceAll(cwd, '/home/me')
    .replaceAll(`****${key.slice(-4)}`, `****${secret.slice(-4)}`)
    .replaceAll(/^(ok +node +)[\d.]+$/gm, '$122.22.0')
    .replaceAll(/answer in \d+ ms/g, 'answer in 9 ms')
    .replaceAll(/\d+\.\d s$/gm, '0.0 s')
    .replaceAll(/ +$/gm, '');
}

/** What a program writes to stdout, then what to stderr. */
function outputOf(
  [program = '', ...args]: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, args, { ...options, encoding: 'utf8' }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    ).stdin?.end();
  });
}
