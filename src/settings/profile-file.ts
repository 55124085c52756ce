import { platform } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import type { CosmiconfigResult, PublicExplorerSync } from 'cosmiconfig';
import { UserError } from '../core/errors.js';
import { fileReason, isFile } from './files.js';
import { isRecord } from './parse.js';

/** What the search for a profile file depends on. */
export interface ProfileSearch {
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
 * @throws UserError where a file cannot be read, is empty, or is no data
 */
export async function findProfileFile(
  search: ProfileSearch,
  named: string | undefined,
): Promise<ProfileFile | undefined> {
  if (named !== undefined) {
    const content = await loadProfileData(named);
    if (content) return { file: named, content, chosen: true };
    throw new UserError(`${named} has no key "amocalls".`, { hint: 'Add the key, or name another file.' });
  }
  for (const { file, chosen } of candidates(search)) {
    const content = isFile(file) ? await loadProfileData(file) : undefined;
    if (content) return { file, content, chosen };
  }
  return undefined;
}

function* candidates(search: ProfileSearch): Generator<{ readonly file: string; readonly chosen: boolean }> {
  for (let folder = search.cwd; ; folder = dirname(folder)) {
    for (const name of projectFiles) yield { file: join(folder, name), chosen: false };
    if (folder === dirname(folder)) break;
  }
  for (const name of userFiles) yield { file: join(userConfigFolder(search), name), chosen: true };
}

/**
 * What a profile file holds, read by cosmiconfig as data.
 *
 * @param file an absolute path; .json, .yaml, .yml, anything that is not code is read as JSON or YAML
 * @returns undefined for a package.json that has nothing for amocalls
 * @throws UserError that names the file, and the line where it is known
 */
async function loadProfileData(file: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const explorer = await openExplorer();
  const result = load(explorer, file);
  if (result === null) return undefined;
  const content: unknown = result.config;
  if (isRecord(content)) return content;
  if (isPackage(file) && result.isEmpty) return undefined;
  const problem = result.isEmpty ? ' is empty' : `, line 1: ${kindOf(content)} where settings should be`;
  throw new UserError(`Profile file ${file}${problem}.`, {
    hint: result.isEmpty
      ? 'Remove the file and write a profile with "amocalls init", or write settings as `code: my_service_name`, one a line.'
      : 'Write settings as `code: my_service_name`, one a line, or remove the file.',
  });
}

function load({ load: read }: PublicExplorerSync, file: string): CosmiconfigResult {
  try {
    return read(file);
  } catch (error) {
    const reason = fileReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`Profile file ${file} cannot be read: ${reason}.`, {
      hint: 'Check the path and the permissions, or name another file with --config.',
      cause: error,
    });
  }
}

/**
 * cosmiconfig, restricted: it reads data and never runs anything.
 *
 * On every start cosmiconfig 9 looks for options of its own in the working directory, and runs
 * `.config/config.js`, `.ts`, `.cjs` and `.mjs` there; no option of its API prevents that, so the list of these
 * places is emptied first. Its loaders for code stay in force unless each of them is replaced, and whatever
 * `$import` names is loaded even for JSON and YAML. Its own search passes silently over files that it may not
 * read, and takes the user's config folder from the process: so it is asked for one file at a time.
 */
async function openExplorer() {
  const { metaSearchPlaces } = await import('cosmiconfig/dist/defaults.js');
  metaSearchPlaces.length = 0;
  const { cosmiconfigSync, defaultLoadersSync } = await import('cosmiconfig');
  const data = (file: string, content: string) => readData(file, content, defaultLoadersSync['.yaml']);
  return cosmiconfigSync('amocalls', {
    searchPlaces: [],
    searchStrategy: 'none',
    cache: false,
    loaders: {
      '.js': refuseCode,
      '.cjs': refuseCode,
      '.mjs': refuseCode,
      '.ts': refuseCode,
      '.json': data,
      '.yaml': data,
      '.yml': data,
      noExt: data,
      default: data,
    },
  });
}

function refuseCode(file: string): never {
  throw new UserError(`Profile file ${file} is code, and amocalls runs none.`, {
    hint: 'Write the profile as YAML or JSON, such as .amocallsrc.',
  });
}

/**
 * What the text of a profile file holds, whatever its kind.
 *
 * @throws UserError where it is no data
 */
export async function parseProfileText(file: string, text: string): Promise<unknown> {
  const { defaultLoadersSync } = await import('cosmiconfig');
  return readData(file, text, defaultLoadersSync['.yaml']);
}

type YamlLoader = (file: string, content: string) => unknown;

/** JSON or YAML; a whole package file, where cosmiconfig picks the key `amocalls` afterwards. */
function readData(file: string, content: string, loadYaml: YamlLoader): unknown {
  // Somebody else's package.json need not be sound, nor be parsed, as long as it does not speak of us.
  if (isPackage(file) && !content.includes('amocalls')) return {};
  const value = parseData(file, content.replace(/^\uFEFF/, ''), loadYaml);
  const { amocalls } = isRecord(value) ? value : {};
  const own = isPackage(file) ? amocalls : value;
  if (isRecord(own) && Object.hasOwn(own, '$import'))
    throw new UserError(`Profile file ${file} uses $import, and amocalls loads nothing through it.`, {
      hint: 'Write the settings into the file itself.',
    });
  return isPackage(file) && !isRecord(value) ? {} : (value ?? undefined);
}

/** JSON first: it needs no parser to be loaded. YAML reads JSON too, and knows the line of a mistake. */
function parseData(file: string, content: string, loadYaml: YamlLoader): unknown {
  try {
    return JSON.parse(content);
  } catch {
    try {
      return loadYaml(file, content);
    } catch (error) {
      throw new UserError(`Profile file ${file}${describeYamlError(error)}.`, {
        hint: 'Fix it; .amocallsrc.example shows what a profile file looks like.',
      });
    }
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

/** cosmiconfig takes only the key of its module from a file called `package`, whatever its ending. */
function isPackage(file: string): boolean {
  return basename(file, extname(file)) === 'package';
}
