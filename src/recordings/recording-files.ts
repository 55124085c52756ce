// A link and the file that it names, and what is there of it.

import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Problem } from '../core/errors.js';
import { serverPath } from './signature.js';

/** Where recordings are, on this machine and on the web. */
export interface RecordingPlace {
  /** Folder with the recordings, absolute. */
  readonly root: string;
  /** Address under which the web server serves that folder. */
  readonly url: string;
}

/** What is there of a recording. */
export type RecordingState =
  | 'ready'
  | 'missing'
  /** 0 bytes: the PBX has begun it, or its disk is full. */
  | 'empty'
  /** It was written to a moment ago: it is being recorded, or converted. */
  | 'being written'
  /** The link leads elsewhere than to the folder. */
  | 'elsewhere'
  /** The folder or the file may not be read by whoever runs this. */
  | 'unreadable';

/** A file that was not written to for so long is whole, in milliseconds. */
const quietMs = 5_000;

/**
 * The file that a link under `url` names, absolute; undefined where the link leads elsewhere, or out of the folder.
 * Names are taken as UTF-8.
 */
export function fileOfLink(link: string, { root, url }: RecordingPlace): string | undefined {
  const base = url.endsWith('/') ? url : `${url}/`;
  if (!link.startsWith(base)) return undefined;
  const [whole, start] = [serverPath(link), serverPath(base)];
  if (whole instanceof Problem || start instanceof Problem) return undefined;
  if (!whole.subarray(0, start.length).equals(start)) return undefined;
  const file = path.join(root, whole.subarray(start.length).toString('utf8'));
  return path.relative(root, file).startsWith('..') ? undefined : file;
}

/** The link of a file under `root`: each part of its path percent-encoded; undefined where it lies elsewhere. */
export function linkOfFile(file: string, { root, url }: RecordingPlace): string | undefined {
  const relative = path.relative(root, file);
  if (relative === '' || relative.startsWith('..') || path.isAbsolute(relative)) return undefined;
  const base = url.endsWith('/') ? url : `${url}/`;
  return base + relative.split(path.sep).map(encodeURIComponent).join('/');
}

/**
 * What is there of a recording now.
 *
 * @param now milliseconds since 1970, by the clock that sets the times of files
 */
export async function recordingState(file: string, now: number): Promise<RecordingState> {
  try {
    const found = await stat(file);
    const { size, mtimeMs } = found;
    if (!found.isFile()) return 'missing';
    if (size === 0) return 'empty';
    // A time in the future says nothing: its clock was wrong.
    return mtimeMs <= now && now - mtimeMs < quietMs ? 'being written' : 'ready';
  } catch (error) {
    return ['EACCES', 'EPERM'].includes(errorCode(error)) ? 'unreadable' : 'missing';
  }
}

const audio = /\.(?:mp3|wav|ogg|oga|opus|m4a)$/i;

/**
 * The recording under a folder that was written last, by the times of folders: `YYYY/MM/DD/` leads there at once.
 *
 * @returns undefined where there is none
 * @throws the error of the file system for a folder that cannot be read
 */
export async function newestRecording(folder: string, depth = 6): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true });
  const dated: { readonly file: string; readonly isFolder: boolean; readonly mtimeMs: number }[] = [];
  for (const entry of entries) {
    const isFolder = entry.isDirectory();
    if (!isFolder && !(entry.isFile() && audio.test(entry.name))) continue;
    const file = path.join(folder, entry.name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined) dated.push({ file, isFolder, mtimeMs: found.mtimeMs });
  }
  dated.sort((one, other) => other.mtimeMs - one.mtimeMs);
  for (const { file, isFolder } of dated) {
    if (!isFolder) return file;
    const inside = depth > 0 ? await newestRecording(file, depth - 1).catch(() => undefined) : undefined;
    if (inside !== undefined) return inside;
  }
  return undefined;
}
