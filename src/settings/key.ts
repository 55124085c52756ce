import { realpathSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { Problem, UserError } from '../core/errors.js';

import { readText, type Warn, warnIfOthersRead } from './files.js';
import { defaultBaseUrl, isLoopback, isVendorAddress, secretText } from './parse.js';
import { describeSource, type ResolvedSettings } from './resolve.js';
import { settingTable } from './table.js';

/** What a request needs beside its calls. */
export interface Credentials {
  readonly code: string;
  readonly key: string;
  readonly accountId: string;
  readonly baseUrl: string;
}

/**
 * The same settings with `key` read from the key file where one is given (`keyFile` stays), after it was made sure
 * that the key may go to the address.
 *
 * @throws UserError where the key file cannot be used, or where the key may not go to the address
 */
export function loadKey(resolved: ResolvedSettings, warn: Warn): ResolvedSettings {
  refuseUntrustedAddress(resolved);
  const { values, sources } = resolved;
  if (values.keyFile === undefined) return resolved;
  const name = `${describeSource(sources.keyFile)}: key file ${values.keyFile}`;
  const key = secretText(readText(values.keyFile, name));
  if (key instanceof Problem)
    throw new UserError(`${name} ${key.text}.`, { hint: 'The file has to hold the key alone, in one line.' });
  warnIfOthersRead(values.keyFile, warn);
  return { ...resolved, values: { ...values, key }, sources: { ...sources, key: sources.keyFile } };
}

/**
 * Code, key, account and address of a run that sends.
 *
 * @throws UserError that lists all that is missing; and whatever loadKey throws
 */
export function requireCredentials(resolved: ResolvedSettings, warn: Warn): Credentials {
  const { values } = loadKey(resolved, warn);
  const { code, key, accountId, baseUrl } = values;
  if (code !== undefined && key !== undefined && accountId !== undefined)
    return { code, key, accountId, baseUrl };
  const missing = [
    ...(code === undefined ? [settingTable.code] : []),
    ...(key === undefined ? [settingTable.key] : []),
    ...(accountId === undefined ? [settingTable.accountId] : []),
  ];
  const { profile } = resolved;
  const place = profile ? `profile "${profile.name}" of ${profile.file}` : 'a profile file: none was found';
  throw new UserError(
    `Missing ${missing.map((one) => one.profile).join(', ')}: not in the environment, nor in ${place}.`,
    {
      hint: `Write ${missing.map((one) => `\`${one.profile}: …\``).join(', ')} into ${profile?.file ?? '.amocallsrc'} or set ${missing.map((one) => one.env).join(', ')}; to practise without an account, use --sandbox.`,
    },
  );
}

/**
 * A key goes only to an address that its owner chose. An address given by flag or environment is the choice of who
 * runs the command. One from a profile file goes with the key of that same profile: whoever puts a .amocallsrc into
 * a folder must not get the keys of those who work there, neither from the environment nor from a file elsewhere.
 */
function refuseUntrustedAddress({ values, sources, profile }: ResolvedSettings): void {
  if (!profile || sources.baseUrl.kind !== 'profile') return;
  if (values.baseUrl === defaultBaseUrl) return;
  const given = [sources.key, sources.keyFile].find(({ kind }) => kind === 'env');
  if (given)
    throw new UserError(
      `The key from ${describeSource(given)} is not sent to ${values.baseUrl}, which ${describeSource(sources.baseUrl)} names.`,
      {
        hint: 'Give the address yourself, with --base-url or AMOCALLS_BASE_URL, or put the key into that profile.',
      },
    );
  const address = new URL(values.baseUrl);
  if (values.keyFile === undefined || profile.chosen || isVendorAddress(address) || isLoopback(address))
    return;
  if (isInside(values.keyFile, dirname(profile.file))) return;
  throw new UserError(
    `The key file ${values.keyFile} is not sent to ${values.baseUrl}: ${profile.file} names both, and the key file lies outside of its folder.`,
    { hint: `If you trust that profile, name it yourself: --config ${profile.file}` },
  );
}

/** Whether a file really lies in a folder, links followed; a file that is not there lies nowhere. */
function isInside(file: string, folder: string): boolean {
  try {
    return realpathSync(file).startsWith(`${realpathSync(folder)}${sep}`);
  } catch {
    return false;
  }
}
