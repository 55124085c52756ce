import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { requireCredentials } from '../../src/settings/credentials.js';
import { profileKeys } from '../../src/settings/profile.js';
import { resolveSettings } from '../../src/settings/resolve.js';
import { showValue } from '../../src/settings/setting.js';
import { settingNames, settingTable } from '../../src/settings/table.js';
import { setupWith } from './setup.js';

const example = readFileSync(new URL('../../.amocallsrc.example', import.meta.url), 'utf8');

test('the example is a profile that a run could use', async () => {
  const setup = setupWith({ '.amocallsrc.example': example });
  const resolved = await resolveSettings(setup.with({ config: '.amocallsrc.example' }));
  expect(requireCredentials(resolved, setup.input.warn)).toMatchObject({ accountId: '39099' });
});

test.each(profileKeys)('the example shows %s', (key) => {
  expect(example).toMatch(new RegExp(`^ {4}(# )?${key}: .`, 'm'));
});

test('every line that is commented out would be taken, and shows the default where there is one', async () => {
  const all = example
    .replace(/^ {4}key: .*$/m, '')
    .replace(/^ {4}# token: .*$/m, '')
    .replace(/^ {4}# ledger_file: .*$/m, '')
    .replace(/^ {4}# ([a-z_]+: .*)$/gm, '    $1')
    .replace(/^ {2}# ( *[a-z_]+:.*)$/gm, '  $1');
  const setup = setupWith({ '.amocallsrc': all });
  const { values, sources } = await resolveSettings(setup.input);
  for (const name of settingNames) {
    const setting = settingTable[name];
    if (setting.profile === undefined || ['key', 'token', 'ledgerFile'].includes(name)) continue;
    expect(sources[name].kind, name).toBe('profile');
    if (setting.default !== undefined) expect(showValue(values[name])).toBe(showValue(setting.default));
  }
  const second = await resolveSettings(setup.with({ profile: 'second' }));
  expect(second.values.accountId).toBe('39100');
  const third = await resolveSettings(setup.with({ profile: 'third' }));
  expect(third.values).toMatchObject({ api: 'v4', chunkSize: 50, tokenFile: setup.at('third.token') });
});
