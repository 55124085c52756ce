// What a run works with: settings, and the outside as values.

import { version } from '../../package.json';
import type { Context } from '../context.js';
import type { Checkpoints } from '../core/ledger-store.js';
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

/** For whom calls are read. */
export interface ReadTarget {
  /** The account of calls that name none. */
  readonly accountId: string;
  /** Nobody looks: files are read on from where the last run left them. By default a person does. */
  readonly isUnattended?: boolean;
  /** Where it is kept how far files are done; absent where nothing is remembered. */
  readonly memory?: CheckpointPlace | undefined;
}

/** Where it is kept how far files are done, by a reading that is for somebody. */
export interface CheckpointPlace {
  readonly checkpoints: Checkpoints;
  /** Address, code and account of those who get the calls. */
  readonly recipient: string;
  /** Names all that decides what the rows become. */
  readonly reading: string;
}

/** Names all that decides what the rows of a file become, and who gets them. */
export function readingKey({ settings }: Environment, identity: string): string {
  const names = settingNames.filter((name) => name in readingSettings.rows);
  const values = names.map((name) => showValue(settings[name]));
  // Calls that were passed over as changed are looked at once more when they may be corrected.
  return JSON.stringify([version, identity, values, ...(settings.correct ? ['correct'] : [])]);
}
