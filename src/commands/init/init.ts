// Asks for what a profile needs, writes it, has doctor try it.

import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileQuoted, shellQuoted } from '../../core/display.js';
import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import { findPlace } from '../../files/output-file.js';
import { type NewContent, replaceFiles } from '../../files/replace-files.js';
import { print } from '../../output/stdout.js';
import { sanitise } from '../../output/terminal.js';
import type { CommandRun } from '../../session/command.js';
import { openSession, type Session } from '../../session/session.js';
import { type NewSettings, profileText, withProfile } from '../../settings/edit-profile.js';
import { modeOf, serviceFactsOf } from '../../settings/files.js';
import { defaultProfileIn, holdsSecret } from '../../settings/profile.js';
import { maskKey } from '../../settings/setting.js';
import { Cancelled, openPrompts } from './prompts.js';
import { type Answers, ask } from './questions.js';
import { targetOf } from './target.js';

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
  const answers = await ask(session, prompts, target).catch((error: unknown) => {
    if (error instanceof Cancelled) return error;
    throw error;
  });
  if (answers === undefined || answers instanceof Cancelled) {
    messages.note('nothing was written');
    return answers === undefined ? exitCodes.ok : (interruptedExit(context.interrupt) ?? exitCodes.sigint);
  }
  if (answers.secret !== undefined) context.hide(answers.secret);
  const settings = settingsOf(answers);
  const text = withProfile(file, current, { name, settings });
  const isSecret = holdsSecret(current?.content ?? {});
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
    args: answers.sample === undefined ? [] : [answers.sample],
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

function noTerminal(file: string): UserError {
  return new UserError('amocalls init: needs a terminal to ask its questions', {
    hint: `Write ${file} by hand: code, key_file, account_id and timezone as "name: value", one per line; for API v4 api: v4, base_url, token_file and timezone. Then chmod 600 it. .amocallsrc.example lists all settings.`,
  });
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
