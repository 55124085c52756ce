import { isObject } from '../core/json.js';
import type { Checkpoints } from '../core/ledger.js';
import type { Entry, Origin, Outcome, Status } from '../core/outcome.js';
import type { FileSource } from '../core/row.js';
import { closingOnError, type FileIdentity, identify } from '../input/file-identity.js';
import type { FilePart } from '../input/open.js';

/** A place in a file: the offset of a row's first byte, and the row's line. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

/** A range of a file, from a place up to an offset. */
export interface Range extends Place {
  readonly end: number;
}

/** How far a file is done, and the ranges before it that hold records which are not. */
export interface Checkpoint {
  readonly settled: Place;
  /** To be read again by the next run, in order. */
  readonly open: readonly Range[];
}

/** Follows one file from its batches to their outcomes. */
export interface CheckpointTracker {
  /** A batch was read: its entries, where it began, and where the next one begins. */
  readonly read: (entries: readonly Entry[], from: Place, next: Place) => void;
  /** From here on nobody knows where rows stand: the checkpoint moves no further. */
  readonly stop: () => void;
  readonly record: (outcomes: readonly Outcome[]) => void;
  readonly checkpoint: () => Checkpoint;
}

/**
 * Records that the next unattended run need not see again. An invalid or rejected one was reported, and stays what it is
 * until the file or the flags change: then the whole file is read anew, as it is whenever a person looks.
 */
const settledStatuses: ReadonlySet<Status> = new Set([
  'accepted',
  'duplicate',
  'filtered',
  'invalid',
  'rejected',
]);

/** With more open ranges than this, the next run reads on from the first of the rest. */
const maxOpen = 256;

interface Part extends Range {
  readonly endLine: number;
  waiting: number;
  unsettled: boolean;
}

/**
 * Follows a file that was settled up to `start.settled`, but for its open ranges. With `most` 0 there are none: the
 * next run reads on from the first record that is not settled, as it must where rows of one call stand apart.
 */
export function createCheckpointTracker(start: Checkpoint, most = maxOpen): CheckpointTracker {
  const parts: Part[] = [];
  const partOf = new Map<Origin, Part>();
  const open: Range[] = [];
  let settled = start.settled;
  /** Up to here everything that this run was to read is done. */
  let position = 0;
  /** Whether a part that is not settled, and may not be left behind, holds the checkpoint for good. */
  let isBlocked = false;

  /** Moves on over the parts whose records all have an outcome. */
  function advance(): void {
    for (let part = parts[0]; part !== undefined && part.waiting === 0; part = parts[0]) {
      if (part.unsettled && open.length >= most) {
        isBlocked = true;
        parts.length = 0;
        partOf.clear();
        return;
      }
      parts.shift();
      const { offset, line, end } = part;
      position = end;
      if (part.unsettled) open.push({ offset, line, end });
      if (end > settled.offset) settled = { offset: end, line: part.endLine };
    }
  }

  return {
    stop() {
      parts.push({
        ...settled,
        end: settled.offset,
        endLine: settled.line,
        waiting: Number.POSITIVE_INFINITY,
        unsettled: true,
      });
    },
    read(entries, from, next) {
      if (isBlocked || (entries.length === 0 && from.offset === next.offset)) return;
      const part: Part = {
        ...from,
        end: next.offset,
        endLine: next.line,
        waiting: entries.length,
        unsettled: false,
      };
      parts.push(part);
      for (const { origin } of entries) partOf.set(origin, part);
      advance();
    },
    record(outcomes) {
      for (const { origin, status } of outcomes) {
        const part = partOf.get(origin);
        if (part === undefined) continue;
        partOf.delete(origin);
        part.waiting -= 1;
        if (!settledStatuses.has(status)) part.unsettled = true;
      }
      advance();
    },
    checkpoint() {
      return { settled, open: [...open, ...start.open.filter(({ end }) => end > position)] };
    },
  };
}

