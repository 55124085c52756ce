// Finds the place of a file that is to be written, and opens it.

import { type BigIntStats, constants, existsSync } from 'node:fs';
import { access, type FileHandle, lstat, open, readlink, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, sep } from 'node:path';
import { errorCode, UserError, whyUnwritable } from '../core/errors.js';
import { distrustOf, type FileFacts, type User } from '../core/file-trust.js';

/** A file that is to be written, as the user asked for it. */
interface OutputRequest {
  /** What asks for it: `--report`. */
  readonly asked: string;
  /** Its name as the user knows it. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Who runs this; undefined on Windows. */
  readonly user: User | undefined;
}

/** A file that was found: which one it is, whose, and who may read and write it. */
export interface FoundFile extends FileFacts {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Bytes. */
  readonly size: number;
}

/** A place where a file is to be written, as it was when it was looked at. */
export interface OutputPlace extends OutputRequest {
  /** Where the path really leads, links followed. */
  readonly realPath: string;
  /** The file that is there; absent where there is none. */
  readonly found?: FoundFile;
}

/** A file that a run uses already, and what it is: `the ledger`. */
export interface UsedFile {
  /** Absolute. */
  readonly path: string;
  readonly what: string;
}

/**
 * Looks at a place where a file is to be written, before anything is done; nothing is changed.
 *
 * @param way whether lines are added to the file, or the whole of it takes the place of what is there
 * @throws UserError for what is no file and cannot become one, for a link that somebody else may have put there, and for a
 *   place that cannot be written to
 */
export async function findPlace(request: OutputRequest, way: 'append' | 'replace'): Promise<OutputPlace> {
  const { asked, name, path, user } = request;
  if (basename(path) === '-') {
    throw new UserError(`${asked} -: is not a file; standard output is for the result`, {
      hint: 'Give the name of a file.',
    });
  }
  try {
    refuseIrregular(request, await statOf(path));
    const realPath = await followLinks(request, path);
    const found = await foundAt(realPath);
    const isAdded = way === 'append' && found !== undefined;
    await access(isAdded ? realPath : dirname(realPath), constants.W_OK);
    if (way === 'replace' && found !== undefined) await refuseSticky(request, realPath, found);
    return { asked, name, path, user, realPath, ...(found === undefined ? {} : { found }) };
  } catch (cause) {
    throw unwritable(request, cause);
  }
}

/**
 * Looks at a file that somebody else will open and make (SQLite does both for the ledger); nothing is changed.
 *
 * @throws UserError for what is no file and cannot become one, and for a link that somebody else may have put there
 */
export async function assertOwnFile(request: OutputRequest): Promise<void> {
  refuseIrregular(request, await statOf(request.path));
  await followLinks(request, request.path);
}

/**
 * Refuses to write over a file that the run uses for something else, by whatever name.
 *
 * @throws UserError that says what the file is
 */
export async function refuseUsed(place: OutputPlace, used: readonly UsedFile[]): Promise<void> {
  for (const { path, what } of used) {
    if (!(await isSameFile(place, path))) continue;
    throw new UserError(`${place.asked} ${place.name}: is ${what}`, { hint: 'Give another name.' });
  }
}

/** Whether a path leads to the file of a place, or would, where neither is there yet. */
async function isSameFile({ realPath, path, found }: OutputPlace, other: string): Promise<boolean> {
  if (other === path || other === realPath) return true;
  const known = await statOf(other);
  if (known !== undefined || found !== undefined) {
    return known !== undefined && known.dev === found?.dev && known.ino === found.ino;
  }
  const folders = await Promise.all([dirname(other), dirname(realPath)].map(statOf));
  const [one, two] = folders;
  return basename(other) === basename(realPath) && one?.dev === two?.dev && one?.ino === two?.ino;
}

/** Whether other users of this machine may read what is written there. Windows has no such mode bits. */
export function othersMayRead({ found, user }: OutputPlace): boolean {
  return user !== undefined && found !== undefined && (found.mode & 0o044) !== 0;
}

/**
 * Opens the file that was looked at, or a new one for its owner alone, to add lines at its end. What is open is looked at
 * once more: nobody put something else there meanwhile.
 *
 * @throws UserError where it cannot be opened, or is another file by now
 */
export async function openToAppend(place: OutputPlace): Promise<FileHandle> {
  try {
    return (await openFound(place)) ?? (await openNew(place));
  } catch (cause) {
    throw unwritable(place, cause);
  }
}

