// Paths, small files, their modes.

import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { platform } from 'node:os';
import { join, resolve } from 'node:path';
import { shellQuoted } from '../core/display.js';
import { errorCode, UserError } from '../core/errors.js';
import type { FileFacts } from '../core/file-trust.js';

/** Reports something to the user that does not stop the run, and what to do about it. */
export type Warn = (text: string, hint?: string) => void;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOTREG: 'is a pipe, a device or a socket',
};

/** What a failed call of the file system means, in words; undefined where the failure was of another kind. */
function fileReason(error: unknown): string | undefined {
  const code = errorCode(error);
  return reasons[code] ?? (code || undefined);
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

/** What a shell hands over as an open descriptor: `--config <(…)` names `/dev/fd/63`. */
const descriptor = /^\/(?:dev|proc\/self)\/(?:fd\/\d+|stdin)$/;

/** A file as it was read. */
export interface ReadFile {
  readonly text: string;
  /** Of the file that was read, and of the link that led to it where there is one. Not known of a descriptor. */
  readonly facts: readonly FileFacts[];
}

/**
 * Reads a small file whole. A pipe or a device in its place is refused at once: it might be waited for without end.
 *
 * @throws what the file system throws, or an error with the code ENOTREG; `fileReason` words both
 */
function readWhole(path: string): ReadFile {
  if (descriptor.test(path)) return { text: readFileSync(path, 'utf8'), facts: [] };
  const link = lstatSync(path);
  // Opening a device may do something: it is looked at before, and once more when it is open.
  refuseIrregular(statSync(path));
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = fstatSync(file);
    refuseIrregular(facts);
    const text = readFileSync(file, 'utf8');
    return { text, facts: link.isSymbolicLink() ? [facts, { ...link, mode: 0 }] : [facts] };
  } finally {
    closeSync(file);
  }
}

function refuseIrregular(found: { readonly isFile: () => boolean; readonly isDirectory: () => boolean }) {
  if (found.isFile()) return;
  const code = found.isDirectory() ? 'EISDIR' : 'ENOTREG';
  throw Object.assign(new Error(code), { code });
}

/**
 * Reads a small file that the user knows by a name: `key_file /etc/amocalls/key`.
 *
 * @param orElse what can be done beside a look at the path and the permissions
 * @throws UserError where it cannot be read
 */
export function readNamed(path: string, name: string, orElse = ''): ReadFile {
  try {
    return readWhole(path);
  } catch (error) {
    const reason = fileReason(error);
    if (reason === undefined) throw error;
    throw new UserError(`${name}: cannot be read: ${reason}`, {
      hint: `Check the path and the permissions${orElse}.`,
      cause: error,
    });
  }
}

/** The text of such a file, without a byte order mark. */
export function readText(path: string, name: string): string {
  return readNamed(path, name).text.replace(/^\uFEFF/, '');
}

/** The mode bits of a file as chmod takes them, `600`; undefined on Windows, which has none. */
export function modeOf(path: string): string | undefined {
  if (platform() === 'win32') return undefined;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? undefined : (stats.mode & 0o777).toString(8).padStart(3, '0');
}

/**
 * A file that root has given to the group of a service, and that nobody else may read: its owner, group and mode; undefined
 * for any other file.
 */
export function serviceFactsOf(path: string): FileFacts | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && isForGroup(stats) && (stats.mode & 0o047) === 0o040 ? stats : undefined;
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
    `${path}: holds a secret, and other users of this machine can read it`,
    `Run: chmod 600 ${shellQuoted(path)}`,
  );
}
