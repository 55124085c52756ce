// The records that were not accepted, in the input's own columns, as CSV or NDJSON.

import type { FileHandle } from 'node:fs/promises';
import { shellQuoted } from '../core/display.js';
import type { Outcome } from '../core/outcome.js';
import { type OutputPlace, openToAppend, othersMayRead, unwritable } from '../files/output-file.js';
import { appendLines, chooseFile, encoderOf, placeOf, type RejectsOptions } from './reject-file.js';
import { isReject, type RejectFormat, type RejectSource, rejectFormatOf } from './reject-format.js';

/**
 * The records that were not accepted, written so that they can be fixed and imported again by the same command:
 * the input's own columns, unchanged, then `line`, `status` and `reasons`.
 */
export type Rejects = Awaited<ReturnType<typeof openRejects>>;

/** What the user should know of a file of rejects, and what to do about it. */
interface RejectsRemark {
  readonly text: string;
  readonly hint: string;
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

interface ExpectedInput {
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
  const sources = new Map<string | undefined, ExpectedInput>();
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
    get remarks(): readonly RejectsRemark[] {
      return [...targets.values()].filter(({ records }) => records > 0).flatMap(remarksOf);
    },
  };
}

function remarksOf({ place, formulas }: Target): readonly RejectsRemark[] {
  const { name, realPath } = place;
  const columns = [...formulas].map((column) => `"${column}"`).join(', ');
  return [
    ...(othersMayRead(place)
      ? [
          {
            text: `${name}: holds phone numbers, and other users of this machine can read it`,
            hint: `Run: chmod 600 ${shellQuoted(realPath)}`,
          },
        ]
      : []),
    ...(formulas.size > 0
      ? [
          {
            text: `${name}: texts in ${columns} begin like a formula; they are kept as they are`,
            hint: 'Open it in a text editor, or import it into a spreadsheet as text.',
          },
        ]
      : []),
  ];
}

/** The lines of the rejects among the outcomes, by the file that they go to. */
function linesByTarget(
  outcomes: readonly Outcome[],
  sources: ReadonlyMap<string | undefined, ExpectedInput>,
): Map<Target, string[]> {
  const found = new Map<Target, string[]>();
  for (const outcome of outcomes.filter(isReject)) {
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
