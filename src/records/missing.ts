import type { CallField } from '../core/call.js';
import { UserError } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import type { Table } from '../core/row.js';

function listColumns({ columns }: Table): string {
  const shown = columns.slice(0, 40).map((name) => `"${name}"`);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  return `Columns found: ${shown.join(', ') || 'none'}${more}.`;
}

/** The error for a flag that names a column which is not there. */
export function noColumn(flag: string, name: string, table: Table): UserError {
  return new UserError(`${table.file}: ${flag} names the column "${name}", which the file does not have`, {
    hint: `${listColumns(table)}${didYouMean(name, table.columns)}`,
  });
}

/** The error for fields that no column feeds and no flag sets. */
export function missingFields(missing: readonly CallField[], table: Table): UserError {
  const flags = missing.map((field) =>
    field === 'uuid'
      ? '--map uuid=<column> (or --uuid-from date,caller,to,billsec)'
      : `--map ${field}=<column>`,
  );
  return new UserError(`${table.file}: no column is known to hold ${missing.join(', ')}`, {
    hint: `${listColumns(table)} Say which one it is: ${flags.join(' ')}`,
  });
}
