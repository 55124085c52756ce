// What the settings say of how files and rows are read.

import { Problem, UserError } from '../core/errors.js';
import type { InputOptions } from '../input/open.js';
import { parseBound } from '../records/dates.js';
import { fieldsIn } from '../records/field-values.js';
import { knownNames } from '../records/header-names.js';
import type { Preset } from '../records/presets/preset.js';
import type { RecordOptions } from '../records/record-options.js';
import { describeSource } from '../settings/resolve.js';
import type { Environment } from './environment.js';

/** The preset that was asked for; `none` is none. Throws a UserError for one that is not known. */
export async function presetOf({ settings, resolved }: Environment): Promise<Preset | undefined> {
  if (settings.preset === undefined || settings.preset === 'none') return undefined;
  const { findPreset } = await import('../records/preset-recognition.js');
  const preset = findPreset(settings.preset);
  const { preset: source } = resolved.sources;
  return source.kind === 'profile' ? { ...preset, askedBy: describeSource(source) } : preset;
}

/** How files are opened. */
export function inputOptions({ settings }: Environment, preset: Preset | undefined): InputOptions {
  return {
    ...settings,
    delimiter: settings.delimiter ?? preset?.delimiter,
    knownNames,
    fieldsIn,
    nameColumns: preset?.nameColumns,
    unfold: preset?.unfold,
    unquoted: preset?.unquoted,
    allowsMoreCells: settings.allow?.includes('cells') === true,
  };
}

/**
 * How rows become calls.
 *
 * @param accountId of calls which name none; absent where nothing is sent
 * @throws UserError for a preset that is not known, for `--since` and `--until`
 */
export async function recordOptions(environment: Environment, accountId?: string): Promise<RecordOptions> {
  const { settings, context } = environment;
  const { map = [], set = [], typeMap, internal } = settings;
  const since = boundOf(environment, 'since');
  const until = boundOf(environment, 'until');
  if (since !== undefined && until !== undefined && since > until) {
    throw new UserError(`--since ${settings.since}: is later than --until ${settings.until}`, {
      hint: 'Swap the two dates.',
    });
  }
  return {
    ...settings,
    preset: await presetOf(environment),
    noPreset: settings.preset === 'none',
    map,
    set,
    typeMap: typeMap && new Map(Object.entries(typeMap)),
    internal: (digits) => digits.length <= longestNumber && internal.test(digits),
    accountId: accountId ?? settings.accountId,
    requireAccount: accountId !== undefined,
    dropRows: settings.rejects === undefined,
    since,
    until,
    now: () => Math.floor(context.now() / 1000),
  };
}

/** No extension is longer; with so few digits no pattern takes long. */
const longestNumber = 16;

function boundOf({ settings, context }: Environment, bound: 'since' | 'until'): number | undefined {
  const text = settings[bound];
  if (text === undefined) return undefined;
  const now = Math.floor(context.now() / 1000);
  const moment = parseBound(text, bound, {
    timezone: settings.timezone,
    order: settings.dateOrder,
    now,
  });
  if (!(moment instanceof Problem)) return moment;
  throw new UserError(`--${bound}: ${moment.text}`, {
    hint: 'Give a date such as 2024-11-01 with --timezone, or 2024-11-01T00:00:00+03:00.',
  });
}
