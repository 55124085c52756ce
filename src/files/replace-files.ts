// Puts whole files in the place of what is there.

import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileFacts } from '../core/file-trust.js';
import { foundAt, type OutputPlace, unwritable } from './output-file.js';

/** The new content of a file. */
export interface NewContent {
  readonly place: OutputPlace;
  readonly text: string;
  /**
   * Whose owner, group and mode the file gets; null: it is for its owner alone. By default it is as the file that is there,
   * and a new one is for its owner alone.
   */
  readonly like?: FileFacts | null | undefined;
}

/**
 * Puts whole files in the place of what is there: who reads one gets the old or the new one, and none is replaced before
 * all of them are written.
 *
 * @throws UserError where one of them cannot be written; the files are as they were then
 */
export async function replaceFiles(contents: readonly NewContent[]): Promise<void> {
  const drafts: { readonly draft: string; readonly place: OutputPlace }[] = [];
  for (const { place, text, like } of contents) {
    const { realPath } = place;
    const draft = join(dirname(realPath), `.${basename(realPath)}.${randomUUID()}.tmp`);
    try {
      const file = await open(draft, 'wx', 0o600);
      drafts.push({ draft, place });
      try {
        await file.writeFile(text);
        await adopt(file, like === undefined ? await foundAt(realPath) : like);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      await dropDrafts(drafts);
      throw unwritable(place, cause);
    }
  }
  for (const { draft, place } of drafts) {
    try {
      await rename(draft, place.realPath);
    } catch (cause) {
      await dropDrafts(drafts);
      throw unwritable(place, cause);
    }
  }
}

async function dropDrafts(drafts: readonly { readonly draft: string }[]): Promise<void> {
  for (const { draft } of drafts) await rm(draft, { force: true });
}

async function adopt(file: FileHandle, facts: FileFacts | null | undefined): Promise<void> {
  if (facts === undefined || facts === null) return;
  const { uid, gid } = await file.stat();
  // Only root gives files away.
  if (uid !== facts.uid || gid !== facts.gid) await file.chown(facts.uid, facts.gid).catch(() => undefined);
  await file.chmod(facts.mode & 0o777);
}
