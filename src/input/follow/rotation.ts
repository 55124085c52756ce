// What became of a file that was found: renamed, copied and cut, compressed, a copy, or new.

import type { Fingerprint } from './fingerprint.js';
import { isCompressedName, type Listed } from './glob.js';

/** A file in the folder that no watcher has by its device and inode. */
export interface FoundFile extends Pick<Listed, 'name' | 'size' | 'mtimeNs'> {
  /** The name under which it was written: its own, where it was not rotated. */
  readonly main: string;
}

/** What a watcher knows of its file. */
export interface KnownFile extends Pick<Listed, 'size' | 'mtimeNs'> {
  /** How many bytes of it were read, and whether these are all. */
  readonly bytesRead: number;
  readonly isFinished: boolean;
  readonly isCut: boolean;
  /** Of what was read; undefined before its first row. */
  readonly fingerprint: Fingerprint | undefined;
}

/** Whether a file begins with what was read of another: `gone` where its name is that of another file by now. */
export type Comparison = 'yes' | 'no' | 'gone' | 'unreadable';

/** What is known beside the file itself. */
export interface Circumstances<W extends KnownFile> {
  /** The file that its name leads to, where that was not cut. */
  readonly original: W | undefined;
  /** Files of its name that were cut or are nowhere. */
  readonly lost: readonly W[];
  /** The file that it is made of, by its name, is still there. */
  readonly isBeingCompressed: boolean;
  /** An earlier look has found that it is not to be read. */
  readonly isLeftAlone: boolean;
  /** Something new began in it, whatever its name is now. */
  readonly isRewritten: boolean;
  /** The last write of its name when the folder was looked at before: what was rotated away since is not older. */
  readonly lastWriteNs: bigint;
  /** How often it was looked whether files of its name were cut. */
  readonly looksForCuts: number;
  /** Whether the file holds what was read of others, as far as that was asked. */
  readonly compared: ReadonlyMap<W, Comparison>;
  /** Whether the original begins with the whole file; undefined: nobody asked. */
  readonly isCopy: boolean | undefined;
}

/** What became of a file, or what has to be found out first (`ask`). */
export type Fate<W extends KnownFile> =
  /** What was read of another stands in it: it is read on there. */
  | { readonly is: 'moved'; readonly from: W }
  /** Of what the name leads to, which is read anyway. `isWhole`: of all that it holds. */
  | { readonly is: 'copy'; readonly isWhole: boolean }
  /** It was renamed while it was looked at: the next look tells. */
  | { readonly is: 'gone' }
  /** It is being compressed: its content still is where it was. */
  | { readonly is: 'unfinished' }
  /** It was there before anybody read files of its name. */
  | { readonly is: 'old' }
  | { readonly is: 'new' }
  | { readonly is: 'unknown'; readonly ask: 'cuts' }
  | { readonly is: 'unknown'; readonly ask: 'content' | 'copy'; readonly of: W };

/** A folder that is changed while it is listed may hide a name; it is found in doubt when it was written so much earlier. */
const marginNs = 60_000_000_000n;

/** Decides what became of a file, by its name, its last write and what contents were compared. */
export function fateOf<W extends KnownFile>(file: FoundFile, facts: Circumstances<W>): Fate<W> {
  const { original, looksForCuts, isCopy } = facts;
  const isRotated = file.name !== file.main;
  const isCompressed = isCompressedName(file.name);
  if (isRotated && facts.isLeftAlone) return { is: 'old' };
  if (isCompressed && facts.isBeingCompressed) return { is: 'unfinished' };
  if (isRotated && looksForCuts === 0) return { is: 'unknown', ask: 'cuts' };
  const moved = movedFrom(file, facts);
  if (moved !== undefined) return moved;
  if (isRotated && !isCompressed) {
    // Of an empty file the copying has only begun.
    if (file.size === 0) return { is: 'copy', isWhole: true };
    const mayBe = original !== undefined && file.size <= original.size;
    if (mayBe && isCopy === undefined) return { is: 'unknown', ask: 'copy', of: original };
    if (mayBe && isCopy === true) return { is: 'copy', isWhole: original.bytesRead >= file.size };
  }
  // It may have been cut meanwhile: what was a copy of it is then where its content is.
  if (isRotated && looksForCuts === 1) return { is: 'unknown', ask: 'cuts' };
  const isOld = isRotated && !facts.isRewritten && file.mtimeNs < facts.lastWriteNs - marginNs;
  return { is: isOld ? 'old' : 'new' };
}

/** Of the files that are lost, that of which most was read and which is in this one. */
function movedFrom<W extends KnownFile>(
  file: FoundFile,
  { lost, compared }: Circumstances<W>,
): Fate<W> | undefined {
  const bytesOf = ({ fingerprint }: W) => fingerprint?.bytes ?? 0;
  for (const one of lost.toSorted((first, second) => bytesOf(second) - bytesOf(first))) {
    const holds = comparisonOf(file, one, compared.get(one));
    if (holds === undefined) return { is: 'unknown', ask: 'content', of: one };
    if (holds === 'gone') return { is: 'gone' };
    if (holds === 'yes') return { is: 'moved', from: one };
  }
  return undefined;
}

/** Whether a file holds what was read of another; undefined where that has to be looked for. */
function comparisonOf(
  file: FoundFile,
  one: KnownFile,
  answer: Comparison | undefined,
): Comparison | undefined {
  const isCompressed = isCompressedName(file.name);
  // Compressing keeps the last write.
  const isAsOld = isCompressed && !one.isCut && file.mtimeNs === one.mtimeNs;
  // Whatever it is, it is read from its start.
  if (isAsOld && one.bytesRead === 0) return 'yes';
  if (one.fingerprint === undefined || (isCompressed && file.mtimeNs < one.mtimeNs)) return 'no';
  // What cannot be decompressed here is missed by nobody where all of it was read.
  if (answer === 'unreadable') return isAsOld && one.isFinished ? 'yes' : 'no';
  return answer;
}
