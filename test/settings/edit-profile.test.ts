import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withProfile } from '../../src/settings/edit-profile.js';
import { parseProfileText } from '../../src/settings/profile-file.js';

const second = { name: 'second', settings: { code: 'b', account_id: 2, key_file: 'x-second.key' } } as const;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

async function edited(text: string, profile: Parameters<typeof withProfile>[2] = second, file = 'c.yaml') {
  const content = await parseProfileText(file, text);
  if (!isRecord(content)) throw new Error('no map');
  const after = withProfile(file, { text, content }, profile);
  return { after, content: await parseProfileText(file, after) };
}

describe('a profile that is added', () => {
  it('leaves the others and their comments as they are', async () => {
    const text = `# Of the office.
default_profile: main # always
profiles:
  # The first one.
  main:
    code: a # from the vendor
    account_id: 1
    # key_file: old.key
`;
    const { after } = await edited(text);
    const lines = ['  second:', '    code: "b"', '    account_id: 2', '    key_file: "x-second.key"'];
    expect(after).toBe(text.replace('old.key\n', `old.key\n${lines.join('\n')}\n`));
  });

  it('goes before what follows the profiles, and the default stays the only profile that was there', async () => {
    const { after, content } = await edited('profiles:\n  main: {code: a}\n');
    expect(after).toBe(
      'default_profile: "main"\nprofiles:\n  main: {code: a}\n  second:\n    code: "b"\n    account_id: 2\n    key_file: "x-second.key"\n',
    );
    expect(content).toEqual({
      default_profile: 'main',
      profiles: { main: { code: 'a' }, second: second.settings },
    });
  });

  it('turns a file without profiles into one with two, with "default" by default', async () => {
    const { after, content } = await edited('# mine\ncode: a\nmap:\n  to: dst\n');
    expect(after).toContain('    # mine\n    code: a\n    map:\n      to: dst\n  second:\n');
    expect(content).toEqual({
      default_profile: 'default',
      profiles: { default: { code: 'a', map: { to: 'dst' } }, second: second.settings },
    });
  });

  it('keeps JSON JSON', async () => {
    const { after, content } = await edited('{"profiles":{"main":{"code":"a"}}}', second, '.amocallsrc');
    expect(JSON.parse(after)).toEqual(content);
    expect(content).toEqual({
      default_profile: 'main',
      profiles: { main: { code: 'a' }, second: second.settings },
    });
  });

  it('may stand in a layout without lines', async () => {
    const { content } = await edited('profiles: {main: {code: a}}\n');
    expect(content).toMatchObject({ profiles: { main: { code: 'a' }, second: second.settings } });
    const { after } = await edited('profiles: {main: {code: a}} # mine\n');
    expect(after).toContain('# mine');
  });
});

describe('a profile that was there', () => {
  it('is changed where it is to be, and nothing else is', async () => {
    const text =
      'default_profile: main\nprofiles:\n  second:\n    code: old\n    key: secret\n\n  # The first one.\n  main:\n    code: a\n';
    const changed = { ...second, settings: { ...second.settings, key: undefined } };
    const { after } = await edited(text.replace('secret\n', 'secret\n    limit: 3 # mine\n'), changed);
    expect(after).toBe(
      text.replace(
        '    code: old\n    key: secret\n',
        '    code: b\n    limit: 3 # mine\n    account_id: 2\n    key_file: "x-second.key"\n',
      ),
    );
  });

  it('may be the whole file', async () => {
    const { content } = await edited('code: a\nlimit: 3\n', { ...second, name: 'default' });
    expect(content).toEqual({
      default_profile: 'default',
      profiles: { default: { limit: 3, ...second.settings } },
    });
  });
});

it('whatever the names and the values are, the file holds what it held and the profile, changed', async () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z][\w-]{0,6}$/),
    fc.constantFrom('1', 'yes', 'a b', "it's", 'é: "x"', '#'),
  );
  const settings = fc.dictionary(fc.stringMatching(/^[a-z_]{1,6}$/), fc.oneof(fc.string(), fc.nat()), {
    minKeys: 1,
    noNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ name, settings }), { minLength: 1, maxLength: 4 }),
      async (profiles) => {
        let text: string | undefined;
        for (const profile of profiles) {
          const content = text === undefined ? undefined : await parseProfileText('c.yaml', text);
          const current = text === undefined || !isRecord(content) ? undefined : { text, content };
          text = withProfile('c.yaml', current, profile);
        }
        const last: Record<string, object> = {};
        for (const one of profiles) last[one.name] = { ...last[one.name], ...one.settings };
        const all = { default_profile: profiles[0]?.name, profiles: last };
        expect(await parseProfileText('c.yaml', text ?? '')).toEqual(all);
        expect(text).toMatch(/^# Written by amocalls init/);
      },
    ),
    { numRuns: 60 },
  );
});
