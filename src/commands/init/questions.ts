// What init asks, and what it takes for an answer.

import { existsSync } from 'node:fs';
import { zoneByIds } from '../../core/contradiction.js';
import { utcOffset } from '../../core/display.js';
import { type Parsed, Problem, UserError } from '../../core/errors.js';
import { type OpenedByGuess, openByGuess } from '../../pipeline/assume.js';
import { openZone } from '../../records/time-zones.js';
import { fitsAll } from '../../records/zone-evidence.js';
import type { ZonePlan } from '../../records/zone-inference.js';
import { isAssumed } from '../../session/describe-file.js';
import type { Session } from '../../session/session.js';
import { type NewSettings, profileText } from '../../settings/edit-profile.js';
import { absolutePath } from '../../settings/files.js';
import {
  defaultBaseUrl,
  parseAccountId,
  parseBaseUrl,
  scalar,
  secretText,
  tokenText,
} from '../../settings/parse.js';
import { parseTimezone } from '../../settings/parse-reading.js';
import { maskKey } from '../../settings/setting.js';
import type { Prompts } from './prompts.js';
import { secretFileOf, type Target } from './target.js';

/** What was answered, checked. */
export interface Answers {
  readonly secretName: 'key' | 'token';
  /** Undefined: the one that is there stays. */
  readonly secret: string | undefined;
  readonly secretFile: string;
  /** The settings of the profile beside the file of the secret. */
  readonly settings: NewSettings;
  readonly sample?: string;
}

/** Undefined where somebody wants nothing changed. A profile that is there is shown, and Enter keeps each of its values. */
export async function ask(session: Session, prompts: Prompts, target: Target): Promise<Answers | undefined> {
  const { file, name, settings: before } = target;
  if (Object.keys(before).length > 0) {
    prompts.say(`The profile "${name}" of ${file}:\n${profileText(masked(before))}`.trimEnd());
    const change = 'Change it? (Enter keeps a value; settings that are not asked for stay as they are.)';
    if (!(await prompts.confirm(change))) return undefined;
  }
  const api = await prompts.choose(
    'Which API do you use?',
    [
      {
        value: 'calls-add',
        label: 'calls-add',
        hint: 'code and key of a telephony service, from the vendor',
      },
      { value: 'v4', label: 'v4', hint: 'long-lived token of a private integration' },
    ],
    before['api'] === 'v4' ? 'v4' : 'calls-add',
  );
  const secretName = api === 'v4' ? 'token' : 'key';
  const secretFile = secretFileOf(target, secretName);
  const hasSecret = [secretName, `${secretName}_file`].some((key) => before[key] !== undefined);
  if (!hasSecret && existsSync(secretFile) && !(await prompts.confirm(`${secretFile} exists. Overwrite it?`)))
    return undefined;
  const askAccount = api === 'v4' ? askV4 : askCallsAdd;
  const account = await askAccount(prompts, before, hasSecret);
  const { file: sample, opened } = await askSample(session, prompts);
  const settings = { ...account.settings, ...(await askReading(prompts, opened, before)) };
  return { secretName, secret: account.secret, secretFile, settings, ...(sample !== '' && { sample }) };
}

/** Settings as they may be shown. */
function masked(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      key === 'key' || key === 'token' ? maskKey(String(value)) : value,
    ]),
  );
}

type Account = Pick<Answers, 'secret' | 'settings'>;

type Before = Target['settings'];

async function askCallsAdd(prompts: Prompts, before: Before, hasSecret: boolean): Promise<Account> {
  const code = await prompts.text('Code of the service (from the vendor)', {
    ...kept(before['code']),
    check: checkedBy(secretText),
  });
  const secret = await askSecret(prompts, 'Key of the service (from the vendor', secretText, hasSecret);
  const account = await prompts.text('Id of the account that the calls go to', {
    ...kept(before['account_id']),
    check: checkedBy(parseAccountId),
  });
  const address = await prompts.text('Address of the service (Russian accounts: https://sip.amocrm.ru)', {
    byDefault: scalar(before['base_url']) ?? defaultBaseUrl,
    check: checkedBy(parseBaseUrl),
  });
  return {
    secret: secret === '' ? undefined : secret,
    settings: {
      api: before['api'] === undefined ? undefined : 'calls-add',
      code,
      // More digits than a number holds stay a text.
      account_id: account.length > 15 ? account : Number(account),
      base_url: address,
    },
  };
}

