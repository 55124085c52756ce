import { expect, test } from 'vitest';
import { ledgerOf, passwordOf, refusePasswordInFlag } from '../../src/settings/credentials.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { complaint, forSomebodyElse, type Setup, setupWith } from './setup.js';

/** What a profile, a variable, a flag each may name; the files hold addresses. */
const files = {
  'env.url': 'postgres://env.example/calls\n',
  'profile.url': 'postgres://profile.example/calls\n',
};

/** The ledger that a run would use. */
async function ledgerWith(
  flags: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string>>,
  profile = '',
): Promise<string | false | undefined> {
  const setup = setupWith({ ...files, '.amocallsrc': `code: c\n${profile}` });
  const resolved = await resolveSettings(setup.with(flags, env));
  const ledger = ledgerOf(resolved, { env, hide: () => undefined }, setup.input.warn);
  return typeof ledger === 'string' ? ledger.replace(`${setup.at('')}/`, '') : ledger;
}

const inEnv = 'postgres://env.example/calls';
const inProfile = 'postgres://profile.example/calls';

test.each([
  [{ ledger: 'flag.db' }, { AMOCALLS_LEDGER_FILE: 'env.url' }, '', 'flag.db'],
  [{ ledger: 'flag.db' }, { AMOCALLS_LEDGER: 'env.db' }, 'ledger_file: profile.url', 'flag.db'],
  [{ ledger: false }, { AMOCALLS_LEDGER_FILE: 'env.url' }, '', false],
  [{}, { AMOCALLS_LEDGER_FILE: 'env.url' }, 'ledger: profile.db', inEnv],
  [{}, { AMOCALLS_LEDGER: 'env.db' }, 'ledger_file: profile.url', 'env.db'],
  [{}, {}, 'ledger_file: profile.url', inProfile],
  [{}, {}, 'ledger: false', false],
  [{}, {}, '', undefined],
] as const)(
  'the nearest of flag, environment and profile names the ledger: %j %j %s',
  async (flags, env, profile, ledger) => {
    expect(await ledgerWith(flags, env, profile)).toBe(ledger);
  },
);

test('two ledgers from one place are a mistake', async () => {
  const both = { AMOCALLS_LEDGER: 'env.db', AMOCALLS_LEDGER_FILE: 'env.url' };
  expect(await complaint(ledgerWith({}, both))).toContain(
    'AMOCALLS_LEDGER: the ledger is given twice, also by AMOCALLS_LEDGER_FILE',
  );
});

test.each([
  ['calls.db', undefined],
  ['postgres://me@host/calls', undefined],
  ['postgres://me:p%40q@host/calls', 'p@q'],
  ['postgres://me:p%zz@host/calls', 'p%zz'],
  ['postgres://me@host/calls?password=p%40q', 'p@q'],
  ['postgres://me:x@host/calls?password=p', 'p'],
  ['postgres://me:p@host:port/calls', undefined],
])('the password in %s is %s', (where, password) => {
  expect(passwordOf(where)).toBe(password);
});

test('the passwords of a database are hidden from all output, the file of a ledger knows none', async () => {
  const hidden = async (ledger: string, env: Record<string, string>) => {
    const setup = setupWith();
    const texts: string[] = [];
    ledgerOf(
      await resolveSettings(setup.with({ ledger })),
      { env, hide: (text) => texts.push(text) },
      () => {},
    );
    return texts;
  };
  expect(await hidden('postgres://me:own@host/calls', { PGPASSWORD: 'planted' })).toEqual(['own', 'planted']);
  expect(await hidden('postgres://me@host/calls', {})).toEqual([]);
  expect(await hidden('calls.db', { PGPASSWORD: 'planted' })).toEqual([]);
});

test.each([
  ['another database', 'mysql://host/calls'],
  ['two lines', 'postgres://host/calls\nx'],
  ['nothing', ''],
])('a ledger file that holds %s is refused', async (_, text) => {
  const setup = setupWith({ 'a.url': text, '.amocallsrc': 'ledger_file: a.url\n' });
  const told = await complaint(ledgerOfSetup(setup));
  expect(told).toContain(`ledger file ${setup.at('a.url')}: does not hold the address of a database`);
  expect(told).toContain('postgres://user:password@host/database');
});

async function ledgerOfSetup({ input }: Setup, flags: Record<string, unknown> = {}) {
  const env = { PGPASSWORD: 'planted' };
  return ledgerOf(await resolveSettings({ ...input, flags }), { env, hide: () => undefined }, input.warn);
}

test.each([
  ['postgres://me@localhost/calls', true],
  ['postgres://me@127.0.0.1/calls', true],
  ['postgres://me@127.10.20.30/calls', true],
  ['postgres://me@[::1]/calls', true],
  ['postgres:///calls', true],
  ['postgres://me@%2Fvar%2Frun/calls', true],
  ['postgres://me@evil.example/calls?host=/var/run', true],
  ['postgres://me@localhost/calls?host=evil.example', false],
  ['postgres://me@localhost.example/calls', false],
  ['postgres://me@evil-localhost/calls', false],
  ['postgres://me@127.0.0.1.example/calls', false],
  ['postgres://me@127.0.1/calls', false],
  ['postgres://me@[::1]x/calls', false],
  ['postgres://me@[::11]/calls', false],
  ['postgres://me@evil.example/calls', false],
  ['postgres://me:own@evil.example/calls', true],
])("PGPASSWORD and the address %s of a profile of one's own: %s", async (ledger, goes) => {
  const setup = setupWith({ '.amocallsrc': `ledger: "${ledger}"\n`, 'a.url': ledger });
  const named = setupWith({ '.amocallsrc': 'ledger_file: a.url\n', 'a.url': ledger });
  for (const one of URL.canParse(ledger) ? [setup, named] : []) {
    if (goes) expect(await ledgerOfSetup(one)).toBe(ledger);
    else expect(await complaint(ledgerOfSetup(one))).toContain(`--config ${one.at('.amocallsrc')}`);
    expect(await ledgerOfSetup(one, { config: '.amocallsrc' })).toBe(ledger);
  }
  expect(await ledgerOfSetup(forSomebodyElse(setupWith({ '.amocallsrc': 'code: c\n' })), { ledger })).toBe(
    ledger,
  );
});

test.each([
  [{ ledger: 'postgres://me:planted@host/calls' }, {}, true],
  [{ ledger: 'postgres://me@host/calls' }, {}, false],
  [{ ledger: false }, {}, false],
  [{}, { AMOCALLS_LEDGER: 'postgres://me:planted@host/calls' }, false],
  [{}, {}, false],
])('a password in a flag is refused: %j %j %s', async (flags, env, isRefused) => {
  const resolved = await resolveSettings(setupWith().with(flags, env));
  const refusing = async () => refusePasswordInFlag(resolved);
  if (!isRefused) return expect(await refusing()).toBeUndefined();
  const told = await complaint(refusing());
  expect(told).toContain('--ledger postgres://me:***@host/calls: every user');
  expect(told).toContain('~/.pgpass');
  expect(told).not.toContain('planted');
});
