// What a run works with: settings, and the outside as values.

import { version } from '../../package.json';
import type { Context } from '../context.js';
import type { RequestTrace } from '../destinations/destination.js';
import type { ResolvedSettings } from '../settings/resolve.js';
import { showValue } from '../settings/setting.js';
import { readingSettings, type Settings, settingNames } from '../settings/table.js';

/** Where a run says what is no outcome. */
export interface Notices {
  /** Something worth knowing, with what can be done. */
  readonly note: (text: string, hint?: string) => void;
  /** Something that is probably not meant. */
  readonly warn: (text: string, hint?: string) => void;
  /** A detail for `--verbose`. */
  readonly verbose: (text: string) => void;
}

/** What a run works with: its settings, and everything outside as values. */
export interface Environment {
  readonly context: Context;
  readonly resolved: ResolvedSettings;
  readonly settings: Settings;
  readonly messages: Notices;
  /** Takes every request that has ended. */
  readonly onRequest?: (request: RequestTrace) => void;
}

/** Names all that decides what the rows of a file become, and who gets them. */
export function readingKey({ settings }: Environment, identity: string): string {
  const names = settingNames.filter((name) => name in readingSettings.rows);
  const values = names.map((name) => showValue(settings[name]));
  // Calls that were passed over as changed are looked at once more when they may be corrected.
  return JSON.stringify([version, identity, values, ...(settings.correct ? ['correct'] : [])]);
}