const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Undefined where there is no file. */
async function openFound(place: OutputPlace): Promise<FileHandle | undefined> {
  const { realPath, found, asked, name } = place;
  if (found === undefined) return undefined;
  const flags = constants.O_WRONLY | constants.O_APPEND | safely;
  const file = await open(realPath, flags).catch(ifAbsent);
  if (file === undefined) return undefined;
  const { dev, ino } = await file.stat({ bigint: true });
  if (dev === found.dev && ino === found.ino) return file;
  await file.close();
  throw new UserError(`${asked} ${name}: was replaced by another file during the run`, {
    hint: 'Run the same command again.',
  });
}

/** Another run may make the same file at the same moment: both add to it then. */
async function openNew(place: OutputPlace): Promise<FileHandle> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL | safely;
  try {
    return await open(place.realPath, flags, 0o600);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const again = await findPlace(place, 'append');
    const file = await openFound(again);
    if (file === undefined) throw error;
    return file;
  }
}

/**
 * Bytes of the file that was found, fewer where it ends.
 *
 * @throws UserError where it cannot be read
 */
export async function readAt(place: OutputPlace, from: number, most: number): Promise<Buffer> {
  try {
    const file = await open(place.realPath);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, from);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unwritable(place, cause);
  }
}

/** The failure of writing a file in the user's words. */
export function unwritable({ asked, name, path }: OutputRequest, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const { why, hint } = whyUnwritable(cause, existsSync(dirname(path)) ? undefined : dirname(name));
  return new UserError(`${asked} ${name}: cannot be written: ${why}`, {
    hint: `${hint}; then run the same command again.`,
    cause,
  });
}

function refuseIrregular({ asked, name }: OutputRequest, found: BigIntStats | undefined): void {
  if (found?.isDirectory())
    throw new UserError(`${asked} ${name}: is a folder`, { hint: 'Give the name of a file in it.' });
  if (found?.isFile() === false)
    throw new UserError(`${asked} ${name}: is a device, a pipe or a socket`, {
      hint: 'Give the name of a file.',
    });
}

/** In a sticky folder such as /tmp only the owner of a file may replace it, as would be seen at the end of the run alone. */
async function refuseSticky(
  { asked, name, user }: OutputRequest,
  realPath: string,
  { uid }: FileFacts,
): Promise<void> {
  const folder = await stat(dirname(realPath));
  const mayReplace = user === undefined || user.uid === 0 || [uid, folder.uid].includes(user.uid);
  if (mayReplace || (folder.mode & 0o1000) === 0) return;
  throw new UserError(`${asked} ${name}: belongs to another user (uid ${uid})`, {
    hint: 'Give another name.',
  });
}

/** As many links as Linux follows in one path. */
const mostLinks = 40;

/**
 * Where a path really leads; its last part need not be there. A link in a folder that others may write to is not followed:
 * it is they who would choose what is written over.
 */
async function followLinks({ asked, name, user }: OutputRequest, path: string): Promise<string> {
  const { root } = parse(path);
  let place = root;
  let rest = partsOf(path.slice(root.length));
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...more] = rest;
    const next = join(place, part);
    const isLink = (await lstat(next).catch(ifAbsent))?.isSymbolicLink() === true;
    if (!isLink) {
      place = next;
      rest = more;
      continue;
    }
    if (distrustOf(await stat(place), user) !== undefined)
      throw new UserError(`${asked} ${name}: ${next} is a link in a folder that others may write to`, {
        hint: 'Name the file that the link points to, or a file in a folder of your own.',
      });
    links += 1;
    if (links > mostLinks) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
    const target = await readlink(next);
    if (isAbsolute(target)) place = parse(target).root;
    rest = [...partsOf(target.slice(isAbsolute(target) ? place.length : 0)), ...more];
  }
  return place;
}

function partsOf(path: string): readonly string[] {
  return path.split(sep).filter((part) => part !== '');
}

/** What is there; undefined where nothing is. */
export async function foundAt(path: string): Promise<FoundFile | undefined> {
  const found = await statOf(path);
  if (found === undefined) return undefined;
  const { dev, ino, size, uid, gid, mode } = found;
  return { dev, ino, size: Number(size), uid: Number(uid), gid: Number(gid), mode: Number(mode) };
}

function statOf(path: string): Promise<BigIntStats | undefined> {
  return stat(path, { bigint: true }).catch(ifAbsent);
}

/** For what is not there. Any other error is thrown. */
function ifAbsent(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error))) throw error;
}
