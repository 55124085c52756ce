// What a setting is, how help shows it and its values, and the names of the commands.

import type { Parsed } from '../core/errors.js';

/** The subcommands, in the order in which help lists them. */
export const commandNames = [
  'add',
  'import',
  'check',
  'follow',
  'history',
  'users',
  'resolve',
  'presets',
  'config',
  'init',
  'doctor',
  'recordings',
  'sandbox',
  'completion',
  'licenses',
] as const;
export type CommandName = (typeof commandNames)[number];

/** What may stand in a place of a command line: these words, or what only a list elsewhere, or the shell, knows. */
export type Values =
  | readonly string[]
  | 'files'
  | 'folders'
  | 'presets'
  | 'zones'
  | 'profiles'
  | 'faults'
  | 'fields';

/**
 * One setting: where its value may come from, what it may be, what help says of it.
 * A new setting is one entry in the table of settings; flags, environment names, profile keys, defaults,
 * help and the types follow from the entry.
 */
export interface Setting {
  /** The flag as Commander and help spell it: `--chunk-size <n>`, `-n, --dry-run`; absent for what may never be a flag. */
  readonly flags?: string;
  /** The flag that says no, `--no-ledger`; by default all commands that take the setting take it. */
  readonly negation?: {
    readonly flag: string;
    readonly help: string;
    readonly commands?: readonly CommandName[];
  };
  /** May be given several times; the parser gets a list of texts. */
  readonly repeatable?: true;
  /** Name in the environment. */
  readonly env?: string;
  /** Key in a profile, in snake_case; absent for what is not allowed there. */
  readonly profile?: string;
  /**
   * Turns what was given into the value. Flags and environment give texts (`true` and `false` for flags without
   * a value, lists for repeatable ones); a profile gives whatever YAML or JSON can hold.
   */
  readonly parse: (raw: unknown) => Parsed<unknown>;
  /** The value where nothing was given. */
  readonly default?: unknown;
  /** The value where nothing was given and `api` is v4, where that is another one. */
  readonly v4Default?: unknown;
  /** Other settings with the values that they must have for this one to mean something: without them its flag is refused. */
  readonly requires?: Readonly<Record<string, string>>;
  /** What completion offers as its value; by default the words that `parse` names, and files for a `path`. */
  readonly values?: Values;
  /** A file: relative to the working directory, or to the profile file when it is in a profile. */
  readonly path?: true;
  /** Never shown but masked. */
  readonly secret?: true;
  /** One line for help, with units; the default is added to it. */
  readonly help: string;
  /** What help says, and completion offers, instead for some commands. */
  readonly byCommand?: Readonly<Partial<Record<CommandName, Partial<Pick<Setting, 'help' | 'values'>>>>>;
  /** The commands that take the flag. */
  readonly commands: readonly CommandName[];
}

/** Settings that help shows under one title. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

/** The long flag of a setting, `--chunk-size`; undefined for what is never a flag. */
export function longFlag(setting: Setting): string | undefined {
  return setting.flags?.match(/--[a-z-]+/)?.[0];
}

/** The flag of a setting as it is typed, the long one first: `--quiet`, `-q`. */
export function typedFlags({ flags = '' }: Setting): readonly string[] {
  return (flags.match(/(?<![\w-])-{1,2}[A-Za-z][a-z-]*/g) ?? []).toSorted(
    (one, other) => other.length - one.length,
  );
}

/** Whether a flag takes a value: one that does not is a switch. */
export function takesValue(flags: string): boolean {
  return flags.includes('<');
}

/** What completion offers as the value of a flag; undefined where it takes none, nothing where nothing can be offered. */
export function valuesOf(
  { flags = '', values, byCommand, parse, path }: Setting,
  command: CommandName,
): Values | undefined {
  if (!takesValue(flags)) return undefined;
  const named = byCommand?.[command]?.values ?? values;
  if (named !== undefined) return named;
  if (path) return 'files';
  return 'words' in parse && Array.isArray(parse.words) ? parse.words.map(String) : [];
}

/** The flag that says no, where this command takes it. */
export function negationOf({ negation }: Setting, command: CommandName): Setting['negation'] {
  return negation?.commands === undefined || negation.commands.includes(command) ? negation : undefined;
}

/** What a setting is for, in the words of one command. */
export function wordsOf({ help, byCommand }: Setting, command: CommandName): string {
  return byCommand?.[command]?.help ?? help;
}

/** What help of a command says of a setting: its line, its default, its name in the environment. */
export function helpOf(setting: Setting, command?: CommandName): string {
  const words = command === undefined ? setting.help : wordsOf(setting, command);
  const shown = setting.default === false ? undefined : setting.default;
  const byDefault = shown === undefined ? '' : ` (default: ${showValue(shown)})`;
  return `${words}${byDefault}${setting.env === undefined ? '' : ` [${setting.env}]`}`;
}

/** A value in the words in which a user would give it; '' where there is none. */
export function showValue(value: unknown): string {
  if (value === undefined) return '';
  if (value === '\t') return 'tab';
  if (value instanceof RegExp) return value.source.replace(/^\^\(\?:(.*)\)\$$/s, '$1');
  if (Array.isArray(value)) return value.map(showPart).join(',');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([name, part]) => `${name}=${part}`)
      .join(',');
  return String(value);
}

/** A key as it may be shown: the last four characters of a long one, nothing of a short one. */
export function maskKey(key: string): string {
  return key.length < 16 ? '****' : `****${key.slice(-4)}`;
}

/** One element of a list: a name, or a field with what feeds it. */
function showPart(part: unknown): string {
  return typeof part === 'object' && part !== null ? Object.values(part).join('=') : String(part);
}
