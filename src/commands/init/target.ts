// The profile file that init writes to, and the file of the secret beside it.

import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors.js';
import type { Session } from '../../session/session.js';
import type { CurrentProfileFile } from '../../settings/edit-profile.js';
import { readText } from '../../settings/files.js';
import { isRecord } from '../../settings/parse.js';
import { defaultProfileIn, profilesIn } from '../../settings/profile.js';
import { findProfileFile, userConfigFolder } from '../../settings/profile-file.js';

/** Where a profile is written to. */
export interface Target {
  readonly file: string;
  /** The name of the profile. */
  readonly name: string;
  /** Its settings as they are; empty for a new one. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The file as it is; absent where there is none, or nothing in it. */
  readonly current?: CurrentProfileFile;
}

/** The file to write: the one that was named, else the one in force, else one in the user's config folder. */
export async function targetOf({ settings, context }: Session): Promise<Target> {
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

/** A file beside the profile file that no other profile of it names. */
export function secretFileOf({ file, name, current }: Target, secretName: 'key' | 'token'): string {
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
