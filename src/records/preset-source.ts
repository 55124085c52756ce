import type { CallField } from '../core/call.js';
import { indexColumns } from './columns.js';
import type { InternalTest } from './internal.js';
import { cellReader, extensionTest } from './preset-cells.js';
import { type NamedPreset, type PresetField, presetFields } from './presets/preset.js';
import type { Source } from './sources.js';

/** Whether a preset feeds a field: all but the account. */
export function isPresetField(field: CallField): field is PresetField {
  return presetFields.some((known) => known === field);
}

/** Makes a source of a preset's rule for a file with these column names, which may grow. */
export function presetSource(
  field: PresetField,
  { fields, loose }: NamedPreset,
  { names, isInternal }: { readonly names: readonly string[]; readonly isInternal: InternalTest },
): Source {
  const { columns, read } = fields[field];
  if (columns.length === 0 && field === 'type') return { kind: 'derived' };
  if (columns.length === 0 && field === 'link') return { kind: 'none' };
  const index = indexColumns(names);
  const found = new Map<string, number>();
  for (const column of columns) {
    const at = index.find(column);
    if (at !== undefined) found.set(index.names[at] ?? column, at);
  }
  const cellOf = cellReader(names, loose);
  const isExtension = extensionTest(isInternal);
  return { kind: 'preset', columns: found, read: (cells) => read(cellOf(cells), isExtension) };
}
