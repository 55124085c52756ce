import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileId, fingerprintAt } from '../file-identity.js';
import type { FilePart } from '../source.js';
import type { Checkpoint, FollowIo } from './io.js';

/** A file in a folder. */
export interface Listed {
  readonly path: string;
  readonly id: string;
  readonly size: number;
  readonly mtimeNs: bigint;
}

/** `strftime` fields that log rotation puts into names, as digits. */
const fields: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '\\d{2}',
  d: '\\d{2}',
  H: '\\d{2}',
  M: '\\d{2}',
  S: '\\d{2}',
  j: '\\d{3}',
  F: '\\d{4}-\\d{2}-\\d{2}',
  s: '\\d+',
  '%': '%',
};

/**
 * The names that a pattern stands for: `*` is any text, `%Y %y %m %d %H %M %S %j %F %s` are the digits of a time
 * (strftime), `%%` is a percent sign; undefined for a name that is no pattern.
 */
export function namePattern(name: string): RegExp | undefined {
  if (!/\*|%[YymdHMSjFs]/.test(name)) return undefined;
  const source = name.replace(/%([YymdHMSjFs%])|\*|[^*%]+|%/g, (part, field?: string) => {
    if (field !== undefined) return fields[field] ?? '';
    return part === '*' ? '.*' : literal(part);
  });
  return new RegExp(`^${source}$`);
}

/** A part of a name as an expression that means it to the letter. */
function literal(part: string): string {
  return part.replace(/[\\^$.|?+()[\]{}*]/g, '\\$&');
}

/** What is at a path: one file, or none. */
export async function listedAt(file: string): Promise<Listed[]> {
  const stats = await stat(file, { bigint: true }).catch(absent);
  if (stats?.isFile() !== true) return [];
  return [{ path: file, id: fileId(stats), size: Number(stats.size), mtimeNs: stats.mtimeNs }];
}

/** For errors of files that come and go while we look: no file. Any other error is thrown. */
export function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return;
  throw error;
}

/** The files of a folder with such names, the one written first first; none where there is no folder. */
export async function listFiles(folder: string, names: RegExp): Promise<Listed[]> {
  const found: Listed[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    if (!names.test(name)) continue;
    found.push(...(await listedAt(path.join(folder, name)).catch(() => [])));
  }
  return found.sort(byAge);
}

/**
 * The files that a log was rotated to, the oldest first: `cdr.csv.1`, `cdr.csv-20261126`, `cdr.1.csv`, `cdr-20261126.csv`.
 * Compressed ones are not among them.
 */
export async function rotatedFiles(file: string): Promise<Listed[]> {
  const { dir, name, ext } = path.parse(file);
  const [stem, end] = [name, ext].map(literal);
  const date = '[.-]\\d{4}[\\d._-]{4,}';
  const names = new RegExp(`^${stem}(?:${end}(?:[.-]\\d+|${date})|(?:[.]\\d{1,3}|${date})${end})$`);
  return (await listFiles(dir, names)).filter((one) => one.path !== file);
}

/** By the last write; within one tick of the clock by the name: `.2` before `.1`, an earlier date before a later one. */
function byAge(one: Listed, other: Listed): number {
  if (one.mtimeNs !== other.mtimeNs) return one.mtimeNs < other.mtimeNs ? -1 : 1;
  const [first, second] = [rank(one.path), rank(other.path)];
  return first < 1000 && second < 1000 ? second - first : one.path.localeCompare(other.path);
}

function rank(file: string): number {
  return Number(/[.-](\d+)(?:\.\w+)?$/.exec(path.basename(file))?.[1] ?? 0);
}

/** What is to be read at the start, in order. */
export interface Resumed {
  readonly files: readonly { readonly file: Listed; readonly parts?: readonly FilePart[] }[];
  /** Rotated files that were rotated away before the first one that is read. */
  readonly archive: readonly Listed[];
}

/**
 * Finds where an earlier process stopped: in the file itself, or in one that it was rotated to since, by rename or by copy.
 * What was rotated away after that was never read. Without any checkpoint, the file itself is read.
 */
export async function findCheckpoints(main: string, checkpointOf: FollowIo['checkpoint']): Promise<Resumed> {
  const [current] = await listedAt(main);
  const saved = current && (await checkpointOf?.(current.id));
  const isSame = saved !== undefined && (await matches(main, saved));
  const files: { file: Listed; parts?: readonly FilePart[] }[] = [];
  const archive: Listed[] = [];
  for (const file of await rotatedFiles(main)) {
    const own = await checkpointOf?.(file.id);
    // The rest of a file that was truncated is in its copy.
    const candidates = [own, isSame ? undefined : saved];
    const parts = await partsOf(file.path, candidates);
    if (parts !== undefined) files.push({ file, parts });
    else if (files.length > 0) files.push({ file });
    else archive.push(file);
  }
  if (current !== undefined) files.push(isSame ? { file: current, parts: saved.parts } : { file: current });
  return { files, archive };
}

async function partsOf(
  file: string,
  candidates: readonly (Checkpoint | undefined)[],
): Promise<readonly FilePart[] | undefined> {
  for (const one of candidates) if (one !== undefined && (await matches(file, one))) return one.parts;
  return undefined;
}

/** Whether a file begins as it did when the checkpoint was made. */
async function matches(file: string, { parts, fingerprint }: Checkpoint): Promise<boolean> {
  return (await fingerprintAt(file, parts.at(-1)?.offset ?? 0)) === fingerprint;
}
