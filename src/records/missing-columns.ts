import type { CallField } from '../core/call.js';
import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { didYouMean } from '../core/suggest.js';
import { quote } from './cell-text.js';
import { parseDateText } from './date-text.js';
import { knownNames } from './header-names.js';

/** The columns of a file, for a hint. */
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

/** The error for fields that no column feeds and no flag sets; its hint says where they may be. */
export function missingFields(missing: readonly CallField[], table: Table): UserError {
  const flags = missing.map((field) =>
    field === 'uuid'
      ? '--map uuid=<column> (or --uuid-from date,caller,to,billsec)'
      : `--map ${field}=<column>`,
  );
  if (table.headerLine !== undefined && isData(table.columns))
    return new UserError(`${table.file}: line ${table.headerLine} is data, not a header`, {
      hint:
        `Name the columns in their order: --columns uuid,date,caller,to,,billsec; an empty name skips one. ` +
        `That line has ${table.columns.length}: ${table.columns.map(quote).join(', ')}.`,
    });
  const deeper = listWithin(table);
  return new UserError(`${table.file}: no column is known to hold ${missing.join(', ')}`, {
    hint:
      deeper !== undefined
        ? `The list of calls seems to be deeper in the file: --path ${deeper}`
        : `${listColumns(table)} Say which one it is: ${flags.join(' ')}`,
  });
}

/** Whether the cells of a line are values of a call: no known name among them, and at least two that no name looks like. */
function isData(cells: readonly string[]): boolean {
  return knownNames(cells) === 0 && cells.filter(isValue).length >= 2;
}

/** A date with its time, a telephone number or an id of digits, a UUID. */
function isValue(text: string): boolean {
  if (/^\+?\d[\d ()-]{5,}\d$|^\d{9,}\.\d+$|^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text))
    return true;
  const date = parseDateText(text, 'dmy');
  return !(date instanceof Problem) && date.kind === 'wall';
}

/** Where all columns of a JSON file stand in one list (`foo.bar.0.uuid`), the path to it: `foo.bar`. */
function listWithin({ format, columns }: Table): string | undefined {
  if (format !== 'json') return undefined;
  const path = /^(.+?)\.0(\.|$)/.exec(columns[0] ?? '')?.[1];
  return columns.every((name) => name.startsWith(`${path}.0`)) ? path : undefined;
}
