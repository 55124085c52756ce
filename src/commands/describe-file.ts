import type { CallField } from '../core/call.js';
import { layTable } from '../output/table.js';
import type { Opened } from '../pipeline/read-calls.js';
import type { Source } from '../records/field-sources.js';
import { presetParts } from '../records/mapping.js';
import type { Plan } from '../records/read-records.js';
import { checkCommand, type Recognition, recognise } from '../records/recognise.js';
import { formatOffset } from '../records/time-zones.js';
import { longFlag, type SettingName, settingNames, settingTable, showValue } from '../settings/table.js';
import type { Session } from './session.js';

/** What was found out about a file, in words: a label and what it says, in the order in which people ask. */
export type Facts = readonly (readonly [label: string, text: string])[];

/** Says how a file is read: what it is, who wrote it, where its clock stands, what feeds each field. */
function factsOf({ table, plan }: Opened, { settings: { preset } }: Session): Facts {
  const found = preset === undefined ? recognise(table, table.file) : undefined;
  const { format, encoding, delimiter, headerLine, columns } = table;
  const header = headerLine === undefined ? 'none' : `line ${headerLine}`;
  return [
    ['format', `${format}, ${encoding}`],
    ...(delimiter === undefined ? [] : [['delimiter', nameOf(delimiter)] as const]),
    ...(format === 'csv' ? [['header', `${header}, ${columns.length} columns`] as const] : []),
    ...(preset === undefined ? [] : [['preset', preset] as const]),
    ...(found === undefined ? [] : [['looks like', likeness(found, table.file)] as const]),
    ['times', zoneOf(plan)],
    ...(plan.dateOrder === undefined ? [] : [['date order', orderOf(plan.dateOrder)] as const]),
    ...plan.fields.flatMap(({ field, source }) => {
      const words = wordsOf(field, source);
      return words === undefined ? [] : [[field, words] as const];
    }),
    ...(plan.ignored.length === 0 ? [] : [['ignored', plan.ignored.join(', ')] as const]),
  ];
}

function likeness({ preset, sure }: Recognition, file: string): string {
  return `${preset.title} (${Math.round(sure * 100)} % sure); no preset was used, try: ${checkCommand(file, preset.name)}`;
}

/** The facts of all files as programs read them: the name under `file`, then labels with what they say. */
export function factsOfFiles(
  opened: readonly Opened[],
  session: Session,
): readonly Readonly<Record<string, string>>[] {
  return opened.map((one) => ({ file: one.table.file, ...Object.fromEntries(factsOf(one, session)) }));
}

/** The facts of all files as people read them. */
export function describeFiles(session: Session, opened: readonly Opened[]): string {
  const { style } = session;
  const columns = [{ title: '' }, { title: '', wraps: true }];
  return opened
    .map((one) => {
      const facts = layTable(columns, factsOf(one, session), { style }).split('\n').slice(1).join('\n');
      return `${style.bold(one.table.file)}\n${facts}\n`;
    })
    .join('');
}

/** The import command that does what this check looked at. */
export function importCommand({ args, settings, resolved }: Session): string {
  const given = settingNames.filter((name) => resolved.sources[name].kind === 'flag');
  const flags = given
    .filter(
      (name) =>
        settingTable[name].commands.includes('import') && !settingTable[name].commands.includes('completion'),
    )
    .flatMap((name) => wordsOfFlag(name, settings[name]));
  return ['amocalls import', ...args, ...flags]
    .map((word, at) => (at === 0 ? word : shellQuoted(word)))
    .join(' ');
}

function wordsOfFlag(name: SettingName, value: unknown): readonly string[] {
  const setting = settingTable[name];
  const flag = longFlag(setting) ?? '';
  if (value === true) return [flag];
  if (value === false) return setting.negated === undefined ? [] : [setting.negated];
  const parts = setting.repeatable === true && Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => [
    flag,
    showValue(Array.isArray(value) && setting.repeatable ? [part] : part),
  ]);
}

function shellQuoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function nameOf(delimiter: string): string {
  return delimiter === '\t' ? 'tab' : `"${delimiter}"`;
}

function zoneOf({ zone }: Plan): string {
  const { evidence } = zone;
  const says =
    evidence === undefined
      ? ''
      : `; the unique ids say UTC${formatOffset(evidence.offset)} (${evidence.agree} of ${evidence.of} rows)`;
  if (zone.known === 'values') return `every date says its zone${says}`;
  return zone.known === 'none' ? `no date could be read${says}` : `in ${zone.name}, as you said${says}`;
}

const orders = { dmy: 'day/month', mdy: 'month/day' } as const;
const reasons = {
  option: 'as you said',
  parts: 'a part over 12 tells',
  epoch: 'the unique ids tell',
} as const;

function orderOf({ order, known }: NonNullable<Plan['dateOrder']>): string {
  return `${orders[order]}: ${reasons[known]}`;
}

/** What feeds a field; undefined where nothing does. */
function wordsOf(field: CallField, source: Source): string | undefined {
  switch (source.kind) {
    case 'column':
      return `column "${source.column}"${source.by === 'alias' ? ' (a known name)' : ''}`;
    case 'template':
      return `made of ${source.template}`;
    case 'preset':
      if (source.columns.size > 0) return `by the preset, from ${[...source.columns.keys()].join(', ')}`;
      return field === 'uuid' ? `by the preset, a hash of ${presetParts.join(', ')}` : undefined;
    case 'constant':
      return `always "${source.value}"`;
    case 'built':
      return `a hash of ${source.from.join(', ')}`;
    case 'derived':
      return 'from which side is an extension';
    case 'given':
      return `${source.value}, of the profile`;
    default:
      return undefined;
  }
}
