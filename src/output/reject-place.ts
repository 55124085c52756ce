import { type BigIntStats, constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { dirname, extname, join, parse, resolve } from 'node:path';
import { UserError } from '../core/errors.js';
import { type Place, unwritable } from './reject-file.js';
import type { RejectLayout } from './reject-layout.js';

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

/** How much of an existing file is looked at. */
const headSize = 64 * 1024;

/** Endings by which the input room would take the file for something else than it is. */
const wrongEndings = {
  csv: ['.json', '.ndjson', '.jsonl', '.gz', '.zst'],
  ndjson: ['.csv', '.tsv', '.json', '.gz', '.zst'],
} satisfies Record<RejectLayout['format'], string[]>;

/** Refuses, with a UserError, a name that cannot be a file of rejects, whatever the input is. */
export async function checkName({ file, cwd, inputs }: RejectsOptions): Promise<void> {
  if (file === '-') {
    throw new UserError('--rejects - is no file: standard output is for the result', {
      hint: 'Give the name of a file.',
    });
  }
  const place = { name: file, path: resolve(cwd, file) };
  const found = await statOf(place.path);
  if (found?.isDirectory()) {
    throw new UserError(`--rejects ${file} is a folder`, { hint: 'Give the name of a file in it.' });
  }
  await access(found === undefined ? dirname(place.path) : place.path, constants.W_OK).catch(
    (cause: unknown) => Promise.reject(unwritable(place, cause)),
  );
  if (await isOneOf(place.path, { cwd, inputs })) {
    throw new UserError(`--rejects ${file} is one of the files that are read`, {
      hint: 'Give the rejects another name.',
    });
  }
}

/**
 * The file for the next layout of a run: the name given for the first, a numbered one beside it (`bad.2.csv`) for each
 * further one. `taken` are the files of the layouts before. Throws a UserError where the name given does not do.
 */
export async function choosePlace(
  options: RejectsOptions,
  layout: RejectLayout,
  taken: readonly Place[],
): Promise<Place> {
  if (taken.length === 0) return firstPlace(options, layout);
  const { dir, name } = parse(options.file);
  for (let number = 2; ; number += 1) {
    const numbered = join(dir, `${name}.${number}.${layout.format}`);
    const place = { name: numbered, path: resolve(options.cwd, numbered) };
    if (taken.some(({ path }) => path === place.path)) continue;
    const found = await inspect(place, layout, options.encoding);
    if ((found === 'free' || found === 'ours') && !(await isOneOf(place.path, options))) return place;
  }
}

async function firstPlace({ file, cwd, encoding }: RejectsOptions, layout: RejectLayout): Promise<Place> {
  const ending = extname(file).toLowerCase();
  if (wrongEndings[layout.format].includes(ending)) {
    const bare = file.slice(0, -ending.length);
    const better = bare.endsWith(`.${layout.format}`) ? bare : `${bare}.${layout.format}`;
    throw new UserError(
      `--rejects ${file}: rejects of this input are ${layout.format.toUpperCase()}, the ending ${ending} says otherwise`,
      { hint: `Name the file ${better}.` },
    );
  }
  const place = { name: file, path: resolve(cwd, file) };
  const found = await inspect(place, layout, encoding);
  if (found === 'free' || found === 'ours') return place;
  throw new UserError(
    found === 'cut'
      ? `--rejects ${file}: its last line is cut off, so nothing can be added to it`
      : `--rejects ${file} exists, and does not hold rejects with the columns of this input`,
    { hint: 'Move it away, or give the rejects another name.' },
  );
}

/**
 * What stands at a place: nothing to keep (no file, an empty one, a device), rejects of this layout, such rejects with
 * half a line at the end, or something else.
 */
async function inspect(
  place: Place,
  layout: RejectLayout,
  encoding = 'utf-8',
): Promise<'free' | 'ours' | 'cut' | 'other'> {
  const found = await statOf(place.path);
  if (!found?.isFile() || found.size === 0n) return 'free';
  const file = await open(place.path).catch((cause: unknown) => Promise.reject(unwritable(place, cause)));
  try {
    const size = Number(found.size);
    const head = Buffer.alloc(Math.min(size, headSize));
    await file.read(head, 0, head.length, 0);
    if (!layout.owns(new TextDecoder(encoding).decode(head))) return 'other';
    const tail = Buffer.alloc(2);
    await file.read(tail, 0, tail.length, size - tail.length);
    return new TextDecoder(encoding).decode(tail).endsWith('\n') ? 'ours' : 'cut';
  } finally {
    await file.close();
  }
}

/** Whether a path leads to one of the inputs, through links too. */
async function isOneOf(
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
