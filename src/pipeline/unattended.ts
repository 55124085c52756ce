// Whether nobody looks at a run: --unattended, and for one release -q on files that cron reads.

import path from 'node:path';
import type { Checkpoints } from '../core/ledger-store.js';
import { recall, remember } from './file-memory.js';

/** Whether somebody looks at a run. */
export interface Attendance {
  /** Nobody does: files are read on from their checkpoints, each problem is reported once, nothing is printed while all is well. */
  readonly isUnattended: boolean;
  /** The run acts so because of `--quiet` alone, and no run of these files said so yet. */
  readonly isNewlyQuiet: boolean;
  /** Remembers it for the next run; to be called when the run has ended. */
  readonly remember: () => Promise<void>;
}

/** What a run was asked for. */
interface AskedFor {
  readonly cwd: string;
  /** As the user gave them. */
  readonly files: readonly string[];
  /** `--quiet`. */
  readonly isQuiet: boolean;
  /** `--unattended`, or the profile. */
  readonly isUnattended: boolean;
}

/** Who reads a file: a person; a run with `--unattended`, or one of an older release; one with `--quiet` that acts as such. */
const readers = ['person', 'unattended', 'quiet'] as const;
type Reader = (typeof readers)[number];

/** A file by its absolute path, who read it before, and whether that is written down. */
interface KnownFile {
  readonly full: string;
  readonly reader: Reader | undefined;
  readonly isSaved: boolean;
}

/**
 * Decides whether a run is unattended. Up to release 0.1 cron used `--quiet`: for one release it acts as `--unattended`
 * too, for files with a checkpoint that an older release or an unattended run left. A file that a person began to read
 * with this release is none of them.
 *
 * @param checkpoints absent where nothing is remembered
 */
export async function attendanceOf(
  { cwd, files, isQuiet, isUnattended }: AskedFor,
  checkpoints: Checkpoints | undefined,
): Promise<Attendance> {
  if (checkpoints === undefined)
    return { isUnattended, isNewlyQuiet: false, remember: async () => undefined };
  const known: KnownFile[] = [];
  for (const file of files) {
    if (file !== '-') known.push(await knownFile(path.resolve(cwd, file), checkpoints));
  }
  const before = known.map(({ reader }) => reader);
  const isTaken = !isUnattended && isQuiet && (before.includes('unattended') || before.includes('quiet'));
  const reader = isTaken ? 'quiet' : isUnattended ? 'unattended' : 'person';
  return {
    isUnattended: isUnattended || isTaken,
    isNewlyQuiet: isTaken && !before.includes('quiet'),
    async remember() {
      for (const file of known) {
        if (replaces(reader, file))
          await remember(checkpoints, file.full, { kept: 'reader', value: { reader } });
      }
    },
  };
}

/** Whether the new reader is written down: a run by hand does not undo what cron is known for. */
function replaces(reader: Reader, { reader: before, isSaved }: KnownFile): boolean {
  if (before === undefined) return true;
  return readers.indexOf(reader) > readers.indexOf(before) || (reader === before && !isSaved);
}

async function knownFile(full: string, checkpoints: Checkpoints): Promise<KnownFile> {
  const saved = await recall(checkpoints, full, 'reader');
  const reader = readers.find((one) => one === saved['reader']);
  if (reader !== undefined) return { full, reader, isSaved: true };
  const { fileIdAt } = await import('../input/follow/glob.js');
  const id = await fileIdAt(full);
  const older = id === undefined ? [] : await checkpoints.list(id);
  const isOlder = older.some(({ file }) => file === id);
  return { full, reader: isOlder ? 'unattended' : undefined, isSaved: false };
}
