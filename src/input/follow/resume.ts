import { identify } from '../file-identity.js';
import type { FilePart } from '../source.js';
import type { Checkpoint, FollowIo } from './io.js';
import { type Listed, listedAt, rotatedFiles } from './rotation.js';

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
  const identity = await identify(file, '/');
  const found = await identity?.fingerprint(parts.at(-1)?.offset ?? 0);
  await identity?.close();
  return found === fingerprint;
}
