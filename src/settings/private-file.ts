import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { UserError } from '../core/errors.js';
import { fileReason } from './files.js';

/**
 * Writes a file that only its owner may read, whole or not at all.
 *
 * @throws UserError where it cannot be written
 */
export function writePrivateFile(path: string, text: string): void {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(draft, text, { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    const reason = fileReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`${path}: cannot be written: ${reason}`, {
      hint: 'Check the folder and its permissions.',
      cause: error,
    });
  }
}
