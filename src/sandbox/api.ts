// What an API of the sandbox is: the addresses it serves, how it handles a request.

import type { ReceivedCall } from './store.js';
import type { Note } from './v4-notes.js';

/** The APIs that the sandbox imitates. */
export type ApiName = 'calls-add' | 'v4';

/** An API that the sandbox imitates. The server reads the body, limits the rate, and keeps the records. */
export interface Api {
  readonly serves: (method: string, path: string) => boolean;
  /** Bytes of a body that are read at most; the rest is counted and dropped. */
  readonly mostBytes: number;
  readonly handle: (request: ApiRequest) => Answer;
  /** The notes that the calls have become, oldest first; none with calls/add, where nothing can be read back. */
  readonly notes: () => Iterable<Note>;
}

/** A request to an API as it came. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `http://127.0.0.1:8080`, as the client wrote it. */
  readonly origin: string;
  readonly authorization: string;
  readonly contentType: string;
  /** Bytes of the whole body. */
  readonly size: number;
  /** The body; cut off where it is longer than any limit. */
  readonly body: Buffer;
}

/** What the client gets for a request. */
export type Reply =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  /** 200 and half of this body, then the connection breaks. */
  | { readonly kind: 'truncated'; readonly body: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'disconnect'; readonly reset: boolean };

/** What an API made of a request. */
export interface Answer {
  readonly reply: Reply;
  /** The fault or the rule that decided; not given for an ordinary answer. */
  readonly fault?: string | undefined;
  readonly calls?: readonly ReceivedCall[];
  /** How long it is held back, in milliseconds; the least latency if not given. */
  readonly delayMs?: number;
}