async function askV4(prompts: Prompts, before: Before, hasSecret: boolean): Promise<Account> {
  const address = await prompts.text('Address of the account, such as https://example.amocrm.ru', {
    ...(before['api'] === 'v4' ? kept(before['base_url']) : {}),
    check: checkedBy(parseBaseUrl),
  });
  const secret = await askSecret(prompts, 'Long-lived token of the integration', tokenText, hasSecret);
  return { secret: secret === '' ? undefined : secret, settings: { api: 'v4', base_url: address } };
}

/** A value that Enter keeps. */
function kept(value: unknown): { readonly byDefault?: string } {
  const text = scalar(value);
  return text === undefined ? {} : { byDefault: text };
}

/** '' where the one that is there is to stay. */
function askSecret(
  prompts: Prompts,
  question: string,
  parse: (raw: unknown) => Parsed<unknown>,
  hasSecret: boolean,
): Promise<string> {
  const check = checkedBy(parse);
  const more = question.includes('(') ? '; ' : ' (';
  const words = hasSecret
    ? `${question}${more}Enter: the same)`
    : `${question}${question.includes('(') ? ')' : ''}`;
  return prompts.secret(words, (answer) => (hasSecret && answer === '' ? undefined : check(answer)));
}

/** Why an answer cannot be taken, by the rule of its setting. */
function checkedBy(parse: (raw: unknown) => Parsed<unknown>): (answer: string) => string | undefined {
  return (answer) => {
    const value = parse(answer.trim());
    return value instanceof Problem ? `This ${value.text}` : undefined;
  };
}

/** A file to learn from; '' where there is none. */
async function askSample(
  session: Session,
  prompts: Prompts,
): Promise<{ readonly file: string; readonly opened?: OpenedByGuess }> {
  for (;;) {
    const typed = await prompts.text('A file with calls, to recognise the phone system (Enter: skip)', {});
    if (typed === '') return { file: typed };
    const file = typed.startsWith('~/')
      ? absolutePath(typed, session.context.cwd, session.context.homedir)
      : typed;
    try {
      const [opened] = (await openByGuess(session, [file])).files;
      return opened === undefined ? { file } : { file, opened };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      prompts.say(`${error.message}\n${error.hint ?? ''}`.trim());
    }
  }
}

/** The preset, and the zone of times that name none. */
async function askReading(
  prompts: Prompts,
  opened: OpenedByGuess | undefined,
  before: Before,
): Promise<Answers['settings']> {
  const found = opened?.preset;
  let preset = {};
  if (found !== undefined) {
    const { title, name } = found.preset;
    const isRight = await prompts.confirm(
      `It looks like ${title}. Use the preset ${name} for all files?`,
      true,
    );
    if (isRight) preset = { preset: name };
  }
  const zone = opened?.plan.zone;
  if (zone?.known === 'values' || zone?.known === 'header') return preset;
  const timezone = await askZone(prompts, zone, scalar(before['timezone']));
  return { ...preset, timezone };
}

/** A zone that the unique ids of the file do not contradict. */
async function askZone(
  prompts: Prompts,
  zone: ZonePlan | undefined,
  before: string | undefined,
): Promise<string> {
  const told = zone !== undefined && isAssumed(zone) ? zone : undefined;
  const offset = told?.evidence?.offset;
  const says = offset === undefined ? '' : ` (the unique ids of the file say ${utcOffset(offset)})`;
  const byDefault = told?.name ?? before ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (;;) {
    const name = await prompts.text(`Time zone of the phone system${says}`, {
      byDefault,
      check: checkedBy(parseTimezone),
    });
    if (name === zoneByIds || told === undefined) return name;
    const named = openZone(name);
    if ('unixOf' in named && fitsAll(named, told.pairs)) return name;
    prompts.say(
      `The unique ids of the file contradict ${name}. "ids" takes the offset of each call from its id.`,
    );
  }
}