/** Follows how far one growing file is done, from run to run. */
export interface FileCheckpoint {
  /** What is to be read of the file; absent: all of it. */
  readonly parts?: readonly FilePart[];
  /** Entries were read; `next` is where the reading stands. */
  readonly read: (entries: readonly Entry[], next: Place | undefined) => void;
  readonly record: (outcomes: readonly Outcome[]) => void;
  /** Writes down how far the file is settled now. */
  readonly save: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where every file begins. */
export const fileStart: Place = { offset: 0, line: 1 };
const nothingSettled: Checkpoint = { settled: fileStart, open: [] };

/** The file's memory, and how it is read. */
export interface FileCheckpointOptions {
  readonly checkpoints: Checkpoints;
  readonly cwd: string;
  /** Names all that decides what the rows become. */
  readonly reading: string;
  /** Rows of one call are merged: no range of the file can be read again without what stands around it. */
  readonly isGrouped: boolean;
  /** Whether the file is entered where the last run left it; else it is read whole, and how far it is done is only saved. */
  readonly isEntered: boolean;
}

/**
 * Finds how far a file was settled by earlier runs that read it in the same way. A file that was rotated, truncated
 * or changed since is read whole; what is sent is decided by the ledger alone.
 *
 * @returns undefined for what cannot grow: standard input, a pipe
 */
export async function openFileCheckpoint(
  file: string,
  options: FileCheckpointOptions,
): Promise<FileCheckpoint | undefined> {
  const identity = await identify(file, options.cwd);
  return identity && closingOnError(identity, () => checkpointOf(identity, options));
}

async function checkpointOf(
  identity: FileIdentity,
  { checkpoints, reading, isGrouped, isEntered }: FileCheckpointOptions,
): Promise<FileCheckpoint> {
  const saved = parseCheckpoint(await findCheckpoint(checkpoints, identity.file, reading));
  const isSame =
    saved !== undefined &&
    isEntered &&
    (await identity.fingerprint(saved.checkpoint.settled.offset)) === saved.fingerprint;
  const start = isSame ? saved.checkpoint : nothingSettled;
  const tracker = isGrouped ? createCheckpointTracker(start, 0) : createCheckpointTracker(start);
  const parts: readonly FilePart[] = [...start.open, start.settled];
  const position = createPosition(parts);
  return {
    ...(isSame ? { parts } : {}),
    read: (entries, next) => {
      if (next === undefined) tracker.stop();
      else tracker.read(entries, position.at(), next);
      if (next !== undefined) position.move(next);
    },
    record: tracker.record,
    async save() {
      const mark = tracker.checkpoint();
      const { file: id, fingerprint } = identity;
      if (mark.settled.offset > 0) await saveCheckpoint(mark, { id, fingerprint }, { checkpoints, reading });
    },
    close: identity.close,
  };
}

/** Where the next batch begins: where the last one ended, or at the next part. */
function createPosition(parts: readonly FilePart[]) {
  const rest = [...parts];
  let part = rest.shift();
  let place: Place = part ?? fileStart;
  return {
    at: () => place,
    move(next: Place): void {
      place = next;
      if (part?.end === undefined || next.offset < part.end) return;
      part = rest.shift();
      place = part ?? next;
    },
  };
}

/** A checkpoint, with the fingerprint of the file up to it. */
export interface SavedCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly fingerprint: string;
}

/**
 * Writes down how far a file is done; false where that cannot be found again, since nothing is or the file was cut.
 *
 * @param source what names the file on the disk, and tells whether its first bytes are still the same
 */
export async function saveCheckpoint(
  mark: Checkpoint,
  { id, fingerprint }: Pick<FileSource, 'id' | 'fingerprint'>,
  { checkpoints, reading }: { readonly checkpoints: Checkpoints; readonly reading: string },
): Promise<boolean> {
  const known = await fingerprint(mark.settled.offset);
  if (known === undefined) return false;
  await checkpoints.save([{ file: id, reading, checkpoint: JSON.stringify({ mark, fingerprint: known }) }]);
  return true;
}

/** The text that was saved for a file; undefined: none. */
export async function findCheckpoint(
  checkpoints: Checkpoints,
  file: string,
  reading: string,
): Promise<string | undefined> {
  const all = await checkpoints.list(file);
  return all.find((one) => one.file === file && one.reading === reading)?.checkpoint;
}

/** A checkpoint as `saveCheckpoint` wrote it (the ledgers of 0.1 call it a mark); whatever else stands there is none. */
export function parseCheckpoint(text: string | undefined): SavedCheckpoint | undefined {
  const saved: unknown = text === undefined ? undefined : JSON.parse(text);
  if (!isObject(saved) || !isObject(saved['mark'])) return undefined;
  const { fingerprint, mark } = saved;
  const { settled, open } = saved['mark'];
  if (typeof fingerprint !== 'string' || !isObject(mark) || !isPlace(settled) || !Array.isArray(open)) {
    return undefined;
  }
  return open.every(isRange) ? { checkpoint: { settled, open }, fingerprint } : undefined;
}

function isPlace(value: unknown): value is Place {
  return isObject(value) && Number.isSafeInteger(value['offset']) && Number.isSafeInteger(value['line']);
}

function isRange(value: unknown): value is Range {
  return isPlace(value) && 'end' in value && Number.isSafeInteger(value.end);
}
