import { expect, test } from 'vitest';
import { ledgerOf } from '../../src/settings/credentials.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { complaint, setupWith } from './setup.js';

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
