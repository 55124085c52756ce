// Who may have written a file, by its owner and its mode.

/** Who runs this, as files know them. Windows has no such owners: there is no user then. */
export interface User {
  /** The effective user and group. */
  readonly uid: number;
  readonly gid: number;
  /** Who called sudo, where root runs this for them. */
  readonly sudo?: { readonly uid: number; readonly gid: number };
}

/** What a file system says of a file or folder. */
export interface FileFacts {
  readonly uid: number;
  readonly gid: number;
  /** Permission bits, perhaps with the kind of file above them. */
  readonly mode: number;
}

/** Why somebody else may have written a file: whose it is, or who may write to it. */
export type Distrust = 'owner' | 'everybody' | 'group';

/** Whether a file of this owner may speak for the user: their own, root's, or that of whom root runs this for by sudo. */
function isTrustedOwner(uid: number, user: User): boolean {
  return uid === user.uid || uid === 0 || uid === user.sudo?.uid;
}

/**
 * Why others than the user and root may have written a file, or put something into a folder; undefined where they may not.
 * The user's own group may write: with a umask of 0002 it may for every file.
 */
export function distrustOf({ uid, gid, mode }: FileFacts, user: User | undefined): Distrust | undefined {
  if (user === undefined) return undefined;
  if (!isTrustedOwner(uid, user)) return 'owner';
  if ((mode & 0o002) !== 0) return 'everybody';
  const isOwnGroup = gid === user.gid || gid === user.sudo?.gid;
  return (mode & 0o020) !== 0 && !isOwnGroup ? 'group' : undefined;
}
