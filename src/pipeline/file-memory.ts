// What is kept of a file for the next run, beside how far it is done.

import { isObject, type JsonObject, parseJson } from '../core/json.js';
import type { Checkpoints } from '../core/ledger-store.js';

/** What is kept: what was found out about a file, or who reads it. Stands in the place of a reading. */
type Kept = 'findings' | 'reader';

/**
 * What an earlier run kept of a file; empty where none did.
 *
 * @param file its absolute path, or what names all files that are like it
 */
export async function recall(checkpoints: Checkpoints, file: string, kept: Kept): Promise<JsonObject> {
  const all = await checkpoints.list(file);
  const found = all.find((one) => one.file === file && one.reading === kept);
  const value = found && parseJson(found.checkpoint);
  return isObject(value) ? value : {};
}

/** Keeps something of a file for the next run. */
export async function remember(
  checkpoints: Checkpoints,
  file: string,
  { kept, value }: { readonly kept: Kept; readonly value: object },
): Promise<void> {
  await checkpoints.save([{ file, reading: kept, checkpoint: JSON.stringify(value) }]);
}
