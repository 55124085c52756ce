import type { Table } from '../core/row.js';
import { indexColumns } from './columns.js';
import { allPresets } from './presets/index.js';
import type { Look, NamedPreset } from './presets/preset.js';

/** A preset that fits a file. */
export interface Recognition {
  readonly preset: NamedPreset;
  /** How sure that is, 0.5 to 1. */
  readonly sure: number;
}

/** Below this, a likeness is not worth telling. */
const leastSure = 0.5;

/** Finds the phone system that wrote a file, by its columns, its first rows and its name; the file was opened without a preset. */
export function recognise(
  { columns, sample, format }: Pick<Table, 'columns' | 'sample' | 'format'>,
  fileName: string,
): Recognition | undefined {
  const index = indexColumns(columns);
  const look: Look = {
    columns,
    has: (column) => index.find(column) !== undefined,
    rows: sample.slice(0, 20).map((row) => row.cells),
    fileName: fileName.split(/[\\/]/).at(-1) ?? '',
    isCsv: format === 'csv',
  };
  let best: Recognition | undefined;
  for (const preset of allPresets) {
    const sure = preset.recognise(look);
    if (sure >= leastSure && sure > (best?.sure ?? 0)) best = { preset, sure };
  }
  return best;
}

/** The command that shows what a preset makes of a file. */
export function checkCommand(file: string, preset: string): string {
  const name = /^[\w./:@%+=,-]+$/.test(file) ? file : `'${file.replaceAll("'", "'\\''")}'`;
  return `amocalls check ${name} --preset ${preset}`;
}

/** Says which preset a file may want, for the hint of an error; undefined where none fits. */
export function presetAdvice(table: Table): string | undefined {
  const found = recognise(table, table.file);
  if (found === undefined) return undefined;
  const { title, name } = found.preset;
  return `It looks like a file of ${title}. Try: ${checkCommand(table.file, name)}`;
}
