// Chooses the profile in the file and checks its keys.

import { UserError } from '../core/errors.js';
import { hasPassword } from '../core/ledger-address.js';
import { didYouMean } from '../core/suggest.js';
import { type Warn, warnIfOthersRead } from './files.js';
import { isRecord, quoted, scalar } from './parse.js';
import { findProfileFile, type ProfileFile, type ProfileSearch, userConfigFolder } from './profile-file.js';
import { longFlag } from './setting.js';
import { settingNames, settingTable } from './table.js';

/** The profile in force. */
export interface Profile {
  /** `default` for a file without `profiles`. */
  readonly name: string;
  readonly file: string;
  /** Whether its owner pointed at the file; see ProfileFile. */
  readonly chosen: boolean;
  readonly isOwn: boolean;
  /** Values as the file has them, by profile key; every key is known, no value is checked. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Which profile is wanted; nothing said means the nearest file and its default. */
export interface ProfileChoice {
  /** Absolute path of the file. */
  readonly file: string | undefined;
  readonly name: string | undefined;
}

/** The key of every setting that is allowed in a profile. */
export const profileKeys: readonly string[] = settingNames.flatMap(
  (name) => settingTable[name].profile ?? [],
);

/**
 * Finds the profile in force; undefined where there is no profile file.
 *
 * @throws UserError for a file that cannot be read, a profile that is not there, a setting that is not known
 */
export async function openProfile(
  wanted: ProfileChoice,
  search: ProfileSearch,
  warn: Warn,
): Promise<Profile | undefined> {
  const found = await findProfileFile(search, wanted.file);
  if (!found) {
    if (wanted.name === undefined) return undefined;
    throw new UserError(
      `profile "${wanted.name}": no profile file was found in ${search.cwd} and the folders above it, nor in ${userConfigFolder(search)}`,
      { hint: 'Run "amocalls init" to write one, or name its file with --config <file>.' },
    );
  }
  const profiles = profilesOf(found);
  const name = chooseName(found, [...profiles.keys()], wanted.name);
  const settings = profiles.get(name);
  if (!isRecord(settings))
    throw new UserError(`profile file ${found.file}, profile "${name}": holds no settings`, {
      hint: 'Write settings under its name, indented, one per line, or run "amocalls init".',
    });
  refuseUnknown(found.file, settings, profileKeys);
  if (holdSecret([...profiles.values()])) warnIfOthersRead(found.file, warn);
  return { name, file: found.file, chosen: found.chosen, isOwn: found.isOwn, settings };
}

/** Whether one of the profiles of a file has a key, a token or a password in itself. */
export function holdSecret(profiles: readonly unknown[]): boolean {
  return profiles.some(
    (one) =>
      isRecord(one) &&
      (['key', 'token'].some((secret) => Object.hasOwn(one, secret)) || hasPassword(String(one['ledger']))),
  );
}

/** All profiles of a file by name. A file without `profiles` is one, called `default`. */
function profilesOf({ file, content }: ProfileFile): ReadonlyMap<string, unknown> {
  if (!Object.hasOwn(content, 'profiles') && !Object.hasOwn(content, 'default_profile')) {
    refuseUnknown(file, content, [...profileKeys, 'profiles', 'default_profile']);
    return new Map([['default', content]]);
  }
  const { profiles, default_profile: _, ...others } = content;
  const stray = Object.keys(others)[0];
  if (stray !== undefined && profileKeys.includes(stray))
    throw new UserError(`profile file ${file}: "${stray}" stands outside of the profiles`, {
      hint: 'Move it into the profile that it belongs to.',
    });
  refuseUnknown(file, others, ['profiles', 'default_profile']);
  if (isRecord(profiles) && Object.keys(profiles).length > 0) return new Map(Object.entries(profiles));
  throw new UserError(`profile file ${file}: "profiles" holds no profile`, {
    hint: 'Write the name of a profile under it, indented, and the settings under that name.',
  });
}

/** The name that was asked for, else the default_profile, else the only one, else `default`. */
function chooseName(found: ProfileFile, names: readonly string[], wanted: string | undefined): string {
  const { default_profile: preferred } = found.content;
  const listed = `It has ${names.map((one) => `"${one}"`).join(', ')}`;
  if (wanted === undefined && preferred === undefined) {
    const only = names.length === 1 ? names[0] : names.find((one) => one === 'default');
    if (only !== undefined) return only;
    throw new UserError(`profile file ${found.file}: does not say which of its profiles to use`, {
      hint: `${listed}. Choose one with --profile <name>, or set default_profile in the file.`,
    });
  }
  const name = wanted ?? scalar(preferred) ?? '';
  if (names.includes(name)) return name;
  const missing =
    wanted === undefined
      ? `default_profile ${quoted(preferred)} is not one of its profiles`
      : `there is no profile "${wanted}"`;
  throw new UserError(`profile file ${found.file}: ${missing}${didYouMean(name, names)}`, {
    hint: `${listed}.`,
  });
}

/** @throws UserError for the first key that is not known, with the nearest one that is */
function refuseUnknown(
  file: string,
  settings: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  for (const [key, value] of Object.entries(settings)) {
    if (known.includes(key)) continue;
    const flag = flagOnly(key);
    if (flag !== undefined)
      throw new UserError(`profile file ${file}: "${key}" is not allowed in a profile`, {
        hint: `Give it on the command line: ${flag}`,
      });
    const nested = isRecord(value) && known.includes('profiles');
    throw new UserError(`profile file ${file}: unknown setting "${key}"${didYouMean(key, known)}`, {
      hint: nested
        ? `If "${key}" is a profile, put it under "profiles:".`
        : 'Settings are named like the long flags, in snake_case; .amocallsrc.example lists them all.',
    });
  }
}

/** The flag of a setting that exists, but not for profiles: `dry_run` is `--dry-run`. */
function flagOnly(key: string): string | undefined {
  const flag = `--${key.replaceAll('_', '-')}`;
  return settingNames
    .map((name) => settingTable[name])
    .filter(({ profile }) => profile === undefined)
    .map(longFlag)
    .find((known) => known === flag);
}
