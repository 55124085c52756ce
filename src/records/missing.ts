import type { CallField } from '../core/call.js';
import { UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { didYouMean } from '../core/suggest.js';

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
  const deeper = listWithin(table);
  return new UserError(`${table.file}: no column is known to hold ${missing.join(', ')}`, {
    hint:
      deeper !== undefined
        ? `The list of calls seems to stand deeper in it: --path ${deeper}`
        : `${listColumns(table)} Say which one it is: ${flags.join(' ')}`,
  });
}

/** Where all columns of a JSON file stand in one list (`foo.bar.0.uuid`), the path to it: `foo.bar`. */
function listWithin({ format, columns }: Table): string | undefined {
  if (format !== 'json') return undefined;
  const path = /^(.+?)\.0(\.|$)/.exec(columns[0] ?? '')?.[1];
  return columns.every((name) => name.startsWith(`${path}.0`)) ? path : undefined;
}
