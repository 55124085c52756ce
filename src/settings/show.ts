import { maskKey } from './key.js';
import { describeSource, type ResolvedSettings } from './resolve.js';
import { settingNames, settingTable, showValue } from './table.js';

/** One line of `amocalls config`. */
export interface ShownSetting {
  /** The name in a profile, or the long flag's for what may not stand there: `chunk_size`, `dry_run`. */
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
      value: settingTable[name].secret ? mask(values[name]) : showValue(values[name]),
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
