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
  const { format, encoding, columns, path, sheet } = settings;
  return {
    format,
    encoding,
    delimiter: settings.delimiter ?? preset?.delimiter,
    columns,
    path,
    sheet,
    knownNames,
    fieldsIn,
    nameColumns: preset?.nameColumns,
    unfold: preset?.unfold,
    unquoted: preset?.unquoted,
    allowsMoreCells: settings.allow?.includes('cells') === true,
  };
}

/** How rows become calls; `accountId` is that of calls which name none. Throws a UserError for `--since` and `--until`. */
export async function recordOptions(
  environment: Environment,
  accountId: string | undefined,
): Promise<RecordOptions> {
  const { settings, context } = environment;
  const {
    map = [],
    set = [],
    timezone,
    country,
    internal,
    typeMap,
    uuidFrom,
    dateOrder,
    durations,
    inboundLayout,
  } = settings;
  const since = boundOf(environment, 'since');
  const until = boundOf(environment, 'until');
  if (since !== undefined && until !== undefined && since > until) {
    throw new UserError(`--since ${settings.since}: is later than --until ${settings.until}`, {
      hint: 'Swap the two dates.',
    });
  }
  return {
    map,
    set,
    timezone,
    country,
    uuidFrom,
    dateOrder,
    durations,
    inboundLayout,
    noPreset: settings.preset === 'none',
    keepRows: settings.keepRows,
    recordingsUrl: settings.recordingsUrl,
    allow: settings.allow,
    settle: settings.settle,
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
