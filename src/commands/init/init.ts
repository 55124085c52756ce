// Asks for what a profile needs, writes it, has doctor try it.

import { existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { zoneByIds } from '../../core/contradiction.js';
import { fileQuoted, shellQuoted, utcOffset } from '../../core/display.js';
import { exitCodes, interruptedExit, type Parsed, Problem, UserError } from '../../core/errors.js';
import { findPlace, type NewContent, replaceFiles } from '../../files/output-file.js';
import { print } from '../../output/stdout.js';
import { sanitise } from '../../output/terminal.js';
import { type OpenedByGuess, openByGuess } from '../../pipeline/assume.js';
import { openZone } from '../../records/time-zones.js';
import { fitsAll } from '../../records/zone-evidence.js';
import type { ZonePlan } from '../../records/zone-inference.js';
import type { CommandRun } from '../../session/command.js';
import { isAssumed } from '../../session/describe-file.js';
import { openSession, type Session } from '../../session/session.js';
import {
  type CurrentProfileFile,
  defaultProfileIn,
  type NewSettings,
  profilesIn,
  profileText,
  withProfile,
} from '../../settings/edit-profile.js';
import { absolutePath, modeOf, readText, serviceFactsOf } from '../../settings/files.js';
import {
  defaultBaseUrl,
  isRecord,
  parseAccountId,
  parseBaseUrl,
  scalar,
  secretText,
  tokenText,
} from '../../settings/parse.js';
import { parseTimezone } from '../../settings/parse-reading.js';
import { holdSecret } from '../../settings/profile.js';
import { findProfileFile, userConfigFolder } from '../../settings/profile-file.js';
import { maskKey } from '../../settings/setting.js';
import { openPrompts, type Prompts } from './prompts.js';

/** Asks what a profile needs, writes it, shows it, and lets doctor look at it. Ctrl-C leaves everything as it was. */
export const init: CommandRun = async (invocation) => {
  const session = await openSession(invocation, { withProfile: false });
  const { context, messages, progress } = session;
  progress.stop();
  const target = await targetOf(session);
  const { file, name, current } = target;
  if (context.stdin.isTTY !== true || !context.stdout.isTTY) throw noTerminal(file);
  withProfile(file, current, { name, settings: {} }); // what cannot be written is not asked for
  const prompts = await openPrompts(context);
  const answers = await ask(session, prompts, target);
  if (answers === undefined) {
    messages.note('nothing was written');
    return prompts.wasCancelled() ? (interruptedExit(context.interrupt) ?? exitCodes.sigint) : exitCodes.ok;
  }
  if (answers.secret !== undefined) context.hide(answers.secret);
  const settings = settingsOf(answers);
  const text = withProfile(file, current, { name, settings });
  const isSecret = holdSecret(Object.values(profilesIn(current?.content ?? {})));
  await writeFiles({ file, text, isSecret }, answers, session);
  // The other profiles may hold keys: of a file that was there, only what is new is shown.
  const shown = current === undefined ? text : profileText(settings);
  const what = current === undefined ? file : `${file}, profile "${name}"`;
  const { secret, secretFile, secretName } = answers;
  const kept =
    secret === undefined
      ? `the ${secretName} was not changed`
      : `${secretFile} holds the ${secretName} ${maskKey(secret)}`;
  const heading = sanitise(`${what} (${readersOf(file)}):`);
  await print(context.stdout, `\n${heading}\n\n${shown}\n${sanitise(kept)}\n\n`);
  const { doctor } = await import('../doctor/doctor.js');
  const exit = await doctor({
    ...invocation,
    name: 'doctor',
    args: [],
    flags: { ...invocation.flags, config: file, profile: name },
  });
  const { sample = 'calls.csv' } = answers;
  const isDefault = current === undefined || defaultProfileIn(current.content) === name;
  const words = [fileQuoted(sample), ...(isDefault ? [] : ['--profile', shellQuoted(name)])].join(' ');
  messages.note(`next: amocalls check ${words}, then amocalls import ${words} --limit 3`);
  return exit;
};

/** Who may read a file, in words. */
function readersOf(file: string): string {
  if (serviceFactsOf(file) !== undefined) return 'readable by you and its group';
  const mode = modeOf(file);
  return mode === undefined || mode.endsWith('00') ? 'readable by you alone' : `mode ${mode}`;
}

/** Where a profile is written to. */
interface Target {
  readonly file: string;
  /** The name of the profile. */
  readonly name: string;
  /** Its settings as they are; empty for a new one. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The file as it is; absent where there is none, or nothing in it. */
  readonly current?: CurrentProfileFile;
}

/** The file to write: the one that was named, else the one in force, else one in the user's config folder. */
async function targetOf({ settings, context }: Session): Promise<Target> {
  const named = settings.config;
  if (named !== undefined && /(?:^|[\\/])package\.\w+$|\.(?:[cm]?[jt]s)$/i.test(named)) {
    throw new UserError(`${named}: init writes only YAML or JSON files that hold nothing but profiles`, {
      hint: 'Name another file: amocalls init --config .amocallsrc',
    });
  }
  if (named !== undefined && (!existsSync(named) || readText(named, named).trim() === ''))
    return { file: named, name: settings.profile ?? 'main', settings: {} };
  const found = await findProfileFile(context, named).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const hint = `Correct or remove that file, or write another one: amocalls init --config <file>. ${error.hint ?? ''}`;
    throw new UserError(error.message, { hint: hint.trim(), cause: error });
  });
  if (found === undefined)
    return {
      file: join(userConfigFolder(context), 'config.yaml'),
      name: settings.profile ?? 'main',
      settings: {},
    };
  const { file, content } = found;
  if (/^package\./.test(basename(file))) {
    throw new UserError(
      `${file}: holds the profile in force among other things, so init does not rewrite it`,
      {
        hint: 'Change it by hand, or write another file: amocalls init --config .amocallsrc',
      },
    );
  }
  const name = settings.profile ?? defaultProfileIn(content) ?? 'main';
  const own = profilesIn(content)[name];
  return { file, name, settings: isRecord(own) ? own : {}, current: { text: readText(file, file), content } };
}

