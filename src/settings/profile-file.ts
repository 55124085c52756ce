// Finds the profile file and reads it as data, never as code.

import { platform } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { shellQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';
import { distrustOf, type User } from '../core/file-trust.js';
import { isJson } from '../core/json.js';
import { isFile, type ReadFile, readNamed } from './files.js';
import { isRecord } from './parse.js';

/** What the search for a profile file depends on. */
export interface ProfileSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homedir: string;
  /** Who runs this; undefined on Windows. */
  readonly user: User | undefined;
}

/** A profile file that was found and read. */
export interface ProfileFile {
  readonly file: string;
  /** What it holds; not checked yet. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Whether the user pointed at it, by name or by putting it into the own config folder; else it just lay on the way. */
  readonly chosen: boolean;
  /** Whether it was the user's own file when it was read. */
  readonly isOwn: boolean;
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
export function userConfigFolder({ env, homedir }: ProfileSearch, system: string = platform()): string {
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
 * @throws UserError where a file cannot be read, is empty, or is no data; where a file that was found may have been
 *   written by somebody else
 */
export async function findProfileFile(
  search: ProfileSearch,
  named: string | undefined,
): Promise<ProfileFile | undefined> {
  const { user } = search;
  const isOwn = ({ facts }: ReadFile) => user === undefined || facts.every(({ uid }) => uid === user.uid);
  if (named !== undefined) {
    const read = readProfile(named);
    const content = await loadProfileData(named, read.text);
    if (content) return { file: named, content, chosen: true, isOwn: isOwn(read) };
    throw new UserError(`profile file ${named}: has no key "amocalls"`, {
      hint: 'Add the key, or name another file.',
    });
  }
  for (const { file, chosen } of candidates(search)) {
    if (!isFile(file)) continue;
    const read = readProfile(file);
    // Nobody is warned of a package.json that does not speak of us.
    if (isPackage(file) && !read.text.includes('amocalls')) continue;
    refuseForeign(file, read, user);
    const content = await loadProfileData(file, read.text);
    if (content) return { file, content, chosen, isOwn: isOwn(read) };
  }
  return undefined;
}

/**
 * Whoever may write a profile decides where the keys of its user go. One that just lies there counts only where nobody but
 * the user and root can have written it.
 *
 * @throws UserError where somebody else can
 */
function refuseForeign(file: string, { facts }: ReadFile, user: User | undefined): void {
  const why = facts.map((one) => distrustOf(one, user)).find((one) => one !== undefined);
  if (why === undefined || user === undefined) return;
  const { uid = 0, gid = 0 } = facts.find((one) => distrustOf(one, user) === why) ?? {};
  const quotedFile = shellQuoted(file);
  const cause = {
    owner: `belongs to another user (uid ${uid})`,
    everybody: 'can be written by every user of this machine',
    group: `can be written by another group (gid ${gid})`,
  }[why];
  const orElse =
    why === 'owner'
      ? `If it is yours: ${user.uid === 0 ? '' : 'sudo '}chown -h ${user.uid} ${quotedFile}`
      : `To keep others from writing it: chmod go-w ${quotedFile}`;
  throw new UserError(`profile file ${file}: ${cause}, so it is used only where you name it`, {
    hint: `If you trust it: --config ${quotedFile}, or AMOCALLS_CONFIG=${quotedFile}. ${orElse}`,
  });
}

function* candidates(search: ProfileSearch): Generator<{ readonly file: string; readonly chosen: boolean }> {
  for (let folder = search.cwd; ; folder = dirname(folder)) {
    for (const name of projectFiles) yield { file: join(folder, name), chosen: false };
    if (folder === dirname(folder)) break;
  }
  for (const name of userFiles) yield { file: join(userConfigFolder(search), name), chosen: true };
}

/**
 * What the text of a profile file holds, checked to be settings.
 *
 * @param file an absolute path; .json, .yaml, .yml, anything that is not code is read as JSON or YAML
 * @returns undefined for a package.json that has nothing for amocalls
 * @throws UserError that names the file, and the line where it is known
 */
async function loadProfileData(
  file: string,
  text: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (/\.(?:[cm]?js|ts)$/.test(file)) {
    throw new UserError(`profile file ${file}: is code, which amocalls never runs`, {
      hint: 'Write the profile as YAML or JSON, such as .amocallsrc.',
    });
  }
  const content = await parseProfileText(file, text);
  if (isRecord(content)) return content;
  if (isPackage(file) && content === undefined) return undefined;
  const isEmpty = content === undefined;
  const problem = isEmpty ? 'is empty' : `line 1: ${kindOf(content)} where settings should be`;
  throw new UserError(`profile file ${file}${isEmpty ? ': ' : ', '}${problem}`, {
    hint: isEmpty
      ? 'Remove it and run "amocalls init", or write settings as `code: my_service_name`, one per line.'
      : 'Write settings as `code: my_service_name`, one per line, or remove the file.',
  });
}

function readProfile(file: string): ReadFile {
  return readNamed(file, `profile file ${file}`, ', or name another file with --config');
}

/**
 * What the text of a profile file holds, whatever its kind: JSON, or YAML as cosmiconfig reads it; of a package.json, its
 * key `amocalls`. Nothing is run. cosmiconfig's own search is not asked: it runs code that it finds, follows `$import`,
 * and cannot be told whose files count.
 *
 * @returns undefined where there is nothing
 * @throws UserError where it is no data
 */
export async function parseProfileText(file: string, text: string): Promise<unknown> {
  // Somebody else's package.json need not be sound, nor be parsed, as long as it does not speak of us.
  if (isPackage(file) && !text.includes('amocalls')) return undefined;
  const value = await parseData(file, text.replace(/^\uFEFF/, ''));
  const { amocalls } = isRecord(value) ? value : {};
  const own = isPackage(file) ? amocalls : value;
  if (isRecord(own) && Object.hasOwn(own, '$import'))
    throw new UserError(`profile file ${file}: uses $import, which amocalls does not follow`, {
      hint: 'Write the settings into the file itself.',
    });
  return own ?? undefined;
}

/** JSON first: it needs no parser to be loaded. YAML reads JSON too, and knows the line of a mistake. */
async function parseData(file: string, content: string): Promise<unknown> {
  if (isJson(content)) return JSON.parse(content);
  const { defaultLoadersSync } = await import('cosmiconfig');
  try {
    return defaultLoadersSync['.yaml'](file, content);
  } catch (error) {
    throw new UserError(`profile file ${file}${describeYamlError(error)}`, {
      hint: 'Fix that line; .amocallsrc.example shows what a profile file looks like.',
    });
  }
}

/** Line and reason of a js-yaml error. Its message quotes the file, key and all: it is neither shown nor kept as cause. */
function describeYamlError(error: unknown): string {
  const { reason, mark } = isRecord(error) ? error : {};
  const { line } = isRecord(mark) ? mark : {};
  const where = typeof line === 'number' ? `, line ${line + 1}` : '';
  const what = typeof reason === 'string' ? reason.replace(/\s*["<(].*$/s, '') : 'cannot be parsed';
  return `${where}: ${what}`;
}

function kindOf(content: unknown): string {
  return Array.isArray(content) ? 'a list' : 'a single value';
}

/** Of a file called `package`, whatever its ending, only one key is ours. */
function isPackage(file: string): boolean {
  return basename(file, extname(file)) === 'package';
}
