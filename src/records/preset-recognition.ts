// Which preset fits a file, or has a name.

import { fileQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';
import { isTabular, readableCells, type Table } from '../core/row.js';
import { didYouMean } from '../core/suggest.js';
import { nearestForm } from './preset-reader.js';
import { allPresets } from './presets/index.js';
import type { FileSample, Preset } from './presets/preset.js';
import { Sample } from './sample.js';

/** A preset that fits a file. */
export interface Recognition {
  readonly preset: Preset;
  /** How sure that is, 0.5 to 1. */
  readonly sure: number;
}

/** So many rows are looked at: the first may be cut, or odd. */
const sampleRows = 100;

/** Below this, a likeness is not worth telling. */
const leastSure = 0.5;

/** Finds the phone system that wrote a file, by its columns and its name; the file was opened without a preset. */
export function recognise(
  table: Pick<Table, 'columns' | 'format' | 'sample'>,
  fileName: string,
): Recognition | undefined {
  return candidatesOf(table, fileName)[0];
}

/** All phone systems that may have written a file, the surest first. */
export function candidatesOf(
  { columns, format, sample }: Pick<Table, 'columns' | 'format' | 'sample'>,
  fileName: string,
): readonly Recognition[] {
  const rows = readableCells(sample).slice(0, sampleRows);
  const seen = new Sample(columns, rows);
  const look: FileSample = {
    columns,
    rows: isTabular(format) ? [columns, ...rows] : rows,
    texts: (column) => seen.find(column)?.texts ?? [],
    has: (names) => seen.has(names),
    fileName: fileName.split(/[\\/]/).at(-1) ?? '',
    isTabular: isTabular(format),
  };
  return allPresets
    .map((preset) => ({ preset, sure: preset.recognise(look) }))
    .filter(({ sure }) => sure >= leastSure)
    .sort((one, other) => other.sure - one.sure);
}

/** The command that shows what a preset makes of a file. */
export function checkCommand(file: string, preset: string): string {
  return `amocalls check ${fileQuoted(file)} --preset ${preset}`;
}

/** Says which preset a file may want, for the hint of an error; undefined where none fits but the one that was tried. */
export function presetAdvice(table: Table, tried?: string): string | undefined {
  const found = recognise(table, table.file);
  if (found === undefined || found.preset.name === tried) return undefined;
  const { title, name } = found.preset;
  return `It looks like a file of ${title}. Try: ${checkCommand(table.file, name)}`;
}

/**
 * Throws a UserError where the phone system of a file is known and its preset was not asked for: read as a table of anybody, its
 * rows would be sent as calls, though several of them are one.
 *
 * @param isMapped the user said which columns feed fields; then rows that are whole calls are read so
 */
export function refuseWithoutPreset(table: Table, isMapped: boolean): void {
  const found = recognise(table, table.file);
  if (found === undefined) return;
  const { title, name, rowsPerCall } = found.preset;
  if (rowsPerCall === 'one' && isMapped) return;
  const what = rowsPerCall === 'one' ? 'and no preset was given' : 'whose rows are parts of calls';
  throw new UserError(`${table.file}: looks like a file of ${title}, ${what}`, {
    hint: `Try: ${checkCommand(table.file, name)}. If every row is a call of its own: --preset none`,
  });
}

/** Finds a preset by its name. Throws a UserError that names the nearest one. */
export function findPreset(name: string): Preset {
  const wanted = name.trim().toLowerCase();
  const preset = allPresets.find((one) => one.name === wanted);
  if (preset !== undefined) return preset;
  const names = allPresets.map((one) => one.name);
  throw new UserError(`preset "${name}": there is no such preset${didYouMean(wanted, names)}`, {
    hint: '"amocalls presets" lists them all.',
  });
}

/** Throws a UserError where a file cannot be of the phone system that was named. */
export function requireColumns(table: Table, { name, forms, refuse, askedBy }: Preset): void {
  // A JSON file without a readable record has no columns yet.
  if (table.columns.length === 0) return;
  const columns = new Sample(table.columns);
  const why = refuse?.((names) => columns.has(names));
  if (why !== undefined)
    throw new UserError(`${table.file}: ${why}`, { hint: `See: amocalls presets ${name}` });
  const { missing } = nearestForm(forms, columns);
  if (missing.length === 0) return;
  const named = missing.map((column) => `"${column.replaceAll('|', '" or "')}"`);
  const whose = askedBy === undefined ? name : `${name} (${askedBy})`;
  const expected = `To see what it needs and how to export it: amocalls presets ${name}`;
  const without = 'To read the file without a preset: --preset none';
  throw new UserError(
    `${table.file}: the preset ${whose} needs columns that the file does not have: ${named.join(', ')}`,
    { hint: presetAdvice(table, name) ?? (askedBy === undefined ? expected : `${without} ${expected}`) },
  );
}
