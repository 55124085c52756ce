// Lists the presets, explains one.

import { exitCodes } from '../core/errors.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { type Column, layTable } from '../output/table.js';
import { wrap } from '../output/width.js';
import { findPreset } from '../records/preset-recognition.js';
import { allPresets } from '../records/presets/index.js';
import type { Preset } from '../records/presets/preset.js';
import type { CommandRun } from '../session/command.js';
import { openSession, type Session } from '../session/session.js';

/** Lists the phone systems whose files are known, or explains one of them. */
export const presets: CommandRun = async (invocation) => {
  const session = await openSession(invocation, { withProfile: false });
  const { args, settings, context } = session;
  const [name] = args;
  const byName = (one: Preset, other: Preset) => one.name.localeCompare(other.name, 'en');
  const shown = name === undefined ? allPresets.toSorted(byName) : [findPreset(name)];
  const words = () =>
    name === undefined ? listing(session, shown) : shown.map((one) => page(session, one)).join('');
  await print(context.stdout, recordsText('presets', shown.map(describe), settings.output) ?? words());
  return exitCodes.ok;
};

const zones = { values: 'in the file', asked: '--timezone' } as const satisfies Record<
  Preset['zone'],
  string
>;

const certainties = {
  file: 'tested with a real file',
  code: "written after the system's own code",
  doc: "written after the vendor's documentation, without a real file",
  literal: 'written after programs that read such files, without a real file',
} as const satisfies Record<Preset['certainty'], string>;

function listing({ page: paper }: Session, shown: readonly Preset[]): string {
  const columns: readonly Column<Preset>[] = [
    { title: 'preset', of: ({ name }) => name, paint: paper.style.bold },
    { title: 'zone', of: ({ zone }) => zones[zone] },
    { title: 'phone system', of: ({ title }) => title, wraps: true },
  ];
  const table = layTable(columns, shown, paper);
  return `${table}\n${paper.style.dim('To see one and how to export from it: amocalls presets <name>')}\n`;
}

/** One preset, to be read from top to bottom. */
function page({ page: { style }, context }: Session, preset: Preset): string {
  const { name, title, versions, looks, clock, zone, certainty, guide } = preset;
  const width = Math.min(context.stdout.isTTY ? context.stdout.columns : 100, 100);
  const becomes = Object.entries(guide.becomes);
  const longest = Math.max(...becomes.map(([field]) => field.length));
  const parts: readonly (readonly [
    title: string,
    items: readonly (readonly [mark: string, text: string])[],
  ])[] = [
    ['How to export', guide.steps.map((step, at) => [`  ${at + 1}. `, step])],
    ['What becomes what', becomes.map(([field, from]) => [`  ${field.padEnd(longest + 2)}`, from])],
    ['What is lost', guide.lost.map((text) => ['  - ', text])],
  ];
  return [
    `${style.bold(name)}  ${title}`,
    '',
    ...item('Versions  ', versions, width),
    ...item('File      ', looks, width),
    ...item('Clock     ', `${clock}${zone === 'asked' ? '; give it with --timezone' : ''}`, width),
    ...item('Certainty ', certainties[certainty], width),
    ...parts.flatMap(([heading, items]) => [
      '',
      style.bold(heading),
      ...items.flatMap(([mark, text]) => item(mark, text, width)),
    ]),
    '',
    style.bold('Try'),
    `  ${guide.example}`,
    '',
  ].join('\n');
}

/** A text behind a mark, broken into lines that begin under its first word. */
function item(mark: string, text: string, width: number): readonly string[] {
  const [first = '', ...more] = wrap(text, Math.max(width - mark.length, 20));
  return [mark + first, ...more.map((line) => ' '.repeat(mark.length) + line)];
}

/** What programs get; the names are a promise. */
function describe({ name, title, versions, looks, zone, clock, certainty, guide }: Preset) {
  return {
    name,
    title,
    versions,
    looks,
    zone,
    clock,
    certainty,
    export: guide.steps,
    becomes: guide.becomes,
    lost: guide.lost,
    example: guide.example,
  };
}
