import { callSettings } from './call.js';
import { credentialSettings } from './credentials.js';
import { outputSettings } from './output.js';
import { readingSettings } from './reading.js';
import { sandboxSettings } from './sandbox.js';
import { sendingSettings } from './sending.js';
import type { CommandName, Setting, ValueOf } from './setting.js';

/** The one table of settings: flags, environment names, profile keys, defaults, help and types come from here. */
const settings = {
  ...callSettings,
  ...readingSettings,
  ...credentialSettings,
  ...sendingSettings,
  ...sandboxSettings,
  ...outputSettings,
} as const satisfies Record<string, Setting>;

/** The name of a setting in code, which is the name under which Commander hands over its flag: `chunkSize`. */
export type SettingName = keyof typeof settings;

/** The value of every setting. Paths are absolute, `timeout` is in seconds, `rate` in requests a second. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

/** The same table where the type of a single value does not matter. */
export const settingTable: Readonly<Record<SettingName, Setting>> = settings;

/** Whether a word is the name of a setting. */
function isSettingName(word: string): word is SettingName {
  return Object.hasOwn(settings, word);
}

/** All names, in the order of help. */
export const settingNames: readonly SettingName[] = Object.keys(settings).filter(isSettingName);

/** Settings that help shows under one title. */
export interface Theme {
  readonly title: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

/** All themes, in the order of help; together they are the table. */
export const themes: readonly Theme[] = [
  { title: 'The call', settings: callSettings },
  { title: 'Reading', settings: readingSettings },
  { title: 'Account', settings: credentialSettings },
  { title: 'Sending', settings: sendingSettings },
  { title: 'The stand-in', settings: sandboxSettings },
  { title: 'Output', settings: outputSettings },
];

/** The settings that a command takes as flags, in the order of help: all of them, or those of one theme. */
export function flagsOf(command: CommandName, theme?: Theme): readonly Setting[] {
  return Object.values<Setting>(theme?.settings ?? settings).filter(
    ({ flags, commands }) => flags !== undefined && commands.includes(command),
  );
}

/** The long flag of a setting, `--chunk-size`; undefined for what is never a flag. */
export function longFlag(setting: Setting): string | undefined {
  return setting.flags?.match(/--[a-z-]+/)?.[0];
}

/** What help says of a setting: its line, its default, its name in the environment. */
export function helpOf(setting: Setting): string {
  const shown = setting.default === false ? undefined : setting.default;
  const byDefault = shown === undefined ? '' : ` (default: ${showValue(shown)})`;
  return `${setting.help}${byDefault}${setting.env === undefined ? '' : ` [${setting.env}]`}`;
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

/** One element of a list: a name, or a field with what feeds it. */
function showPart(part: unknown): string {
  return typeof part === 'object' && part !== null ? Object.values(part).join('=') : String(part);
}
