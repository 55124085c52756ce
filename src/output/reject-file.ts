import { type BigIntStats, constants, existsSync } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import { dirname, extname, join, parse, resolve } from 'node:path';
import { UserError, whyUnwritable } from '../core/errors.js';
import type { RejectFormat } from './rejects.js';

/** The name of a file as the user knows it, and its absolute path. */
export interface NamedPath {
  readonly name: string;
  readonly path: string;
}

/** A file that grows by blocks of whole lines; it is created, for its owner alone, with the first of them. */
export interface RejectFile {
  /** Adds the lines, after the header where the file is new; throws a UserError that names the file. */
  append(lines: string): Promise<void>;
  close(): Promise<void>;
}

/** A file of rejects that does not exist before the first `append`; `header` is '' or a line. */
export function openRejectFile(target: NamedPath, header: string, encode: Encode): RejectFile {
  let file: FileHandle | undefined;
  let written = false;
  return {
    async append(lines) {
      try {
        file ??= await open(target.path, 'a', 0o600);
        const { size } = await file.stat();
        await appendWhole(file, encode(written || size > 0 ? lines : header + lines), size);
        written = true;
      } catch (cause) {
        throw unwritable(target, cause);
      }
    },
    async close() {
      await file?.close();
      file = undefined;
    },
  };
}

/** Appends all of the bytes or, as far as the disk lets us, none: half a line would spoil what is added later. */
async function appendWhole(file: FileHandle, bytes: Buffer, size: number): Promise<void> {
  try {
    await file.appendFile(bytes);
  } catch (error) {
    await file.truncate(size).catch(() => {});
    throw error;
  }
}

/** The failure of a file of rejects in the user's words. */
function unwritable({ name, path }: NamedPath, cause: unknown): UserError {
  const { why, hint } = whyUnwritable(cause, existsSync(dirname(path)) ? undefined : dirname(name));
  return new UserError(`--rejects ${name} cannot be written: ${why}`, {
    hint: `${hint}; then run the same command again.`,
    cause,
  });
}

export interface RejectsOptions {
  /** `--rejects`, as the user gave it. */
  readonly file: string;
  readonly cwd: string;
  /** The files that are read, as the user gave them; '-' is standard input. */
  readonly inputs: readonly string[];
  /** `--encoding`, where it was given: the import of the rejects will be given it too. Else they are UTF-8. */
  readonly encoding?: string | undefined;
  /** `--path`, where it was given, for the same reason. */
  readonly path?: string | undefined;
}

/** Bytes of an existing file that are looked at. */
const headSize = 64 * 1024;

/** Endings by which the input room would take the file for something else than it is. */
const wrongEndings = {
  csv: ['.json', '.ndjson', '.jsonl', '.gz', '.zst'],
  ndjson: ['.csv', '.tsv', '.json', '.gz', '.zst'],
} satisfies Record<RejectFormat['format'], string[]>;

/** Refuses, with a UserError, a name that cannot be a file of rejects, whatever the input is. */
export async function checkFileName({ file, cwd, inputs }: RejectsOptions): Promise<void> {
  if (file === '-') {
    throw new UserError('--rejects - is not a file: standard output is for the result', {
      hint: 'Give the name of a file.',
    });
  }
  const target = { name: file, path: resolve(cwd, file) };
  const found = await statOf(target.path);
  if (found?.isDirectory()) {
    throw new UserError(`--rejects ${file} is a folder`, { hint: 'Give the name of a file in it.' });
  }
  await access(found === undefined ? dirname(target.path) : target.path, constants.W_OK).catch(
    (cause: unknown) => Promise.reject(unwritable(target, cause)),
  );
  if (await isInput(target.path, { cwd, inputs })) {
    throw new UserError(`--rejects ${file} is one of the files that are read`, {
      hint: 'Give the rejects another name.',
    });
  }
}

/**
 * The file for the next format of a run: the name given for the first, a numbered one beside it (`bad.2.csv`) for each
 * further one. `taken` are the files of the formats before. Throws a UserError where the given name cannot be used.
 */
export async function chooseFile(
  options: RejectsOptions,
  format: RejectFormat,
  taken: readonly NamedPath[],
): Promise<NamedPath> {
  if (taken.length === 0) return firstFile(options, format);
  const { dir, name } = parse(options.file);
  for (let number = 2; ; number += 1) {
    const numbered = join(dir, `${name}.${number}.${format.format}`);
    const target = { name: numbered, path: resolve(options.cwd, numbered) };
    if (taken.some(({ path }) => path === target.path)) continue;
    const found = await inspect(target, format, options.encoding);
    if ((found === 'free' || found === 'rejects') && !(await isInput(target.path, options))) return target;
  }
}

