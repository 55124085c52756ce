import type { Reply } from './replies.js';
import type { ReceivedCall } from './store.js';

/** An API that the sandbox imitates. The server reads the body, keeps the pace and the records. */
export interface Api {
  readonly serves: (method: string, path: string) => boolean;
  /** Bytes of a body that are read at most; the rest is counted and dropped. */
  readonly mostBytes: number;
  /** The reply to a request that the rate guard stopped. */
  readonly tooFast: (status: 429 | 403) => Reply;
  readonly handle: (request: ApiRequest) => Handled;
}

/** A request to an API as it came. */
export interface ApiRequest {
  readonly query: URLSearchParams;
  readonly contentType: string;
  /** Bytes of the whole body. */
  readonly size: number;
  /** The body; cut off where it is longer than any limit. */
  readonly body: Buffer;
}

/** What an API made of a request. */
export interface Handled {
  readonly reply: Reply;
  /** The fault or the rule that decided; null for an ordinary answer. */
  readonly fault: string | null;
  readonly calls: readonly ReceivedCall[];
  /** How long the reply is held back. */
  readonly delayMs: number;
}
