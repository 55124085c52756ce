// The file of --rejects: its name, its encoding, appending whole lines.

import type { FileHandle } from 'node:fs/promises';
import { extname, join, parse, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import type { User } from '../core/file-trust.js';
import { findPlace, type OutputPlace, readAt, refuseUsed, type UsedFile } from '../files/output-file.js';
import type { RejectFormat } from './reject-format.js';

/**
 * Appends whole lines, after the header where the file is new; all of the bytes or, as far as the disk lets us, none: half a line
 * would spoil what is added later.
 */
export async function appendLines(
  file: FileHandle,
  { header, lines }: { readonly header: string; readonly lines: string },
  encode: Encode,
): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(encode(size > 0 ? lines : header + lines));
  } catch (error) {
    await file.truncate(size).catch(() => {});
    throw error;
  }
}

export interface RejectsOptions {
  /** `--rejects`, as the user gave it. */
  readonly file: string;
  readonly cwd: string;
  /** Who runs this; undefined on Windows. */
  readonly user: User | undefined;
  /** The files that the run uses for something else: none of them is written to. */
  readonly used: readonly UsedFile[];
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

/** The place of a file of rejects; throws a UserError where it can be none. */
export async function placeOf(name: string, { cwd, user, used }: RejectsOptions): Promise<OutputPlace> {
  const place = await findPlace({ asked: '--rejects', name, path: resolve(cwd, name), user }, 'append');
  await refuseUsed(place, used);
  return place;
}

/**
 * The file for the next format of a run: the name given (`first`) for the first, a numbered one beside it (`bad.2.csv`) for
 * each further one. `taken` are the files of the formats before. Throws a UserError where the given name cannot be used.
 */
export async function chooseFile(
  options: RejectsOptions,
  first: OutputPlace,
  format: RejectFormat,
  taken: readonly OutputPlace[],
): Promise<OutputPlace> {
  if (taken.length === 0) return firstFile(options, first, format);
  const { dir, name } = parse(options.file);
  for (let number = 2; ; number += 1) {
    const numbered = join(dir, `${name}.${number}.${format.format}`);
    if (taken.some((other) => other.name === numbered)) continue;
    const place = await placeOf(numbered, options).catch(ifUserError);
    if (place === undefined) continue;
    const found = await inspect(place, format, options.encoding);
    if (found === 'free' || found === 'rejects') return place;
  }
}

/** A name that cannot be used leaves room for the next number. */
function ifUserError(error: unknown): undefined {
  if (!(error instanceof UserError)) throw error;
}

async function firstFile(
  { file, encoding }: RejectsOptions,
  place: OutputPlace,
  format: RejectFormat,
): Promise<OutputPlace> {
  const ending = extname(file).toLowerCase();
  if (wrongEndings[format.format].includes(ending)) {
    const bare = file.slice(0, -ending.length);
    const better = bare.endsWith(`.${format.format}`) ? bare : `${bare}.${format.format}`;
    throw new UserError(
      `--rejects ${file}: rejects of this input are ${format.format.toUpperCase()}, which does not fit the ending ${ending}`,
      { hint: `Name the file ${better}` },
    );
  }
  const found = await inspect(place, format, encoding);
  if (found === 'free' || found === 'rejects') return place;
  throw new UserError(
    found === 'cut off'
      ? `--rejects ${file}: its last line is cut off, so nothing can be added to it`
      : `--rejects ${file}: exists and does not hold rejects with the columns of this input`,
    { hint: 'Move the file away, or name another one.' },
  );
}

/**
 * What is at a place: nothing to keep (no file, or an empty one), rejects of this format, such rejects with half a line at
 * the end, or something else.
 */
async function inspect(
  place: OutputPlace,
  format: RejectFormat,
  encoding = 'utf-8',
): Promise<'free' | 'rejects' | 'cut off' | 'other'> {
  const { size = 0 } = place.found ?? {};
  if (size === 0) return 'free';
  const textAt = async (from: number, most: number) =>
    new TextDecoder(encoding).decode(await readAt(place, from, most));
  if (!format.matches(await textAt(0, headSize))) return 'other';
  return (await textAt(Math.max(0, size - 2), 2)).endsWith('\n') ? 'rejects' : 'cut off';
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
