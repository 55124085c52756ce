import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { needs } from '../setup/needs.js';
import { amocalls, service, workdir } from './harness.js';
import { onTerminal, screenOf } from './terminal.js';

const enter = '\r';
/** ASCII alone: a byte that is no UTF-8 is a story of its own. */
const master = readFileSync(
  fileURLToPath(new URL('../../fixtures/presets/asterisk-18-columns-utc.csv', import.meta.url)),
  'latin1',
).replaceAll(/[\u0080-\u00FF]/g, '');
const secret = 'example-key-0000000000000000f2d4';

const intro = `# The first steps

A file of calls that nobody has looked at, an account, and five minutes: what is in the file, a profile, a look at everything a run
depends on, three calls, then the rest. The session below is what the program prints, against a [sandbox](sandbox.md) on port 8080;
\`npx vitest run test/program/first-steps.test.ts -u\` writes it anew.

`;

const outro = `
With your own account, press Enter at the address of the service: \`init\` then takes \`https://sip.amocrm.com\`, which it shows (Russian
accounts: type \`https://sip.amocrm.ru\`). What \`check\` assumes, and what it cannot know:
[inputs](inputs.md#what-check-assumes). What an answer means: [delivery](delivery.md).
`;

needs('python3');

test('docs/first-steps.md is what the program does', async () => {
  const { env: served, sandbox } = await service();
  const address = served['AMOCALLS_BASE_URL'] ?? '';
  const cwd = workdir({ 'Master.csv': master });
  const env = { TZ: 'Europe/Moscow' };
  const key = served['AMOCALLS_KEY'] ?? '';
  const run = async (...args: readonly string[]) => {
    const { stdout, stderr } = await amocalls(args, { cwd, env });
    return `$ amocalls ${args.join(' ')}\n${stdout}${stderr}`;
  };
  const checked = await run('check', 'Master.csv');
  const asked = await onTerminal(
    ['init'],
    [
      ['Which API', enter],
      ['Code of the service', `${served['AMOCALLS_CODE']}${enter}`],
      ['Key of the service', `${key}${enter}`],
      ['Id of the account', `${served['AMOCALLS_ACCOUNT_ID']}${enter}`],
      ['Address of the service', `${address}${enter}`],
      ['A file with calls', `Master.csv${enter}`],
      ['Use the preset asterisk', enter],
      ['the unique ids of the file say UTC', enter],
    ],
    { cwd, env },
  );
  const session = [
    checked,
    `$ amocalls init\n${screenOf(asked.stdout)}`,
    await run('doctor'),
    await run('import', 'Master.csv', '--limit', '3'),
    await run('import', 'Master.csv'),
  ];
  expect(sandbox.calls()).toHaveLength(6);
  const text = session
    .join('\n')
    .replaceAll(address, 'http://127.0.0.1:8080')
    .replaceAll(cwd, '/home/me')
    .replaceAll(`****${key.slice(-4)}`, `****${secret.slice(-4)}`)
    .replaceAll(/^(ok +node +)[\d.]+$/gm, '$122.22.0')
    .replaceAll(/answer in \d+ ms/g, 'answer in 9 ms')
    .replaceAll(/\d+\.\d s$/gm, '0.0 s')
    .replaceAll(/ +$/gm, '');
  const page = `${intro}<!-- sample: first steps -->\n\`\`\`console\n${text.trimEnd()}\n\`\`\`\n${outro}`;
  await expect(page).toMatchFileSnapshot('../../docs/first-steps.md');
});
