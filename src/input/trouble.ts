import { UserError } from '../core/errors.js';

const reasons: Readonly<Record<string, readonly [says: string, hint: string]>> = {
  ENOENT: ['there is no such file', 'Check the name and the folder.'],
  ENOTDIR: ['there is no such file', 'Check the name and the folder.'],
  EACCES: ['it cannot be read: permission denied', 'Give yourself the right to read it (chmod u+r).'],
  EPERM: ['it cannot be read: permission denied', 'Give yourself the right to read it (chmod u+r).'],
  EISDIR: ['it is a folder, not a file', 'Name the files in it: amocalls import folder/*.csv'],
};

/** The name of a file as messages say it. */
export function nameOf(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** Words a failed read of `file` for the user; an error that is worded already stays as it is. */
export function unreadable(file: string, cause: unknown): UserError {
  if (cause instanceof UserError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = reasons[code];
  if (known !== undefined) return new UserError(`${nameOf(file)}: ${known[0]}`, { hint: known[1], cause });
  const says = cause instanceof Error ? cause.message : String(cause);
  return new UserError(`${nameOf(file)}: it cannot be read: ${says}`, {
    hint: 'Check that the disk or the network folder is in order.',
    cause,
  });
}

/** Largest record, in bytes of the file, that is still taken for a record. */
export const maxRecordBytes = 16 * 1024 * 1024;

/** The error for a record that is larger than any call record can be. */
export function tooLong(file: string, line: number, hint: string): UserError {
  return new UserError(`${nameOf(file)}, line ${line}: a record of more than 16 MiB`, { hint });
}
