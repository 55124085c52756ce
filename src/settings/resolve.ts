// Flag, environment, profile, default: the value of each setting and its source.

import { dirname } from 'node:path';
import { Problem, UserError } from '../core/errors.js';
import { isAddress, maskPassword } from '../core/ledger-address.js';
import { absolutePath, type Warn } from './files.js';
import { openProfile, type Profile } from './profile.js';
import type { ProfileSearch } from './profile-file.js';
import { longFlag, maskKey, type Setting, showValue } from './setting.js';
import { type SettingName, type Settings, settingNames, settingTable } from './table.js';

/** Where a value comes from. */
type SettingSource =
  | { readonly kind: 'flag'; readonly name: string }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'profile'; readonly file: string; readonly profile: string; readonly key: string }
  | { readonly kind: 'default' };

type Sources = Readonly<Record<SettingName, SettingSource>>;

/** Everything that settings are read from. */
export interface SettingsInput extends ProfileSearch {
  /** The options of Commander by their camelCase names; whatever is no setting is ignored. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly warn: Warn;
  /** false for commands that take no --profile: no profile file is looked for. */
  readonly withProfile?: boolean;
}

/** All settings, and where each comes from. */
export interface ResolvedSettings {
  readonly values: Settings;
  readonly sources: Sources;
  /** Absent where there is no profile file. */
  readonly profile?: Omit<Profile, 'settings'>;
}

interface Given {
  readonly raw: unknown;
  readonly source: SettingSource;
}

const byDefault: SettingSource = { kind: 'default' };

/**
 * Resolves every setting: flag, else environment, else profile, else default, one value at a time.
 * `key` and `keyFile` are one value, given in two ways: the nearer of them is kept; so are `token` and `tokenFile`, and
 * `ledger` and `ledgerFile`. No such file is read here.
 *
 * @throws UserError for a value that is not what it should be, and for whatever is wrong with the profile file
 */
export async function resolveSettings(input: SettingsInput): Promise<ResolvedSettings> {
  const profile = input.withProfile === false ? undefined : await profileOf(input);
  const given = new Map<SettingName, Given>();
  for (const name of settingNames) {
    const one = find(name, input, profile);
    if (one) given.set(name, one);
  }
  keepOne(given, 'key', 'keyFile');
  keepOne(given, 'token', 'tokenFile');
  keepOne(given, 'ledger', 'ledgerFile');
  const values: Partial<Record<SettingName, unknown>> = {};
  const sources: Partial<Record<SettingName, SettingSource>> = {};
  for (const name of settingNames) {
    const one = given.get(name);
    values[name] = one ? parse(settingTable[name], one, input) : defaultOf(settingTable[name], values.api);
    sources[name] = one?.source ?? byDefault;
  }
  refuseIdle(values, sources);
  if (!areSettings(values) || !areSources(sources)) throw new Error('A setting was left out.');
  if (!profile) return { values, sources };
  const { settings: _, ...known } = profile;
  return { values, sources, profile: known };
}

/** A source in the words of messages: `--chunk-size`, `AMOCALLS_CODE`, `/home/me/.amocallsrc, profile "main", code`. */
export function describeSource(source: SettingSource): string {
  if (source.kind === 'default') return 'default';
  if (source.kind !== 'profile') return source.name;
  return `${source.file}, profile "${source.profile}", ${source.key}`;
}

/**
 * Every setting that a profile may hold, and which profile and file were chosen: its name in a profile, the value as a user would
 * write it, '' where there is none, the key masked; and the source.
 */
export function showSettings({ values, sources, profile }: ResolvedSettings) {
  const shown = settingNames
    .filter((name) => settingTable[name].profile !== undefined)
    .map((name) => ({
      setting: settingTable[name].profile ?? name,
      value: settingTable[name].secret ? maskSecret(values[name]) : maskPassword(showValue(values[name])),
      source: describeSource(sources[name]),
    }));
  if (!profile) return shown;
  const chosen = [
    { setting: 'profile', value: profile.name, source: describeSource(sources.profile) },
    { setting: 'config', value: profile.file, source: describeSource(sources.config) },
  ];
  return [...chosen, ...shown];
}

