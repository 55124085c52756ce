import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { exitCodes, interruptedExit, type Parsed, Problem, UserError } from '../core/errors.js';
import { print } from '../output/stdout.js';
import { type OpenedByGuess, openByGuess } from '../pipeline/assume.js';
import { openZone } from '../records/time-zones.js';
import { defaultBaseUrl, parseAccountId, parseBaseUrl, secretText } from '../settings/parse.js';
import { parseTimezone } from '../settings/parse-reading.js';
import { findProfileFile, userConfigFolder } from '../settings/profile-file.js';
import { maskKey } from '../settings/table.js';
import type { CommandRun } from './command.js';
import { doctor } from './doctor.js';
import { openPrompts, type Prompts } from './prompts.js';
import { openSession, type Session } from './session.js';

/** Asks what a profile needs, writes it, shows it, and lets doctor look at it. Ctrl-C leaves everything as it was. */
export const init: CommandRun = async (invocation) => {
  const session = await openSession(invocation, { withProfile: false });
  const { context, settings, messages, progress } = session;
  progress.stop();
  const file = await targetOf(session);
  if (context.stdin.isTTY !== true || !context.stdout.isTTY) throw noTerminal(file);
  const prompts = await openPrompts(context);
  const answers = await ask(session, prompts, file);
  if (answers === undefined) {
    messages.note('nothing was written');
    return prompts.wasCancelled() ? (interruptedExit(context.interrupt) ?? exitCodes.sigint) : exitCodes.ok;
  }
  context.hide(answers.secret);
  const name = settings.profile ?? 'main';
  const text = profileText(name, answers);
  writeFiles([
    { file: answers.secretFile, text: `${answers.secret}\n` },
    { file, text },
  ]);
  await print(
    context.stdout,
    `\n${file} (readable by you alone):\n\n${text}\n${answers.secretFile} holds the ${answers.secretName} ${maskKey(answers.secret)}\n\n`,
  );
  const exit = await doctor({
    ...invocation,
    name: 'doctor',
    args: [],
    flags: { ...invocation.flags, config: file },
  });
  const { sample } = answers;
  if (sample !== undefined)
    messages.note(`next: amocalls check ${sample}, then amocalls import ${sample} --limit 3`);
  return exit;
};

/** The file to write: the one that was named, else the one in force, else one in the user's config folder. */
async function targetOf({ settings, context }: Session): Promise<string> {
  if (settings.config !== undefined) return settings.config;
  const found = await findProfileFile(context, undefined).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const hint = `Correct or remove that file, or write another one: amocalls init --config <file>. ${error.hint ?? ''}`;
    throw new UserError(error.message, { hint: hint.trim(), cause: error });
  });
  if (found === undefined) return join(userConfigFolder(context), 'config.yaml');
  if (!/^package\./.test(basename(found.file))) return found.file;
  throw new UserError(`${found.file} holds the profile in force, among other things: it is not rewritten.`, {
    hint: 'Correct it by hand, or write another file: amocalls init --config .amocallsrc',
  });
}

function noTerminal(file: string): UserError {
  return new UserError('amocalls init asks questions, and this is no terminal.', {
    hint: `Write ${file} by hand instead: code, key_file, account_id and timezone, one "name: value" a line, or for API v4 api: v4, base_url, token_file and timezone; then chmod 600 it. .amocallsrc.example has every setting.`,
  });
}

/** What was answered, checked. */
interface Answers {
  readonly secretName: 'key' | 'token';
  readonly secret: string;
  readonly secretFile: string;
  /** The lines of the profile beside the file of the secret. */
  readonly lines: readonly (readonly [key: string, value: string])[];
  readonly sample?: string;
}

/** Undefined where somebody changed their mind. */
async function ask(session: Session, prompts: Prompts, file: string): Promise<Answers | undefined> {
  const api = await prompts.choose('Which API takes the calls?', [
    { value: 'calls-add', label: 'calls/add', hint: 'code and key of a telephony service, from the vendor' },
    { value: 'v4', label: 'API v4', hint: 'long-lived token of a private integration' },
  ]);
  if (api === undefined) return undefined;
  const secretName = api === 'v4' ? 'token' : 'key';
  const stem = basename(file).replace(/\.(?:ya?ml|json)$/, '');
  const secretFile = join(dirname(file), `${stem}.${secretName}`);
  const there = [file, secretFile].filter((one) => existsSync(one));
  if (there.length > 0) {
    const question = `${there.join(' and ')} ${there.length === 1 ? 'exists' : 'exist'}. Overwrite?`;
    if ((await prompts.confirm(question)) !== true) return undefined;
  }
  const account = api === 'v4' ? await askV4(prompts) : await askCallsAdd(prompts);
  if (account === undefined) return undefined;
  const { secret, lines } = account;
  const sample = await askSample(session, prompts);
  if (sample === undefined) return undefined;
  const reading = await askReading(session, prompts, sample.opened);
  if (reading === undefined) return undefined;
  const answers = { secretName, secret, secretFile, lines: [...lines, ...reading] } as const;
  return sample.file === '' ? answers : { ...answers, sample: sample.file };
}