async function firstFile({ file, cwd, encoding }: RejectsOptions, format: RejectFormat): Promise<NamedPath> {
  const ending = extname(file).toLowerCase();
  if (wrongEndings[format.format].includes(ending)) {
    const bare = file.slice(0, -ending.length);
    const better = bare.endsWith(`.${format.format}`) ? bare : `${bare}.${format.format}`;
    throw new UserError(
      `--rejects ${file}: rejects of this input are ${format.format.toUpperCase()}, the ending ${ending} says otherwise`,
      { hint: `Name the file ${better}.` },
    );
  }
  const target = { name: file, path: resolve(cwd, file) };
  const found = await inspect(target, format, encoding);
  if (found === 'free' || found === 'rejects') return target;
  throw new UserError(
    found === 'cut off'
      ? `--rejects ${file}: its last line is cut off, so nothing can be added to it`
      : `--rejects ${file} exists and does not hold rejects with the columns of this input`,
    { hint: 'Move it away, or give the rejects another name.' },
  );
}

/**
 * What is at a path: nothing to keep (no file, an empty one, a device), rejects of this format, such rejects with
 * half a line at the end, or something else.
 */
async function inspect(
  target: NamedPath,
  format: RejectFormat,
  encoding = 'utf-8',
): Promise<'free' | 'rejects' | 'cut off' | 'other'> {
  const found = await statOf(target.path);
  if (!found?.isFile() || found.size === 0n) return 'free';
  const file = await open(target.path).catch((cause: unknown) => Promise.reject(unwritable(target, cause)));
  try {
    const size = Number(found.size);
    const head = Buffer.alloc(Math.min(size, headSize));
    await file.read(head, 0, head.length, 0);
    if (!format.matches(new TextDecoder(encoding).decode(head))) return 'other';
    const tail = Buffer.alloc(2);
    await file.read(tail, 0, tail.length, size - tail.length);
    return new TextDecoder(encoding).decode(tail).endsWith('\n') ? 'rejects' : 'cut off';
  } finally {
    await file.close();
  }
}

/** Whether a path leads to one of the inputs, through links too. */
async function isInput(
  path: string,
  { cwd, inputs }: Pick<RejectsOptions, 'cwd' | 'inputs'>,
): Promise<boolean> {
  const own = await statOf(path);
  const others = await Promise.all(inputs.map((input) => statOf(resolve(cwd, input))));
  return own !== undefined && others.some((other) => other?.dev === own.dev && other.ino === own.ino);
}

function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(() => undefined);
}

/** Turns text into the bytes of an encoding. */
export type Encode = (text: string) => Buffer;

/**
 * The reverse of `new TextDecoder(encoding)`, which Node lacks: UTF-8, UTF-16, and every encoding of one or two bytes
 * a character. A character that an encoding lacks becomes '?'. `encoding` is a name that TextDecoder knows.
 */
export function encoderOf(encoding: string): Encode {
  const name = new TextDecoder(encoding).encoding;
  if (name === 'utf-8') return (text) => Buffer.from(text);
  if (name === 'utf-16le') return (text) => Buffer.from(text, 'utf16le');
  if (name === 'utf-16be') return (text) => Buffer.from(text, 'utf16le').swap16();
  const bytes = bytesByCharacter(name);
  return (text) => Buffer.from(Array.from(text, (character) => bytes.get(character) ?? [0x3f]).flat());
}

/** The bytes of every character that one or two bytes encode. */
function bytesByCharacter(name: string): ReadonlyMap<string, readonly number[]> {
  const decoder = new TextDecoder(name);
  const bytes = new Map<string, readonly number[]>();
  const add = (sequence: readonly number[]): boolean => {
    const text = decoder.decode(Uint8Array.from(sequence));
    const known = !text.includes('\uFFFD') && Array.from(text).length === 1;
    if (known && !bytes.has(text)) bytes.set(text, sequence);
    return known;
  };
  const octets = Array.from({ length: 256 }, (_, octet) => octet);
  const leads = octets.filter((octet) => !add([octet]));
  for (const lead of leads) {
    for (const trail of octets) add([lead, trail]);
  }
  return bytes;
}
