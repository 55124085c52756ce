import { type Parsed, Problem } from '../core/errors.js';
import { defaultBaseUrl, parseBaseUrl } from './address.js';
import { quoted, scalar, text } from './parsers.js';
import { forProfile, forSending, type Setting } from './setting.js';

/** A text that is kept to the letter; its messages never show it. */
function verbatim(raw: unknown): Parsed<string> {
  if (typeof raw === 'number') return new Problem('is read as a number; put it in quotes');
  if (typeof raw !== 'string') return new Problem(`${quoted(raw)} is not a text`);
  const found = raw.trim();
  if (found === '') return new Problem('is empty');
  return /[\u0000-\u001f\u007f]/.test(found)
    ? new Problem('holds a control character or a second line')
    : found;
}

/** Digits; the message does not show what was given: keys land here by mistake. */
function parseAccountId(raw: unknown): Parsed<string> {
  if (typeof raw === 'number' && !Number.isSafeInteger(raw))
    return new Problem('must be digits only, in quotes');
  const found = scalar(raw) ?? '';
  return /^\d{1,20}$/.test(found) ? found : new Problem('must be digits only');
}

/** Settings that say which account calls go to, as whom, and where these settings are kept. */
export const credentialSettings = {
  profile: {
    flags: '--profile <name>',
    env: 'AMOCALLS_PROFILE',
    parse: text,
    help: 'profile to use; without it the default_profile of the file, its only one, or the one called "default"',
    commands: forProfile,
  },
  config: {
    flags: '--config <file>',
    env: 'AMOCALLS_CONFIG',
    parse: text,
    path: true,
    help: 'profile file to use; without it the nearest .amocallsrc from the working directory upwards',
    commands: forProfile,
  },
  code: {
    flags: '--code <code>',
    env: 'AMOCALLS_CODE',
    profile: 'code',
    parse: verbatim,
    help: 'code of the service (widget), from the vendor',
    commands: forSending,
  },
  key: {
    env: 'AMOCALLS_KEY',
    profile: 'key',
    parse: verbatim,
    secret: true,
    help: 'key of the service, from the vendor; never a flag, which would show it in the process list',
    commands: forSending,
  },
  keyFile: {
    env: 'AMOCALLS_KEY_FILE',
    profile: 'key_file',
    parse: text,
    path: true,
    help: 'file that holds the key in one line',
    commands: forSending,
  },
  accountId: {
    flags: '--account-id <id>',
    env: 'AMOCALLS_ACCOUNT_ID',
    profile: 'account_id',
    parse: parseAccountId,
    help: 'account that the calls go to, digits',
    commands: [...forSending, 'sandbox'],
  },
  baseUrl: {
    flags: '--base-url <url>',
    env: 'AMOCALLS_BASE_URL',
    profile: 'base_url',
    parse: parseBaseUrl,
    default: defaultBaseUrl,
    help: 'address of the service; https, or http to this machine',
    commands: forSending,
  },
} as const satisfies Record<string, Setting>;
