// Everything outside a command as one value: streams, environment, clock, signals.

import type { Readable, Writable } from 'node:stream';
import type { User } from './core/file-trust.js';
import type { ProcessSight } from './core/ledger-store.js';

/** A stream that people or programs read, with what it is able to show. */
export interface OutputStream {
  readonly stream: Writable;
  readonly isTTY: boolean;
  /** Width in columns; 80 where it is not a terminal. */
  readonly columns: number;
}

/** Everything outside a command, handed in as one value: streams, environment, clock, chance, signals. */
export interface Context {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly homedir: string;
  /** Who runs this; undefined on Windows. */
  readonly user: User | undefined;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or at once when the signal aborts; never rejects. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A number in [0, 1). */
  readonly random: () => number;
  /** Aborts at the first Ctrl-C, SIGTERM or SIGHUP; its reason is 'SIGINT', 'SIGTERM' or 'SIGHUP'. */
  readonly interrupt: AbortSignal;
  /** Names this process so that it can be told from every other one, a later one with the same number included. */
  readonly processName: string;
  /** Looks for the process of that name. */
  readonly seeProcess: (processName: string) => ProcessSight;
  /** The licence of amocalls and those of the packages that it holds, in full. */
  readonly licenses: () => Promise<string>;
  /** The version of the Node that runs this; absent where another program does. */
  readonly nodeVersion?: string;
  /** Tells the edge which texts (the key) must never be written to any stream. */
  readonly hide: (secret: string) => void;
}
