import { UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { didYouMean } from '../core/suggest.js';
import { indexColumns } from './columns.js';
import { allPresets } from './presets/index.js';
import type { NamedPreset } from './presets/preset.js';
import { presetAdvice } from './recognise.js';

/** Finds a preset by its name. Throws a UserError that names the nearest one. */
export function findPreset(name: string): NamedPreset {
  const wanted = name.trim().toLowerCase();
  const preset = allPresets.find((one) => one.name === wanted);
  if (preset !== undefined) return preset;
  const names = allPresets.map((one) => one.name);
  throw new UserError(`There is no preset "${name}".${didYouMean(wanted, names)}`, {
    hint: '"amocalls presets" lists them all.',
  });
}

/** Throws a UserError where a file cannot be of the phone system that was named. */
export function demandColumns(table: Table, { name, needs, refuse }: NamedPreset): void {
  // A JSON file without a readable record has no columns yet.
  if (table.columns.length === 0) return;
  const columns = indexColumns(table.columns);
  const has = (column: string) => columns.find(column) !== undefined;
  const why = refuse?.(has);
  if (why !== undefined)
    throw new UserError(`${table.file}: ${why}`, { hint: `See: amocalls presets ${name}` });
  const missing = needs.filter((alternatives) => !alternatives.some(has));
  if (missing.length === 0) return;
  const named = missing.map((alternatives) => alternatives.map((column) => `"${column}"`).join(' or '));
  throw new UserError(
    `${table.file}: the preset ${name} needs columns that the file does not have: ${named.join(', ')}`,
    {
      hint: presetAdvice(table) ?? `What it expects, and how to export it: amocalls presets ${name}`,
    },
  );
}
