import { platform } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.js';
import { isFile } from './files.js';
import { loadData } from './load-data.js';

/** What of the outside the search for a profile file depends on. */
export interface SearchWorld {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homedir: string;
}

/** A profile file that was found and read. */
export interface ProfileFile {
  readonly file: string;
  /** What it holds; not checked yet. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Whether its owner pointed at it, by name or by putting it into the own config folder; else it just lay on the way. */
  readonly chosen: boolean;
}

const projectFiles = [
  '.amocallsrc',
  '.amocallsrc.json',
  '.amocallsrc.yaml',
  '.amocallsrc.yml',
  'package.json',
];
const userFiles = ['config.json', 'config.yaml', 'config.yml'];

/**
 * The user's config folder for amocalls: `$XDG_CONFIG_HOME/amocalls` or `~/.config/amocalls`,
 * on macOS `~/Library/Preferences/amocalls`, on Windows `%APPDATA%\amocalls`.
 */
export function userConfigFolder({ env, homedir }: SearchWorld, system: string = platform()): string {
  const { APPDATA, XDG_CONFIG_HOME } = env;
  if (system === 'win32') return join(APPDATA || join(homedir, 'AppData', 'Roaming'), 'amocalls');
  if (system === 'darwin') return join(homedir, 'Library', 'Preferences', 'amocalls');
  return join(XDG_CONFIG_HOME || join(homedir, '.config'), 'amocalls');
}

/**
 * Reads the file that was named, else the nearest profile file from the working directory upwards, else the one in
 * the user's config folder. A package.json without the key `amocalls` is passed over.
 *
 * @param named an absolute path
 * @throws UserError where a file cannot be read, is empty, or is no data
 */
export async function findProfileFile(
  world: SearchWorld,
  named: string | undefined,
): Promise<ProfileFile | undefined> {
  if (named !== undefined) {
    const content = await loadData(named);
    if (content) return { file: named, content, chosen: true };
    throw new UserError(`${named} has no key "amocalls".`, { hint: 'Add the key, or name another file.' });
  }
  for (const { file, chosen } of candidates(world)) {
    const content = isFile(file) ? await loadData(file) : undefined;
    if (content) return { file, content, chosen };
  }
  return undefined;
}

function* candidates(world: SearchWorld): Generator<{ readonly file: string; readonly chosen: boolean }> {
  for (let folder = world.cwd; ; folder = dirname(folder)) {
    for (const name of projectFiles) yield { file: join(folder, name), chosen: false };
    if (folder === dirname(folder)) break;
  }
  for (const name of userFiles) yield { file: join(userConfigFolder(world), name), chosen: true };
}
