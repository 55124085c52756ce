// The files of --rejects: which ones, and the records that go to each.

import type { FileHandle } from 'node:fs/promises';
import { extname, join, parse, resolve } from 'node:path';
import { shellQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';
import type { User } from '../core/file-trust.js';
import { notAccepted, type Outcome } from '../core/outcome.js';
import {
  findPlace,
  type OutputPlace,
  openToAppend,
  othersMayRead,
  readAt,
  refuseUsed,
  type UsedFile,
  unwritable,
} from '../files/output-file.js';
import { encoderOf } from './encoder.js';
import { type RejectFormat, type RejectSource, rejectFormatOf } from './reject-format.js';

/**
 * The records that were not accepted, written so that they can be fixed and imported again by the same command:
 * the input's own columns, unchanged, then `line`, `status` and `reasons`.
 */
export type Rejects = Awaited<ReturnType<typeof openRejects>>;

/** `--rejects`, and what it is written with. */
interface RejectsOptions {
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

/** A file of rejects, and what went there. */
interface Target {
  readonly place: OutputPlace;
  readonly header: string;
  /** Opened with the first of its records. */
  file: FileHandle | undefined;
  records: number;
  /** Columns of the input with texts that a spreadsheet would take for formulas. */
  readonly formulas: Set<string>;
}

/** An input that was made known: how its records are written, and where to. */
interface Source {
  readonly format: RejectFormat;
  readonly target: Target;
}

/**
 * Opens `--rejects`; throws a UserError where the name cannot be one. No file is created before the first reject.
 * A file that holds rejects of the same format is added to, so that a job that runs every hour loses none; one that
 * holds anything else is refused. Inputs of one run that differ in format, columns or delimiter get a file each
 * (`bad.csv`, `bad.2.csv`, …): one file with the columns of all could not be read by the command that read them.
 */
export async function openRejects(options: RejectsOptions) {
  const encode = encoderOf(options.encoding ?? 'utf-8');
  const targets = new Map<string, Target>();
  const sources = new Map<string | undefined, Source>();
  const first = await placeOf(options.file, options);
  return {
    /**
     * Makes an input known, before anything of it is sent. Throws a UserError where its rejects cannot be written: the
     * file holds something else, or its extension does not fit its format.
     */
    async expect(source: RejectSource): Promise<void> {
      const format = rejectFormatOf(source, options.path);
      let target = targets.get(format.key);
      if (target === undefined) {
        const taken = [...targets.values()].map((other) => other.place);
        const place = await chooseFile(options, first, format, taken);
        target = { place, header: format.header, file: undefined, records: 0, formulas: new Set() };
        targets.set(format.key, target);
      }
      sources.set(source.file, { format, target });
    },
    /**
     * Appends those of the outcomes that are rejects; one call after the other.
     * Throws a UserError that names the file when it cannot be written (a full disk).
     */
    async write(outcomes: readonly Outcome[]): Promise<void> {
      for (const [target, lines] of linesByTarget(outcomes, sources)) {
        const { place, header } = target;
        try {
          target.file ??= await openToAppend(place);
          await appendLines(target.file, { header, lines: lines.join('') }, encode);
        } catch (cause) {
          throw unwritable(place, cause);
        }
        target.records += lines.length;
      }
    },
    async close(): Promise<void> {
      for (const { file } of targets.values()) await file?.close();
    },
    /** The files that were written to, by their names, with the number of records of this run. */
    get files(): readonly { readonly file: string; readonly records: number }[] {
      const used = [...targets.values()].filter(({ records }) => records > 0);
      return used.map(({ place, records }) => ({ file: place.name, records }));
    },
    /** What is to be said of these files. */
    get remarks() {
      return [...targets.values()].filter(({ records }) => records > 0).flatMap(remarksOf);
    },
  };
}

/**
 * Appends whole lines, after the header where the file is new; all of the bytes or, as far as the disk lets us, none: half a line
 * would spoil what is added later.
 */
async function appendLines(
  file: FileHandle,
  { header, lines }: { readonly header: string; readonly lines: string },
  encode: (text: string) => Buffer,
): Promise<void> {
  const { size } = await file.stat();
  try {
    await file.appendFile(encode(size > 0 ? lines : header + lines));
  } catch (error) {
    await file.truncate(size).catch(() => {});
    throw error;
  }
}

/** Bytes of an existing file that are looked at. */
const headSize = 64 * 1024;

/** Endings by which the input room would take the file for something else than it is. */
const wrongEndings = {
  csv: ['.json', '.ndjson', '.jsonl', '.gz', '.zst'],
  ndjson: ['.csv', '.tsv', '.json', '.gz', '.zst'],
} satisfies Record<RejectFormat['format'], string[]>;

/** The place of a file of rejects; throws a UserError where it can be none. */
async function placeOf(name: string, { cwd, user, used }: RejectsOptions): Promise<OutputPlace> {
  const place = await findPlace({ asked: '--rejects', name, path: resolve(cwd, name), user }, 'append');
  await refuseUsed(place, used);
  return place;
}

/**
 * The file for the next format of a run: the name given (`first`) for the first, a numbered one beside it (`bad.2.csv`) for
 * each further one. `taken` are the files of the formats before. Throws a UserError where the given name cannot be used.
 */
async function chooseFile(
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

/** What the user should know of a file of rejects, and what to do about it. */
function remarksOf({ place, formulas }: Target) {
  const { name, realPath } = place;
  const remarks: { readonly text: string; readonly hint: string }[] = [];
  if (othersMayRead(place)) {
    const text = `${name}: holds phone numbers, and other users of this machine can read it`;
    remarks.push({ text, hint: `Run: chmod 600 ${shellQuoted(realPath)}` });
  }
  if (formulas.size > 0) {
    const columns = [...formulas].map((column) => `"${column}"`).join(', ');
    const text = `${name}: texts in ${columns} begin like a formula; they are kept as they are`;
    remarks.push({ text, hint: 'Open it in a text editor, or import it into a spreadsheet as text.' });
  }
  return remarks;
}

/** The lines of the rejects among the outcomes, by the file that they go to. */
function linesByTarget(
  outcomes: readonly Outcome[],
  sources: ReadonlyMap<string | undefined, Source>,
): Map<Target, string[]> {
  const found = new Map<Target, string[]>();
  for (const outcome of outcomes.filter(({ status }) => notAccepted.includes(status))) {
    const source = sources.get(outcome.origin.file);
    if (source === undefined) {
      throw new Error(`rejects of an input that was not expected: ${outcome.origin.file}`);
    }
    const lines = found.get(source.target) ?? [];
    found.set(source.target, lines);
    lines.push(source.format.line(outcome));
    for (const column of source.format.formulaColumns(outcome)) source.target.formulas.add(column);
  }
  return found;
}
