import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Batch, Row, Table } from '../../src/core/row.js';
import { type InputIo, type InputOptions, readTable } from '../../src/input/open.js';

export const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));

/** Writes a file of its own for a test, gone when the test is over, and gives its path. */
export function fileOf(content: string | Uint8Array, name = 'calls.csv'): string {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-input-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

export interface Reading {
  readonly table: Table;
  readonly rows: readonly Row[];
  readonly batches: readonly Batch[];
  readonly cells: readonly (readonly string[])[];
  readonly lines: readonly number[];
  readonly notes: readonly string[];
}

export interface Given {
  readonly stdin?: Readable;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
}

/** Reads a file to its end, through the front door. */
export async function read(file: string, options: InputOptions = {}, given: Given = {}): Promise<Reading> {
  const notes: string[] = [];
  const io: InputIo = {
    stdin: given.stdin ?? Readable.from([]),
    cwd: given.cwd ?? tmpdir(),
    note: (text) => notes.push(text),
    ...(given.signal === undefined ? {} : { signal: given.signal }),
  };
  const table = await readTable(file, options, io);
  const batches: Batch[] = [];
  for await (const batch of table.batches) batches.push(batch);
  const rows = batches.flatMap((batch) => batch.rows);
  return {
    table,
    rows,
    batches,
    notes,
    cells: rows.map((row) => row.cells),
    lines: rows.map((row) => row.line),
  };
}

/** Reads a content as a file. */
export function readText(
  content: string | Uint8Array,
  options: InputOptions = {},
  name?: string,
): Promise<Reading> {
  return read(fileOf(content, name), options);
}

/** Records of a JSON table as objects of their non-empty cells. */
export function objects({ table, rows }: Reading): Record<string, string>[] {
  return rows.map((row) =>
    Object.fromEntries(
      row.cells.map((cell, index) => [table.columns[index] ?? '?', cell]).filter(([, cell]) => cell !== ''),
    ),
  );
}
