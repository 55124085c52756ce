import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Context } from '../../src/context.js';
import type { Table } from '../../src/core/row.js';
import { type InputOptions, readTable } from '../../src/input/open.js';
import { knownNames } from '../../src/records/header-names.js';
import type { Preset } from '../../src/records/presets/preset.js';
import { type EndedHere, runHere } from '../setup/in-process.js';
import { now } from './in-memory-table.js';

const folder = fileURLToPath(new URL('../../fixtures/presets/', import.meta.url));

/** What is expected of a fixture. */
export interface Expected {
  /** Flags for `check`, after the file. */
  readonly args: readonly string[];
  /** The calls in the order in which they come, by the fields of calls/add. */
  readonly calls: readonly Readonly<Record<string, string | number>>[];
  /** Reasons of each. */
  readonly invalid: readonly (readonly string[])[];
  readonly filtered: readonly (readonly string[])[];
  /** Rows of the file behind all these. */
  readonly rows: number;
}

export interface Checked extends Omit<Expected, 'args'> {
  readonly code: number;
  readonly stderr: string;
}

/** The files with what is expected of them. */
export function fixtures(): readonly { readonly file: string; readonly expected: string }[] {
  const names = readdirSync(folder);
  return names
    .filter((name) => name.endsWith('.expected.json'))
    .map((expected) => {
      const stem = expected.slice(0, -'.expected.json'.length);
      const file = names.find(
        (name) => name !== expected && name.replace(/\.(?:csv|json|ndjson|tsv|log)$/, '') === stem,
      );
      if (file === undefined) throw new Error(`${expected} has no file beside it`);
      return { file, expected };
    });
}

export function expectedOf(name: string): Expected {
  const value: unknown = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  if (!isExpected(value)) throw new Error(`${name} is not what a test expects`);
  return value;
}

function isExpected(value: unknown): value is Expected {
  return typeof value === 'object' && value !== null && 'args' in value && 'calls' in value;
}

/** Runs a command in the folder of the fixtures, without any profile of this machine. */
export async function amocalls(
  args: readonly string[],
  more: Partial<Pick<Context, 'env' | 'now' | 'cwd'>> = {},
): Promise<EndedHere> {
  return runHere(args, { cwd: folder, now: () => now * 1000, ...more });
}

interface Line {
  readonly status?: string;
  readonly reasons?: readonly string[];
  readonly call?: Readonly<Record<string, string | number>>;
  readonly summary?: { readonly read: number; readonly rows?: number };
}

function parseLine(text: string): Line {
  const value: Line = JSON.parse(text);
  return value;
}

/** What `check` makes of a fixture. */
export async function check(file: string, args: readonly string[]): Promise<Checked> {
  const { code, stdout, stderr } = await amocalls(['check', file, ...args, '--output', 'ndjson']);
  const lines = stdout.trim() === '' ? [] : stdout.trim().split('\n').map(parseLine);
  const reasonsOf = (status: string) =>
    lines.filter((line) => line.status === status).map((line) => line.reasons ?? []);
  const summary = lines.at(-1)?.summary;
  return {
    calls: lines.flatMap((line) => (line.call === undefined ? [] : [line.call])),
    invalid: reasonsOf('invalid'),
    filtered: reasonsOf('filtered'),
    rows: summary?.rows ?? summary?.read ?? 0,
    code,
    stderr,
  };
}

/** What `import` says of a fixture that it refuses, or sends to a sandbox of its own. */
export async function importInto(
  file: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  return amocalls(['import', file, ...args, '--sandbox', '--no-ledger']);
}

/** Opens a fixture as `check` and `import` do, with the preset of this name or without any. */
export async function open(file: string, preset?: Preset): Promise<Table> {
  const { delimiter, nameColumns, unfold, unquoted }: Partial<Preset> = preset ?? {};
  const options: InputOptions = { knownNames, delimiter, nameColumns, unfold, unquoted };
  return readTable(file, options, { stdin: Readable.from([]), cwd: folder, note: () => undefined });
}

/** The value of a flag among the arguments of a fixture. */
export function flagOf({ args }: Expected, flag: string): string | undefined {
  return args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined;
}
