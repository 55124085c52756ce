// Why a file cannot be mapped: columns that are missing, taken twice or not told, each with the flag that says it.

import type { CallField } from '../core/call.js';
import { shellQuoted } from '../core/display.js';
import { Problem, UserError } from '../core/errors.js';
import type { Table } from '../core/row.js';
import { suggest } from '../core/suggest.js';
import { quote } from './cell-text.js';
import { parseDateText } from './date-text.js';
import type { FieldSource, Sources } from './field-sources.js';
import { knownNames } from './header-names.js';

/** Throws a UserError where both sides of the call are read from one column. */
export function refuseOneColumn({ caller, to }: Sources, { file }: Table): void {
  if (caller.column === undefined || caller.column.index !== to.column?.index) return;
  throw new UserError(`${file}: caller and to are both read from the column ${caller.name}`, {
    hint: 'They are the two sides of a call: name another column for one of them.',
  });
}

/**
 * Throws a UserError where one of these fields is read from an item of a list: of the records of a document (`data.cdrs.0.src`), so
 * that one of many would be read, or of a record (`legs.0.to`), where nobody said so.
 */
export function refuseListItem(fields: readonly CallField[], sources: Sources, table: Table): void {
  const { file, columns, format, sample } = table;
  for (const field of fields) {
    const { column, by } = sources[field];
    const [before = '', list] = inList.exec(column?.name ?? '') ?? [];
    if (column === undefined || !columns.some((name) => name.startsWith(`${list}.1.`))) continue;
    if (by !== 'map')
      throw new UserError(
        `${file}: ${field} would be read from "${column.name}", the first of several in "${list}"`,
        {
          hint: `Export whole calls, one record each, or name the column that says it: --map ${field}=<column>`,
        },
      );
    // A list inside a record has fields of calls beside it.
    const beside = columns.filter((name) => !/\.\d+(?:\.|$)/.test(name));
    if (format === 'json' && sample.length <= 1 && knownNames(beside) < 2)
      throw new UserError(
        `${file}: --map ${field}=${column.name} would read only one record of the list "${list}"`,
        {
          hint: `To read the whole list: --path ${list} --map ${field}=${column.name.slice(before.length)}`,
        },
      );
  }
}

/** The name of a column in a list of its record, and the name of that list. */
const inList = /^(.+?)\.\d+\./;

/** The error for a file that names client and employee, and not who called. */
export function noWayToTell(
  { client, employee }: { readonly client: FieldSource; readonly employee: FieldSource },
  table: Table,
): UserError {
  const what = `${client.name} is the client and ${employee.name} the employee`;
  return new UserError(`${table.file}: ${what}, and no column says which of them called`, {
    hint: `${listColumns(table)} Say which one it is: --map type=<column>`,
  });
}

/** The error for a flag that names a column which is not there. */
export function noColumn(flag: string, name: string, table: Table): UserError {
  const near = suggest(name, table.columns);
  const meant = near === undefined ? '' : ` Did you mean "${near}"?`;
  return new UserError(`${table.file}: ${flag} names the column "${name}", which the file does not have`, {
    hint: `${listColumns(table)}${meant}`,
  });
}

const fromListMode =
  "If sqlite3 wrote it (.mode list), export it with names: sqlite3 -header -csv '<file>.db' 'SELECT * FROM <table>' >calls.csv. Else: ";

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
        (table.delimiter === '|' ? fromListMode : '') +
        `Name the columns in their order, with names of fields: uuid, date, caller, to, type, billsec; an empty name skips one: --columns <name>,<name>,… ` +
        `That line has ${table.columns.length} columns: ${table.columns.map(quote).join(', ')}.`,
    });
  const [only, ...more] = missing;
  if (only === 'uuid' && more.length === 0)
    return new UserError(`${table.file}: no column is known to hold uuid`, {
      hint: `To build one from other columns: --uuid-from date,caller,to,billsec. If a column holds it: --map uuid=<column>. ${listColumns(table)}`,
    });
  const [path, ...paths] = listsWithin(table);
  const areSides = missing.includes('caller') || missing.includes('to');
  const parties = areSides
    ? ', or --map client=<column> --map employee=<column> if the file names client and employee'
    : '';
  return new UserError(`${table.file}: no column is known to hold ${missing.join(', ')}`, {
    hint:
      path === undefined
        ? `${listColumns(table)} Say which one it is: ${flags.join(' ')}${parties}`
        : `The calls seem to be in a list of the file: --path ${[path, ...paths].map(shellQuoted).join(', or --path ')}`,
  });
}

/** Whether the cells of a line are values of a call: no known name among them, and at least two that no name looks like. */
function isData(cells: readonly string[]): boolean {
  return knownNames(cells) === 0 && cells.filter(isCallValue).length >= 2;
}

/** A date with its time, a telephone number or an id of digits, a UUID. */
function isCallValue(text: string): boolean {
  if (/^\+?\d[\d ()-]{5,}\d$|^\d{9,}\.\d+$|^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text))
    return true;
  const date = parseDateText(text, 'dmy');
  return !(date instanceof Problem) && date.kind === 'wall';
}

/** The paths to the lists in the one record that a JSON document was taken for (`foo.bar` of `foo.bar.0.uuid`); none in a file of several records. */
function listsWithin({ format, columns, sample }: Table): readonly string[] {
  if (format !== 'json' || sample.length !== 1) return [];
  const paths = columns.flatMap((name) => inList.exec(name)?.[1] ?? []);
  return [...new Set(paths)].slice(0, 5);
}

/** The columns of a file, for a hint. */
export function listColumns({ columns }: Table): string {
  const shown = columns.slice(0, 40).map((name) => `"${name}"`);
  const more = columns.length > shown.length ? ` and ${columns.length - shown.length} more` : '';
  return `Columns found: ${shown.join(', ') || 'none'}${more}.`;
}
