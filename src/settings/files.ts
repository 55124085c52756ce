import { readFileSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { shellQuoted } from '../core/display.js';
import { UserError } from '../core/errors.js';

/** Reports something to the user that does not stop the run, and what to do about it. */
export type Warn = (text: string, hint?: string) => void;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
};

/** What a failed call of the file system means, in words; undefined where the failure was of another kind. */
export function fileReason(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return reasons[error.code] ?? error.code;
}

/** An absolute path; `~/` is the home folder, everything else is relative to the folder. */
export function absolutePath(path: string, folder: string, homedir: string): string {
  return /^~(?=[/\\]|$)/.test(path) ? join(homedir, path.slice(1)) : resolve(folder, path);
}

/** Whether there is something at this path that can be read as a file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false;
  } catch {
    // A folder that may not be entered, or a file where a folder should be: nothing for us there.
    return false;
  }
}

/**
 * The text of a small file, without a byte order mark.
 *
 * @param name what the file is to the user: `key_file /etc/amocalls/key`
 * @throws UserError where it cannot be read
 */
export function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const reason = fileReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`${name} cannot be read: ${reason}.`, {
      hint: 'Check the path and the permissions.',
      cause: error,
    });
  }
}

/** The mode bits of a file as chmod takes them, `600`; undefined on Windows, which has none. */
export function modeOf(path: string): string | undefined {
  if (platform() === 'win32') return undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : (stats.mode & 0o777).toString(8).padStart(3, '0');
}

/** The group, by its number, to which root has given a file that nobody else may read; undefined for any other file. */
export function serviceGroupOf(path: string): number | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && isForGroup(stats) && (stats.mode & 0o047) === 0o040 ? stats.gid : undefined;
}

function isForGroup({ uid, gid }: { readonly uid: number; readonly gid: number }): boolean {
  return uid === 0 && gid !== 0;
}

/**
 * Warns where others than the owner may read a file that holds a key. A group may, where root has given it the file: that
 * is how a service without rights of its own reads its configuration. Windows has no such mode bits.
 */
export function warnIfOthersRead(path: string, warn: Warn): void {
  if (platform() === 'win32') return;
  const stats = statSync(path, { throwIfNoEntry: false }) ?? { mode: 0, uid: 0, gid: 0 };
  if ((stats.mode & (isForGroup(stats) ? 0o004 : 0o044)) === 0) return;
  warn(
    `${path} contains a key, and other users of this machine can read it.`,
    `Run: chmod 600 ${shellQuoted(path)}`,
  );
}
