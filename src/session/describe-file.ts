// How a file is read and what was assumed, in words, with the command to run next.

import { zoneByIds } from '../core/contradiction.js';
import { fileQuoted, shellQuoted, utcOffset } from '../core/display.js';
import { isTabular } from '../core/row.js';
import { type Column, layTable, type Page } from '../output/table.js';
import { sanitise } from '../output/terminal.js';
import { wrap } from '../output/width.js';
import type { OpenedByGuess } from '../pipeline/assume.js';
import type { Opened } from '../pipeline/input-job.js';
import { checkCommand, findPreset, type Recognition, recognise } from '../records/preset-recognition.js';
import type { Plan } from '../records/read-records.js';
import type { OffsetEvidence } from '../records/zone-evidence.js';
import { describeEvidence, type ZonePlan } from '../records/zone-inference.js';
import { longFlag, showValue } from '../settings/setting.js';
import { type SettingName, settingNames, settingTable } from '../settings/table.js';
import type { Session } from './session.js';

/** What was found out about a file, in words: a label and what it says, in the order in which people ask. */
export type Facts = readonly (readonly [label: string, text: string])[];

/** A file, with the preset that was used unasked, if one was. */
type OpenedFile = Pick<Opened, 'table' | 'plan'> & Pick<OpenedByGuess, 'preset'>;

/** Says how a file is read: what it is, who wrote it, where its clock stands, what feeds each field. */
function factsOf(opened: OpenedFile, { settings }: Session): Facts {
  const { table, plan } = opened;
  const asked = settings.preset === 'none' ? undefined : settings.preset;
  const preset = opened.preset?.preset.name ?? asked;
  const found = preset === undefined ? recognise(table, table.file) : undefined;
  const becomes = new Map(Object.entries(preset === undefined ? {} : findPreset(preset).guide.becomes));
  const { format, encoding, delimiter, headerLine, columns } = table;
  const { dateOrder } = plan;
  const header = headerLine === undefined ? 'none' : `line ${headerLine}`;
  const facts: readonly (readonly [label: string, text: string | undefined])[] = [
    ['format', `${format}, ${encoding}`],
    ['delimiter', delimiter && nameOf(delimiter)],
    ['header', isTabular(format) ? `${header}, ${columns.length} columns` : undefined],
    ['preset', preset],
    ['looks like', found && likeness(found, table.file)],
    ['times', zoneOf(plan)],
    ['date order', dateOrder && `${orders[dateOrder.order]}: ${reasons[dateOrder.known]}`],
    // Of the fields that a preset feeds, its guide says it.
    ...plan.fields.map(
      ({ field, source }) =>
        [field, source.kind === 'preset' ? becomes.get(field) : source.what || undefined] as const,
    ),
    ['ignored', plan.ignored.length === 0 ? undefined : plan.ignored.join(', ')],
  ];
  return facts.flatMap(([label, text]) => (text === undefined ? [] : [[label, text] as const]));
}

function likeness({ preset, sure }: Recognition, file: string): string {
  return `${preset.title} (${Math.round(sure * 100)} % sure); no preset was used; try: ${checkCommand(file, preset.name)}`;
}

/** The facts of all files as programs read them: the name under `file`, then labels with what they say. */
export function factsOfFiles(
  opened: readonly OpenedFile[],
  session: Session,
): readonly Readonly<Record<string, string>>[] {
  return opened.map((one) => ({ file: one.table.file, ...Object.fromEntries(factsOf(one, session)) }));
}

/** The facts of all files as people read them. */
export function describeFiles(session: Session, opened: readonly OpenedByGuess[]): string {
  const { page } = session;
  const columns: readonly Column<readonly [string, string]>[] = [
    { title: '', of: ([label]) => label },
    { title: '', of: ([, text]) => text, wraps: true },
  ];
  return opened
    .map((one) => {
      const facts = layTable(columns, factsOf(one, session), page).split('\n').slice(1).join('\n');
      return `${headingOf(one, page)}${facts}\n`;
    })
    .join('');
}

/** What was assumed of a file, in words; where nothing was, its name. */
function headingOf(opened: OpenedByGuess, { style, width = Infinity }: Page): string {
  const { bold, yellow } = style;
  const warning = (text: string) => wrap(text, width).map((line) => yellow(bold(line)));
  const { table, plan, candidates, preset } = opened;
  const { zone, dateOrder } = plan;
  const file = sanitise(table.file);
  const others = candidates.filter((one) => one !== preset);
  const flags = assumedFlags(opened);
  const ids = isAssumed(zone) && zone.evidence !== undefined ? `${describeEvidence(zone.evidence)}.` : '';
  const looks =
    preset === undefined ? '' : `${file} looks like ${preset.preset.title} (${sureness(preset)}).`;
  const lines = [
    ...wrap([looks, looks === '' && ids !== '' ? `${file}: ${ids}` : ids].join(' ').trim(), width),
    ...(preset === undefined ? [] : others.map((other) => otherLine(other, table.file))),
    ...(zone.known === 'unknown' ? warning(unknownZone(zone.evidence)) : []),
    ...(dateOrder?.known === 'unknown' ? warning(unknownOrder) : []),
    ...(flags.length === 0 ? [] : [`With ${flags.map(shellQuoted).join(' ')} it gives:`]),
  ].filter((line) => line !== '');
  if (looks === '' && ids === '') lines.unshift(bold(file));
  return lines.map((line) => `${line}\n`).join('');
}