function maskSecret(value: unknown): string {
  return typeof value === 'string' ? maskKey(value) : '';
}

/** Every value of the table was put there by its own parser or default, which is what Settings is derived from. */
function areSettings(values: Partial<Record<SettingName, unknown>>): values is Settings {
  return settingNames.every((name) => name in values);
}

function areSources(sources: Partial<Record<SettingName, SettingSource>>): sources is Sources {
  return settingNames.every((name) => sources[name] !== undefined);
}

/** Which profile is wanted can only be said by flag or environment. */
async function profileOf(input: SettingsInput): Promise<Profile | undefined> {
  const named = (name: 'config' | 'profile') => {
    const one = find(name, input, undefined);
    return one && String(parse(settingTable[name], one, input));
  };
  return openProfile({ file: named('config'), name: named('profile') }, input, input.warn);
}

/** What was given for a setting, by the nearest source. An empty variable of the environment counts as absent. */
function find(name: SettingName, input: SettingsInput, profile: Profile | undefined): Given | undefined {
  const setting = settingTable[name];
  const flag = setting.flags === undefined ? undefined : input.flags[name];
  if (flag !== undefined) {
    const given = flag === false ? setting.negation?.flag : longFlag(setting);
    return { raw: flag, source: { kind: 'flag', name: given ?? name } };
  }
  const text = setting.env === undefined ? undefined : input.env[setting.env];
  if (setting.env !== undefined && text) return { raw: text, source: { kind: 'env', name: setting.env } };
  const key = setting.profile;
  if (!profile || key === undefined || !Object.hasOwn(profile.settings, key)) return undefined;
  const source: SettingSource = { kind: 'profile', file: profile.file, profile: profile.name, key };
  return { raw: profile.settings[key], source };
}

/**
 * @throws UserError for a flag that means nothing with the other settings in force; a profile may hold settings for several
 * ways of sending
 */
function refuseIdle(
  values: Partial<Record<SettingName, unknown>>,
  sources: Partial<Record<SettingName, SettingSource>>,
): void {
  for (const name of settingNames) {
    const source = sources[name];
    if (source?.kind !== 'flag') continue;
    for (const other of settingNames) {
      const wanted = settingTable[name].requires?.[other];
      if (wanted === undefined || values[other] === wanted) continue;
      const needed = `${longFlag(settingTable[other])} ${wanted}`;
      const more = other === 'api' ? ' docs/v4.md says how the two APIs differ.' : '';
      throw new UserError(`${source.name}: needs ${needed}`, {
        hint: `Add ${needed}, or leave ${source.name} out.${more}`,
      });
    }
  }
}

/** The table has `api` before all settings whose default depends on it. */
function defaultOf(setting: Setting, api: unknown): unknown {
  return api === 'v4' && setting.v4Default !== undefined ? setting.v4Default : setting.default;
}

/** A key from the environment beats a key_file of the profile, and the other way round; two from one place are a mistake. */
function keepOne(
  given: Map<SettingName, Given>,
  secretName: 'key' | 'token' | 'ledger',
  fileName: 'keyFile' | 'tokenFile' | 'ledgerFile',
): void {
  const secret = given.get(secretName);
  const file = given.get(fileName);
  if (!secret || !file) return;
  if (secret.source.kind === file.source.kind)
    throw new UserError(
      `${describeSource(secret.source)}: the ${secretName} is given twice, also by ${describeSource(file.source)}`,
      { hint: 'Keep one of the two.' },
    );
  given.delete(secret.source.kind === 'profile' ? secretName : fileName);
}

function parse(setting: Setting, { raw, source }: Given, input: SettingsInput): unknown {
  const value = raw === null ? new Problem('has no value') : setting.parse(raw);
  if (value instanceof Problem)
    throw new UserError(`${describeSource(source)}: ${value.text}`, {
      hint: `${setting.flags ?? setting.profile}: ${setting.help}.`,
    });
  if (!setting.path || typeof value !== 'string' || isAddress(value)) return value;
  return absolutePath(value, source.kind === 'profile' ? dirname(source.file) : input.cwd, input.homedir);
}
