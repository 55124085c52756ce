// Types of the two drivers.

/** Node's own SQLite: in Node since 22.13, not yet in the types of the oldest Node that we support. */
declare module 'node:sqlite' {
  import type { DatabaseSync as OpenDatabase } from './driver.js';
  export const DatabaseSync: new (file: string, options?: { readonly readOnly: boolean }) => OpenDatabase;
}