function sureness({ sure }: Recognition): string {
  return sure >= 0.9 ? 'sure' : `${Math.round(sure * 100)} % sure`;
}

function otherLine(other: Recognition, file: string): string {
  const { title, name } = other.preset;
  return `It may be ${title} too (${sureness(other)}): ${checkCommand(file, name)}`;
}

/** Whether a zone was not given, and is what the ids of the file say. */
export function isAssumed({ known }: ZonePlan): boolean {
  return known === 'ids' || known === 'machine';
}

function unknownZone(evidence: OffsetEvidence | undefined): string {
  const ids = evidence === undefined ? 'nothing in the file says it' : 'the unique ids say more than one';
  return `THE TIME ZONE IS NOT KNOWN: ${ids}. The dates below are shown in UTC for display only.`;
}

const unknownOrder =
  'THE ORDER OF DAY AND MONTH IS NOT KNOWN: nothing in the file says it. The dates below are shown as day/month for display only.';

/** The flags that a file needs beside those that were given, for import to do what this check looked at. */
export function assumedFlags({ preset, plan }: OpenedByGuess): readonly string[] {
  const { zone } = plan;
  return [
    ...(preset === undefined ? [] : ['--preset', preset.preset.name]),
    ...(isAssumed(zone) && zone.name !== undefined ? ['--timezone', zone.name] : []),
  ];
}

/** Settings of what was printed, not of what was read. */
const ofResults: ReadonlySet<SettingName> = new Set(['output', 'rows']);

/** A command that reads files as this check did, with flags that it assumed. */
export function commandFor(
  { settings, resolved }: Session,
  name: 'import' | 'check',
  { files, flags }: { readonly files: readonly string[]; readonly flags: readonly string[] },
): string {
  const given = settingNames
    .filter(
      (setting) =>
        resolved.sources[setting].kind === 'flag' && !flags.includes(longFlag(settingTable[setting]) ?? ''),
    )
    .filter((setting) => {
      const { commands } = settingTable[setting];
      return commands.includes('import') && !commands.includes('completion') && !ofResults.has(setting);
    })
    .flatMap((setting) => wordsOfFlag(setting, settings[setting]));
  return ['amocalls', name, ...files.map(fileQuoted), ...[...flags, ...given].map(shellQuoted)].join(' ');
}

function wordsOfFlag(name: SettingName, value: unknown): readonly string[] {
  const setting = settingTable[name];
  const flag = longFlag(setting) ?? '';
  if (value === true) return [flag];
  if (value === false) return setting.negation === undefined ? [] : [setting.negation.flag];
  const parts = setting.repeatable === true && Array.isArray(value) ? value : [value];
  return parts.flatMap((part) => [
    flag,
    showValue(Array.isArray(value) && setting.repeatable ? [part] : part),
  ]);
}

function nameOf(delimiter: string): string {
  return delimiter === '\t' ? 'tab' : `"${delimiter}"`;
}

function zoneOf({ zone }: Plan): string {
  const { evidence } = zone;
  const says =
    evidence === undefined
      ? ''
      : `; the unique ids say ${utcOffset(evidence.offset)} (${evidence.agree} of ${evidence.of} rows)`;
  if (zone.known === 'ids') return `each row at the offset of its unique id, assumed${says}`;
  if (zone.known === 'machine') return `in ${zone.name}, the zone of this machine, assumed${says}`;
  if (zone.known === 'unknown') return `zone not known, shown in UTC${says}`;
  if (zone.known === 'header') return `in ${zone.name}, as the header says${says}`;
  if (zone.known === 'values') return `every date says its zone${says}`;
  if (zone.known === 'none') return `no date could be read${says}`;
  if (zone.name === zoneByIds) return `each row at the offset of its unique id, as given${says}`;
  return `in ${zone.name}, as given${says}`;
}

const orders = { dmy: 'day/month', mdy: 'month/day' } as const;
const reasons = {
  option: 'as given',
  parts: 'one part is over 12',
  epoch: 'by the unique ids',
  unknown: 'not known, guessed',
} as const;