type Account = Pick<Answers, 'secret' | 'lines'>;

async function askCallsAdd(prompts: Prompts): Promise<Account | undefined> {
  const code = await prompts.text('Code of the service (from the vendor)', { check: checkedBy(secretText) });
  if (code === undefined) return undefined;
  const secret = await prompts.secret('Key of the service (from the vendor)', checkedBy(secretText));
  if (secret === undefined) return undefined;
  const account = await prompts.text('Id of the account that the calls go to', {
    check: checkedBy(parseAccountId),
  });
  if (account === undefined) return undefined;
  const address = await prompts.text('Address of the service (Russian accounts: https://sip.amocrm.ru)', {
    initial: defaultBaseUrl,
    check: checkedBy(parseBaseUrl),
  });
  if (address === undefined) return undefined;
  return {
    secret,
    lines: [
      ['code', JSON.stringify(code)],
      ['account_id', account],
      ['base_url', address],
    ],
  };
}

async function askV4(prompts: Prompts): Promise<Account | undefined> {
  const address = await prompts.text('Address of the account, such as https://example.amocrm.ru', {
    check: checkedBy(parseBaseUrl),
  });
  if (address === undefined) return undefined;
  const secret = await prompts.secret('Long-lived token of the integration', checkedBy(secretText));
  if (secret === undefined) return undefined;
  return {
    secret,
    lines: [
      ['api', 'v4'],
      ['base_url', address],
    ],
  };
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
    const file = await prompts.text('A file with calls, to recognise the phone system (Enter: none)', {});
    if (file === undefined) return undefined;
    if (file === '') return { file };
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
  session: Session,
  prompts: Prompts,
  opened: OpenedByGuess | undefined,
): Promise<Answers['lines'] | undefined> {
  const found = opened?.preset;
  const lines: (readonly [string, string])[] = [];
  if (found !== undefined) {
    const { title, name } = found.preset;
    const isRight = await prompts.confirm(
      `It looks like ${title}. Use the preset ${name} for all files?`,
      true,
    );
    if (isRight === undefined) return undefined;
    if (isRight) lines.push(['preset', name]);
  }
  const zone = opened?.plan.zone;
  if (zone?.known === 'values') return lines;
  const here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const told = zone?.known === 'ids' ? zone : undefined;
  const fits =
    told?.evidence === undefined || (await standsAt(here, told.evidence.offset, session.context.now()));
  const question = fits
    ? "Zone of the phone system's clock"
    : `Zone of the phone system's clock (the unique ids of the file say ${told?.name})`;
  const timezone = await prompts.text(question, {
    initial: fits ? here : (told?.name ?? here),
    check: checkedBy(parseTimezone),
  });
  return timezone === undefined ? undefined : [...lines, ['timezone', JSON.stringify(timezone)]];
}

/** Whether the clocks of a zone stand so many seconds east of UTC at some time of the year. */
async function standsAt(name: string, offset: number, now: number): Promise<boolean> {
  const zone = await openZone(name);
  const halfYear = 182 * 86_400;
  const seconds = Math.floor(now / 1000);
  return 'offsetAt' in zone && [seconds, seconds - halfYear].some((unix) => zone.offsetAt(unix) === offset);
}

function profileText(name: string, { lines, secretName, secretFile }: Answers): string {
  const quoted = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
  const all = [...lines, [`${secretName}_file`, JSON.stringify(basename(secretFile))] as const];
  return [
    '# Written by amocalls init. All settings: docs/settings.md',
    `default_profile: ${quoted}`,
    'profiles:',
    `  ${quoted}:`,
    ...all.map(([key, value]) => `    ${key}: ${value}`),
    '',
  ].join('\n');
}

/** Writes files that their owner alone may read: each is whole under another name before it takes its place. */
function writeFiles(files: readonly { readonly file: string; readonly text: string }[]): void {
  const written: string[] = [];
  try {
    for (const { file, text } of files) {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
      const draft = `${file}.new`;
      rmSync(draft, { force: true });
      writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
      written.push(draft);
    }
    for (const { file } of files) renameSync(`${file}.new`, file);
  } catch (cause) {
    for (const draft of written) rmSync(draft, { force: true });
    const [first] = files;
    throw new UserError(`${dirname(first?.file ?? '')} cannot be written to: ${String(cause)}`, {
      hint: 'Choose another place: amocalls init --config <file>',
      cause,
    });
  }
}
