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

/** The key of every setting that is allowed in a profile. */
export const profileKeys: readonly string[] = settingNames.flatMap(
  (name) => settingTable[name].profile ?? [],
);

/** The profiles of a file by name. A file without `profiles` is one, called `default`, unless it is empty. */
export function profilesIn(content: ProfileFile['content']): Readonly<Record<string, unknown>> {
  const { profiles } = content;
  if (isRecord(profiles)) return profiles;
  return isFlat(content) ? { default: content } : {};
}

/** Whether settings stand in a file without the name of a profile. */
export function isFlat(content: ProfileFile['content']): boolean {
  const isNested = ['profiles', 'default_profile'].some((key) => Object.hasOwn(content, key));
  return !isNested && Object.keys(content).length > 0;
}

/** The profile that is used where none is named: default_profile, the only one, the one called `default`; undefined where there is none. */
export function defaultProfileIn(content: ProfileFile['content']): string | undefined {
  const { default_profile: preferred } = content;
  if (preferred !== undefined) return scalar(preferred);
  const names = Object.keys(profilesIn(content));
  return names.length === 1 ? names[0] : names.find((name) => name === 'default');
}

/** Whether one of the profiles of a file has a key, a token or a password in itself. */
export function holdsSecret(content: ProfileFile['content']): boolean {
  return Object.values(profilesIn(content)).some(
    (one) =>
      isRecord(one) &&
      (['key', 'token'].some((secret) => Object.hasOwn(one, secret)) || hasPassword(String(one['ledger']))),
  );
}

/**
 * Finds the profile in force; undefined where there is no profile file.
 *
 * @param wanted the absolute path of its file, and its name, as far as they were given
 * @throws UserError for a file that cannot be read, a profile that is not there, a setting that is not known
 */
export async function openProfile(
  wanted: { readonly file: string | undefined; readonly name: string | undefined },
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
  const { file, content, chosen, isOwn } = found;
  refuseStray(found);
  const name = chooseName(found, wanted.name);
  const settings = profilesIn(content)[name];
  if (!isRecord(settings))
    throw new UserError(`profile file ${file}, profile "${name}": holds no settings`, {
      hint: 'Write settings under its name, indented, one per line, or run "amocalls init".',
    });
  refuseUnknown(file, settings, profileKeys);
  if (holdsSecret(content)) warnIfOthersRead(file, warn);
  return { name, file, chosen, isOwn, settings };
}

/** @throws UserError for what stands in a file beside its profiles, and for a file that has none */
function refuseStray({ file, content }: ProfileFile): void {
  const { profiles: _, default_profile: __, ...others } = content;
  const flatKeys = isFlat(content) ? profileKeys : [];
  const stray = Object.keys(others)[0];
  if (flatKeys.length === 0 && stray !== undefined && profileKeys.includes(stray))
    throw new UserError(`profile file ${file}: "${stray}" stands outside of the profiles`, {
      hint: 'Move it into the profile that it belongs to.',
    });
  refuseUnknown(file, others, [...flatKeys, 'profiles', 'default_profile']);
  if (Object.keys(profilesIn(content)).length > 0) return;
  throw new UserError(`profile file ${file}: "profiles" holds no profile`, {
    hint: 'Write the name of a profile under it, indented, and the settings under that name.',
  });
}

/** @throws UserError where the profile that is wanted is not there, or the file does not say which one it is */
function chooseName({ file, content }: ProfileFile, wanted: string | undefined): string {
  const names = Object.keys(profilesIn(content));
  const listed = `It has ${names.map((one) => `"${one}"`).join(', ')}`;
  const { default_profile: preferred } = content;
  const name = wanted ?? defaultProfileIn(content);
  if (name === undefined && preferred === undefined) {
    throw new UserError(`profile file ${file}: does not say which of its profiles to use`, {
      hint: `${listed}. Choose one with --profile <name>, or set default_profile in the file.`,
    });
  }
  if (name !== undefined && names.includes(name)) return name;
  const missing =
    wanted === undefined
      ? `default_profile ${quoted(preferred)} is not one of its profiles`
      : `there is no profile "${wanted}"`;
  throw new UserError(`profile file ${file}: ${missing}${didYouMean(name ?? '', names)}`, {
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
