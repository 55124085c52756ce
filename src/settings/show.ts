import { maskPassword } from '../core/ledger-store.js';
import { describeSource, type ResolvedSettings } from './resolve.js';
import type { CommandName, Setting } from './setting.js';
import { type SettingGroup, settingNames, settingTable } from './table.js';

/** The settings that a command takes as flags, in the order of help: all of them, or those of one group. */
export function flagsOf(command: CommandName, group?: SettingGroup): readonly Setting[] {
  return Object.values<Setting>(group?.settings ?? settingTable).filter(
    ({ flags, commands }) => flags !== undefined && commands.includes(command),
  );
}

/** What help of a command says of a setting: its line, its default, its name in the environment. */
export function helpOf(setting: Setting, command?: CommandName): string {
  const words = (command && setting.helpFor?.[command]) ?? setting.help;
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

/** One line of `amocalls config`. */
interface ShownSetting {
  /** The name in a profile, or that of the long flag for what is not allowed there: `chunk_size`, `dry_run`. */
  readonly setting: string;
  /** As a user would write it; the key masked; '' where there is none. */
  readonly value: string;
  /** `--code`, `AMOCALLS_CODE`, `/home/me/.amocallsrc, profile "main", code`, `default`. */
  readonly source: string;
}

/** Every setting that a profile may hold, and which profile and file were chosen: value, source, the key masked. */
export function showSettings({ values, sources, profile }: ResolvedSettings): readonly ShownSetting[] {
  const shown = settingNames
    .filter((name) => settingTable[name].profile !== undefined)
    .map((name) => ({
      setting: settingTable[name].profile ?? name,
      value: settingTable[name].secret ? mask(values[name]) : maskPassword(showValue(values[name])),
      source: describeSource(sources[name]),
    }));
  if (!profile) return shown;
  const chosen = [
    { setting: 'profile', value: profile.name, source: describeSource(sources.profile) },
    { setting: 'config', value: profile.file, source: describeSource(sources.config) },
  ];
  return [...chosen, ...shown];
}

function mask(value: unknown): string {
  return typeof value === 'string' ? maskKey(value) : '';
}