function noTerminal(file: string): UserError {
  return new UserError('amocalls init: needs a terminal to ask its questions', {
    hint: `Write ${file} by hand: code, key_file, account_id and timezone as "name: value", one per line; for API v4 api: v4, base_url, token_file and timezone. Then chmod 600 it. .amocallsrc.example lists all settings.`,
  });
}

/** What was answered, checked. */
interface Answers {
  readonly secretName: 'key' | 'token';
  /** Undefined: the one that is there stays. */
  readonly secret: string | undefined;
  readonly secretFile: string;
  /** The settings of the profile beside the file of the secret. */
  readonly settings: NewSettings;
  readonly sample?: string;
}

/** Undefined where somebody changed their mind. A profile that is there is shown, and Enter keeps each of its values. */
async function ask(session: Session, prompts: Prompts, target: Target): Promise<Answers | undefined> {
  const { file, name, settings: before } = target;
  if (Object.keys(before).length > 0) {
    prompts.say(`The profile "${name}" of ${file}:\n${profileText(masked(before))}`.trimEnd());
    if (
      (await prompts.confirm(
        'Change it? (Enter keeps a value; settings that are not asked for stay as they are.)',
      )) !== true
    )
      return undefined;
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
  if (api === undefined) return undefined;
  const secretName = api === 'v4' ? 'token' : 'key';
  const secretFile = secretFileOf(target, secretName);
  const hasSecret = [secretName, `${secretName}_file`].some((key) => before[key] !== undefined);
  if (!hasSecret && existsSync(secretFile)) {
    if ((await prompts.confirm(`${secretFile} exists. Overwrite it?`)) !== true) return undefined;
  }
  const account =
    api === 'v4' ? await askV4(prompts, before, hasSecret) : await askCallsAdd(prompts, before, hasSecret);
  if (account === undefined) return undefined;
  const sample = await askSample(session, prompts);
  if (sample === undefined) return undefined;
  const reading = await askReading(prompts, sample.opened, before);
  if (reading === undefined) return undefined;
  const settings = { ...account.settings, ...reading };
  const answers = { secretName, secret: account.secret, secretFile, settings } as const;
  return sample.file === '' ? answers : { ...answers, sample: sample.file };
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

/** A file beside the profile file that no other profile of it names. */
function secretFileOf({ file, name, current }: Target, secretName: 'key' | 'token'): string {
  const stem = join(dirname(file), basename(file).replace(/\.(?:ya?ml|json)$/, ''));
  const others = Object.entries(profilesIn(current?.content ?? {})).filter(([other]) => other !== name);
  const taken = others.flatMap(([, settings]) =>
    isRecord(settings)
      ? [settings['key_file'], settings['token_file']].map((path) => resolve(dirname(file), String(path)))
      : [],
  );
  const own = `${stem}-${name.replaceAll(/[^\w.-]/g, '_')}.${secretName}`;
  return [`${stem}.${secretName}`, own].find((path) => !taken.includes(resolve(path))) ?? own;
}

type Account = Pick<Answers, 'secret' | 'settings'>;
type Before = Target['settings'];

async function askCallsAdd(
  prompts: Prompts,
  before: Before,
  hasSecret: boolean,
): Promise<Account | undefined> {
  const code = await prompts.text('Code of the service (from the vendor)', {
    ...kept(before['code']),
    check: checkedBy(secretText),
  });
  if (code === undefined) return undefined;
  const secret = await askSecret(prompts, 'Key of the service (from the vendor', secretText, hasSecret);
  if (secret === undefined) return undefined;
  const account = await prompts.text('Id of the account that the calls go to', {
    ...kept(before['account_id']),
    check: checkedBy(parseAccountId),
  });
  if (account === undefined) return undefined;
  const address = await prompts.text('Address of the service (Russian accounts: https://sip.amocrm.ru)', {
    byDefault: scalar(before['base_url']) ?? defaultBaseUrl,
    check: checkedBy(parseBaseUrl),
  });
  if (address === undefined) return undefined;
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

async function askV4(prompts: Prompts, before: Before, hasSecret: boolean): Promise<Account | undefined> {
  const address = await prompts.text('Address of the account, such as https://example.amocrm.ru', {
    ...(before['api'] === 'v4' ? kept(before['base_url']) : {}),
    check: checkedBy(parseBaseUrl),
  });
  if (address === undefined) return undefined;
  const secret = await askSecret(prompts, 'Long-lived token of the integration', tokenText, hasSecret);
  if (secret === undefined) return undefined;
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
): Promise<string | undefined> {
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
): Promise<{ readonly file: string; readonly opened?: OpenedByGuess } | undefined> {
  for (;;) {
    const typed = await prompts.text('A file with calls, to recognise the phone system (Enter: skip)', {});
    if (typed === undefined) return undefined;
    if (typed === '') return { file: typed };
    const file = typed.startsWith('~/')
      ? absolutePath(typed, session.context.cwd, session.context.homedir)
      : typed;
    try {
      const [opened] = await openByGuess(session, [file]);
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
): Promise<Answers['settings'] | undefined> {
  const found = opened?.preset;
  let preset = {};
  if (found !== undefined) {
    const { title, name } = found.preset;
    const isRight = await prompts.confirm(
      `It looks like ${title}. Use the preset ${name} for all files?`,
      true,
    );
    if (isRight === undefined) return undefined;
    if (isRight) preset = { preset: name };
  }
  const zone = opened?.plan.zone;
  if (zone?.known === 'values') return preset;
  const timezone = await askZone(prompts, zone, scalar(before['timezone']));
  return timezone === undefined ? undefined : { ...preset, timezone };
}

/** A zone that the unique ids of the file do not contradict. */
async function askZone(
  prompts: Prompts,
  zone: ZonePlan | undefined,
  before: string | undefined,
): Promise<string | undefined> {
  const told = zone !== undefined && isAssumed(zone) ? zone : undefined;
  const offset = told?.evidence?.offset;
  const says = offset === undefined ? '' : ` (the unique ids of the file say ${utcOffset(offset)})`;
  const byDefault = told?.name ?? before ?? new Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (;;) {
    const name = await prompts.text(`Time zone of the phone system${says}`, {
      byDefault,
      check: checkedBy(parseTimezone),
    });
    if (name === undefined || name === zoneByIds || told === undefined) return name;
    const named = openZone(name);
    if ('unixOf' in named && fitsAll(named, told.pairs)) return name;
    prompts.say(
      `The unique ids of the file contradict ${name}. "ids" takes the offset of each call from its id.`,
    );
  }
}

/** A secret that stood in the profile itself gives way to the file that holds the new one. */
function settingsOf({ settings, secret, secretName, secretFile }: Answers): NewSettings {
  if (secret === undefined) return settings;
  return { ...settings, [secretName]: undefined, [`${secretName}_file`]: basename(secretFile) };
}

/**
 * Writes a profile file and, where there is a new one, its secret: whole, and none of them before both are written. A profile
 * file that is there keeps its owner and mode. What holds a secret is for its owner alone, and for the group to which root
 * has given the profile.
 */
async function writeFiles(
  profile: { readonly file: string; readonly text: string; readonly isSecret: boolean },
  { secret, secretFile }: Answers,
  { context: { user } }: Session,
): Promise<void> {
  const placeOf = (file: string) => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    return findPlace({ asked: 'Profile file', name: file, path: file, user }, 'replace');
  };
  const like = serviceFactsOf(profile.file) ?? null;
  const contents: NewContent[] = [];
  if (secret !== undefined) {
    contents.push({ place: await placeOf(secretFile), text: `${secret}\n`, like });
  }
  const { file, text, isSecret } = profile;
  contents.push({ place: await placeOf(file), text, ...(isSecret ? { like } : {}) });
  await replaceFiles(contents);
}
