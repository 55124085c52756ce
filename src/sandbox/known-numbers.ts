// Which numbers contacts have: `--unknown-number`, `--contacts`.

import { readFileSync, statSync } from 'node:fs';
import type { parse } from 'csv-parse/sync';
import { UserError } from '../core/errors.js';
import type { Settings } from './options.js';

/** Whether a contact or company has a number. */
export type KnownNumbers = (phone: string) => boolean;

/** The part of a number by which API v4 finds a contact: its last 10 digits, as the vendor's page on calls says. */
export function lastDigits(phone: string): string {
  return phone.replace(/\D/g, '').slice(-10);
}

/**
 * Knows every number but those of `unknownNumber` and, where there is a file of contacts, those that are not in
 * it. The file is read again when it has changed; while it cannot be read, it counts as it was.
 *
 * @throws UserError where the file cannot be read at the start
 */
export async function createKnownNumbers({
  isUnknownNumber,
  contacts,
}: Pick<Settings, 'isUnknownNumber' | 'contacts'>): Promise<KnownNumbers> {
  const inFile =
    contacts === undefined ? () => true : createContacts(contacts, (await import('csv-parse/sync')).parse);
  return (phone) => !isUnknownNumber(phone.replace(/\D/g, '')) && inFile(phone);
}

function createContacts(file: string, parseCsv: typeof parse): KnownNumbers {
  let version = versionOf(file);
  let numbers = readNumbers(file, parseCsv);
  return (phone) => {
    try {
      const now = versionOf(file);
      if (now !== version) {
        numbers = readNumbers(file, parseCsv);
        version = now;
      }
    } catch {
      // Half written, or gone for a moment: the next request looks again.
    }
    return numbers.has(lastDigits(phone));
  };
}

function versionOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (cause) {
    throw new UserError(`contacts file ${file}: cannot be read`, { cause });
  }
}

/** The last digits of every number of a CSV, in whatever columns are headed by phone or телефон. */
function readNumbers(file: string, parseCsv: typeof parse): ReadonlySet<string> {
  const rows = rowsOf(file, parseCsv);
  const columns = (rows[0] ?? []).flatMap((name, index) => (/phone|телефон/i.test(name) ? [index] : []));
  if (columns.length === 0) {
    throw new UserError(`contacts file ${file}: has no column named phone or телефон`, {
      hint: 'Its first line must name the columns.',
    });
  }
  const cells = rows.slice(1).flatMap((row) => columns.map((column) => lastDigits(row[column] ?? '')));
  return new Set(cells.filter((digits) => digits !== ''));
}

function rowsOf(file: string, parseCsv: typeof parse): readonly (readonly string[])[] {
  try {
    return parseCsv(readFileSync(file), {
      bom: true,
      delimiter: [',', ';', '\t'],
      relax_column_count: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    throw new UserError(`contacts file ${file}: is not valid CSV`, { cause });
  }
}
