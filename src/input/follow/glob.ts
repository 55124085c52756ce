// Names of patterns and of rotated files; the files of a folder by age.

import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';

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

/** What is followed: the files of one name, or of all names that match a pattern, in one folder. */
export interface Glob {
  /** As the user named it: a file, or a pattern. */
  readonly file: string;
  /** Absolute. */
  readonly folder: string;
  readonly isPattern: boolean;
  /** Whether a file of this name is one of them. What is compressed is none: it is what became of one. */
  readonly isMain: (name: string) => boolean;
}

/**
 * The glob of one name.
 *
 * @param file as the user named it, `full` is the absolute path
 */
export function nameGlob(file: string, full: string): Glob {
  const own = path.basename(full);
  return { file, folder: path.dirname(full), isPattern: false, isMain: (name) => name === own };
}

/** The glob of a pattern. */
export function patternGlob(file: string, full: string, names: RegExp): Glob {
  const isMain = (name: string) => names.test(name) && !compressed.test(name);
  return { file, folder: path.dirname(full), isPattern: true, isMain };
}

/** A name of the folder for messages: of a plain name the one that the user gave. */
export function shownName(main: string, { file, isPattern }: Glob): string {
  return isPattern ? path.join(path.dirname(file), main) : file;
}

const compressed = /\.(?:gz|zst|bz2|xz)$/;

/** Whether a name is that of a compressed file. */
export function isCompressedName(name: string): boolean {
  return compressed.test(name);
}

/** The name without the end that compressing put to it. */
export function uncompressedName(name: string): string {
  return name.replace(compressed, '');
}

const date = '[.-]\\d{4}[\\d._-]{4,}';
/** What rotation puts behind a name (`cdr.csv.1`, `cdr.csv-20261126`), or before its extension (`cdr.1.csv`). */
const suffix = new RegExp(`^(.+?)(?:[.-]\\d+|${date})$`);
const infix = new RegExp(`^(.+?)(?:[.]\\d{1,3}|${date})([.][^.]+)$`);

/** The name that a file had before it was rotated away or compressed, where it was one of these; its own for one that was not. */
export function mainOf(name: string, { isMain }: Glob): string | undefined {
  if (isMain(name)) return name;
  const plain = uncompressedName(name);
  const [, before = ''] = suffix.exec(plain) ?? [];
  const [, stem = '', extension = ''] = infix.exec(plain) ?? [];
  return [plain, before, `${stem}${extension}`].find((one) => one !== name && isMain(one));
}

/** A file in a folder. */
export interface Listed {
  /** Absolute. */
  readonly path: string;
  readonly name: string;
  readonly id: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  /** False for a folder, a pipe, a device. */
  readonly isFile: boolean;
}

/** So many files are looked at at the same time. */
const atOnce = 32;

/** Looks at files of a folder; those that are not there are left out. Throws the errors of the file system. */
export async function listed(folder: string, names: readonly string[]): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let at = 0; at < names.length; at += atOnce) {
    const some = names.slice(at, at + atOnce);
    for (const one of await Promise.all(some.map((name) => look(folder, name)))) {
      if (one !== undefined) found.push(one);
    }
  }
  return found;
}

async function look(folder: string, name: string): Promise<Listed | undefined> {
  const full = path.join(folder, name);
  const stats = await stat(full, { bigint: true }).catch(absent);
  if (stats === undefined) return undefined;
  const { size, mtimeNs } = stats;
  return { path: full, name, id: fileId(stats), size: Number(size), mtimeNs, isFile: stats.isFile() };
}

/** For errors of files that come and go while we look: no file. Any other error is thrown. */
export function absent(error: unknown): undefined {
  if (!isAbsence(error)) throw error;
}

/** Whether an error says that there is no such file. */
export function isAbsence(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

/** The names in a folder; none where there is no folder. Throws the errors of the file system. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

/** Where a path leads to by links, which may lead elsewhere tomorrow; undefined where there is none. */
export async function linkTarget(full: string): Promise<string | undefined> {
  const target = await realpath(full).catch(() => undefined);
  return target === full ? undefined : target;
}

/** The names, in a folder, of the files that stand where a link led to, or were rotated there, by their paths. */
export async function namesAtTarget(target: string, folder: string): Promise<readonly string[]> {
  const there = nameGlob(target, target);
  const names = (await namesIn(there.folder)).filter((name) => mainOf(name, there) !== undefined);
  return names.map((name) => path.relative(folder, path.join(there.folder, name)));
}

/** By the last write; within one tick of the clock by the name: `.2` before `.1`, an earlier date before a later one. */
export function byAge(
  one: Pick<Listed, 'name' | 'mtimeNs'>,
  other: Pick<Listed, 'name' | 'mtimeNs'>,
): number {
  if (one.mtimeNs !== other.mtimeNs) return one.mtimeNs < other.mtimeNs ? -1 : 1;
  const [first, second] = [rank(one.name), rank(other.name)];
  return first < 1000 && second < 1000 ? second - first : one.name.localeCompare(other.name);
}

function rank(name: string): number {
  return Number(/[.-](\d+)(?:\.\w+)?$/.exec(uncompressedName(name))?.[1] ?? 0);
}

/** Device and inode: they stay when a file is moved, and another file that takes its name has others. */
export function fileId({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev}:${ino}`;
}

/** Device and inode of the plain file at a path; undefined for anything else, or nothing. */
export async function fileIdAt(path: string): Promise<string | undefined> {
  const stats = await stat(path, { bigint: true }).catch(() => undefined);
  return stats?.isFile() === true ? fileId(stats) : undefined;
}
