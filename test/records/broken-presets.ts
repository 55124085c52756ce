import { UserError } from '../../src/core/errors.js';
import { isTabular, type Row, type Table } from '../../src/core/row.js';
import { candidatesOf, findPreset } from '../../src/records/preset-recognition.js';
import type { Preset } from '../../src/records/presets/preset.js';
import { read, tableOf } from './in-memory-table.js';
import { expectedOf, fixtures, flagOf, open } from './preset-fixtures.js';

/** A file of a phone system in memory, to be broken. */
export interface PresetFile {
  readonly file: string;
  readonly preset: Preset;
  readonly timezone: string | undefined;
  readonly format: Table['format'];
  /** Whether its first line names the columns; else their places do. */
  readonly hasHeader: boolean;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is left of a file when one thing of it is broken. */
export interface BrokenFile extends PresetFile {
  /** What was done to it. */
  readonly what: string;
}

/** All files of `fixtures/presets`. */
export async function presetFiles(): Promise<readonly PresetFile[]> {
  const files: PresetFile[] = [];
  for (const { file, expected } of fixtures()) {
    const known = expectedOf(expected);
    const preset = findPreset(flagOf(known, '--preset') ?? '');
    const { columns, sample, headerLine, format } = await open(file, preset);
    files.push({
      file,
      preset,
      timezone: flagOf(known, '--timezone'),
      format,
      hasHeader: !isTabular(format) || headerLine !== undefined,
      columns,
      rows: sample.map(({ cells }) =>
        columns.map((_, at) => cells[at] ?? '').concat(cells.slice(columns.length)),
      ),
    });
  }
  return files;
}

const withColumn = (rows: PresetFile['rows'], edit: (cells: readonly string[]) => readonly string[]) =>
  rows.map(edit);

/** What a text is, as far as it tells by itself. */
function kindOf(text: string): string {
  if (/^1\d{9}$/.test(text)) return 'time';
  if (/^\d{1,8}$/.test(text)) return 'number';
  if (/^\+?\d{9,15}$/.test(text)) return 'telephone';
  if (/^\d{4}-\d\d-\d\d/.test(text)) return 'time';
  if (/^[\w-]*\d{10}\.\d+$/.test(text)) return 'id';
  return 'text';
}

/** Whether nobody could tell two columns apart by their cells: no row has another kind of text in the one than in the other. */
function isAlike(rows: PresetFile['rows'], one: number, other: number): boolean {
  return rows.every((cells) => {
    const [left = '', right = ''] = [cells[one], cells[other]];
    return left === '' || right === '' || kindOf(left) === kindOf(right);
  });
}

/** Whether a column is none of the file: `unfold` makes it, of several fields of a record. */
function isMade({ format, preset: { name, unfold } }: PresetFile, column: string): boolean {
  return unfold !== undefined && !isTabular(format) && madeByUnfold[name] === column;
}

const madeByUnfold: Readonly<Record<string, string>> = { ringcentral: 'takenBy', grandstream: 'session' };

/** Every way to break one thing of a file. Two columns whose cells are of one kind are not exchanged: no program could see it. */
export function* breaksOf(whole: PresetFile): Generator<BrokenFile> {
  const { columns, rows, hasHeader } = whole;
  for (const [at, column] of columns.entries()) {
    if (isMade(whole, column)) continue;
    const dropped = withColumn(rows, (cells) => cells.toSpliced(at, 1));
    yield { ...whole, what: `without ${column}`, columns: columns.toSpliced(at, 1), rows: dropped };
    if (hasHeader)
      yield { ...whole, what: `${column} under another name`, columns: columns.with(at, 'Spalte 7') };
    for (const [other, name] of columns.entries()) {
      if (other <= at || isAlike(rows, at, other) || isMade(whole, name)) continue;
      const exchanged = hasHeader
        ? { columns: columns.with(at, name).with(other, column) }
        : {
            rows: withColumn(rows, (cells) =>
              cells.with(at, cells[other] ?? '').with(other, cells[at] ?? ''),
            ),
          };
      yield { ...whole, what: `${column} and ${name} exchanged`, ...exchanged };
    }
  }
  for (const [line, cells] of rows.entries()) {
    for (const [at, column] of columns.entries()) {
      if (cells[at] !== '' && !isMade(whole, column))
        yield { ...whole, what: `${column} of row ${line} empty`, rows: rows.with(line, cells.with(at, '')) };
      if (isTabular(whole.format) && cells.slice(0, at).some((cell) => cell !== ''))
        yield {
          ...whole,
          what: `row ${line} cut before ${column}`,
          rows: rows.with(line, cells.slice(0, at)),
        };
    }
    yield { ...whole, what: `row ${line} twice`, rows: rows.toSpliced(line, 0, cells) };
  }
}

/** The zones that a file is read in by mistake. */
export const otherZones = ['UTC', 'Europe/Berlin', 'Asia/Omsk', '+05:30', '-03:00', 'America/Bogota'];

/** The calls of a file, by the fields of calls/add; none where it is refused. */
async function callsOf(
  { columns, rows, format }: Pick<PresetFile, 'columns' | 'rows' | 'format'>,
  preset: Preset | undefined,
  timezone: string | undefined,
): Promise<readonly string[]> {
  const asRead = (cells: readonly string[], line: number): Row =>
    isTabular(format) && preset?.unquoted === undefined && cells.length > columns.length
      ? { line: line + 1, cells, problem: 'it has too many cells' }
      : { line: line + 1, cells };
  try {
    const table = tableOf(columns, rows.map(asRead), { format });
    const { calls } = await read(table, { preset, timezone, settle: 0 });
    return calls.map(({ uuid, caller, to, date, type, billsec }) =>
      [type, caller, to, billsec, date, uuid].join(' '),
    );
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}

/** Reads a file with the preset that it was made with. */
export function callsWithPreset(file: PresetFile): Promise<readonly string[]> {
  const { preset, rows, hasHeader, timezone } = file;
  const named = hasHeader ? file.columns : preset.nameColumns?.(rows);
  return named === undefined ? Promise.resolve([]) : callsOf({ ...file, columns: named }, preset, timezone);
}

/** Whether `check` knows the phone system of a file by its columns; what `unfold` has made of a record is not what it looks at. */
export function isRecognised({ columns, rows, hasHeader, format, file, preset }: PresetFile): boolean {
  const [first = [], ...others] = rows;
  const sample = (hasHeader ? rows : others).map((cells, line) => ({ line: line + 1, cells }));
  return candidatesOf({ columns: hasHeader ? columns : first, format, sample }, file)[0]?.preset === preset;
}

/** Reads a file as `check` does without flags: with the preset that it looks like, or without any. */
export function callsUnasked(file: PresetFile): Promise<readonly string[]> {
  const { columns, rows, hasHeader, format, timezone } = file;
  const [first = [], ...others] = rows;
  const sample = (hasHeader ? rows : others).map((cells, line) => ({ line: line + 1, cells }));
  const table = { columns: hasHeader ? columns : first, format, sample };
  const preset = candidatesOf(table, file.file)[0]?.preset;
  const names = hasHeader ? columns : preset?.nameColumns?.(rows);
  if (names === undefined) return callsOf({ columns: first, rows: others, format }, preset, timezone);
  return callsOf({ ...file, columns: names }, preset, timezone);
}
