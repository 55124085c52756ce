// Lists the presets, explains one.

import { exitCodes } from '../core/errors.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { layTable } from '../output/table.js';
import type { Style } from '../output/terminal.js';
import { wrap } from '../output/width.js';
import { allPresets } from '../records/presets/index.js';
import type { NamedPreset } from '../records/presets/preset.js';
import { findPreset } from '../records/recognise.js';
import type { CommandRun } from '../session/command.js';
import { openSession, type Session } from '../session/session.js';

/** Lists the phone systems whose files are known, or explains one of them. */
export const presets: CommandRun = async (invocation) => {
  const session = await openSession(invocation, { withProfile: false });
  const { args, settings, context } = session;
  const [name] = args;
  const byName = (one: NamedPreset, other: NamedPreset) => one.name.localeCompare(other.name, 'en');
  const shown = name === undefined ? allPresets.toSorted(byName) : [findPreset(name)];
  const words = () =>
    name === undefined ? listing(session, shown) : shown.map((one) => page(session, one)).join('');
  await print(context.stdout, recordsText('presets', shown.map(describe), settings.output) ?? words());
  return exitCodes.ok;
};

const zones = { values: 'in the file', asked: '--timezone' } as const satisfies Record<
  NamedPreset['zone'],
  string
>;

const certainties = {
  file: 'tested with a real file',
  code: "written after the system's own code",
  doc: "written after the vendor's documentation, without a real file",
  literal: 'written after programs that read such files, without a real file',
} as const satisfies Record<NamedPreset['certainty'], string>;

function listing({ page: paper }: Session, shown: readonly NamedPreset[]): string {
  const columns = [
    { title: 'preset', paint: paper.style.bold },
    { title: 'zone' },
    { title: 'phone system', wraps: true },
  ];
  const rows = shown.map(({ name, title, zone }) => [name, zones[zone], title]);
  const table = layTable(columns, rows, paper);
  return `${table}\n${paper.style.dim('To see one and how to export from it: amocalls presets <name>')}\n`;
}

/** One preset, to be read from top to bottom. */
function page({ page: { style }, context }: Session, preset: NamedPreset): string {
  const { name, title, versions, looks, clock, zone, certainty, guide } = preset;
  const width = Math.min(context.stdout.isTTY ? context.stdout.columns : 100, 100);
  const list = (marks: (at: number) => string, texts: readonly string[]) =>
    texts.flatMap((text, at) => item(marks(at), text, width));
  const fields = Object.entries(guide.becomes).map(([field, from]) => [`  ${field}`, from]);
  return [
    `${style.bold(name)}  ${title}`,
    '',
    ...item('Versions  ', versions, width),
    ...item('File      ', looks, width),
    ...item('Clock     ', `${clock}${zone === 'asked' ? '; give it with --timezone' : ''}`, width),
    ...item('Certainty ', certainties[certainty], width),
    ...titled(
      'How to export',
      list((at) => `  ${at + 1}. `, guide.steps),
      style,
    ),
    ...titled('What becomes what', tableLines(fields, width), style),
    ...titled(
      'What is lost',
      list(() => '  - ', guide.lost),
      style,
    ),
    ...titled('Try', [`  ${guide.example}`], style),
    '',
  ].join('\n');
}

function titled(title: string, lines: readonly string[], style: Style): readonly string[] {
  return ['', style.bold(title), ...lines];
}

function tableLines(rows: readonly (readonly string[])[], width: number): readonly string[] {
  const longest = Math.max(...rows.map(([field = '']) => field.length));
  return rows.flatMap(([field = '', from = '']) => item(field.padEnd(longest + 2), from, width));
}

/** A text behind a mark, broken into lines that begin under its first word. */
function item(mark: string, text: string, width: number): readonly string[] {
  const [first = '', ...more] = wrap(text, Math.max(width - mark.length, 20));
  return [mark + first, ...more.map((line) => ' '.repeat(mark.length) + line)];
}

/** What programs get; the names are a promise. */
function describe({ name, title, versions, looks, zone, clock, certainty, guide }: NamedPreset) {
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
