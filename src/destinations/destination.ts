// What a destination is: its limits, how calls are sent, how they are looked for.

import type { Call } from '../core/call.js';
import type { UnconfirmedCall } from '../core/ledger.js';
import type { Receipt, SendResult } from '../core/send-result.js';

/**
 * One limit on the size of a request: a request is full when the costs of its calls would exceed it.
 * For instance bytes of the body, or variables of a form.
 */
export interface RequestBudget {
  readonly limit: number;
  /** What one call takes of it; an upper bound is enough. */
  readonly cost: (call: Call) => number;
}

/**
 * A service that takes calls. Delivery knows nothing else of it: retries, pace, claims and the search for calls at fault are the same for all.
 * Whom the ledger takes it for is decided where it is opened (pipeline/service.ts). How to add one:
 * docs/add-a-destination.md.
 */
export interface Destination {
  readonly budgets: readonly RequestBudget[];
  /**
   * Sends calls of one account in one request, once, and says what the answer means. Never throws for what the network
   * or the service does, and never sends anything twice by itself.
   */
  readonly send: (calls: readonly Call[]) => Promise<SendResult>;
  /**
   * Why a call need not be sent now, as far as this run knows: an earlier response said that it cannot be taken yet.
   * Asked before each request; without it, nothing is known.
   */
  readonly whyDeferred?: (call: Call) => readonly string[] | undefined;
  /** Where calls go that `send` could not take yet; without it, or where it does not accept them, they wait. */
  readonly fallback?: Fallback;
  /**
   * Whether a call that it cannot take yet is to wait. One that an earlier run left waiting, and that is not to, is sent
   * at once, whenever its next try is. Absent: all wait.
   */
  readonly letsWait?: (call: Call) => boolean;
  /** Writes over calls that it accepted with other content; absent where it cannot, or is not to. */
  readonly correction?: Correction;
  /**
   * Looks for calls whose answer was lost; nothing is written there. Absent where the service cannot be asked. It rejects where
   * the service fails; what was found before that counts.
   */
  readonly find?: (calls: readonly UnconfirmedCall[], asking: Asking) => AsyncIterable<SearchResult>;
  /** Closes the connections. */
  readonly close: () => Promise<void>;
}

/** How a service is asked. */
export interface Asking {
  /** Waits until a request may leave: it counts like those that send. */
  readonly acquire: () => Promise<unknown>;
  /** Hears until when the service wants no request (ms since 1970), and in which words. */
  readonly reportThrottled: (until: number, reason: string) => Promise<void>;
  /** Ends the asking. */
  readonly signal: AbortSignal;
}

/** What a look found, or a part of it. */
export interface SearchResult {
  /** Where the service has them, by uuid. */
  readonly found: ReadonlyMap<string, Receipt>;
  /** The uuids of calls that are in none of the places where they would be; a call in neither was not looked for. */
  readonly missing: ReadonlySet<string>;
}

/** Another method of the same service, for calls that its usual one cannot take yet. */
interface Fallback {
  readonly accepts: (call: Call) => boolean;
  /** As `send` of the destination. */
  readonly send: (calls: readonly Call[]) => Promise<SendResult>;
}

/** How an accepted call is given other content. */
interface Correction {
  /** Whether the receipt says enough of where the service keeps the call. */
  readonly accepts: (receipt: Receipt) => boolean;
  /**
   * Gives one accepted call its present content, once; as `send` of the destination. Doing so twice must be as good as
   * once: an answer that was lost is followed by another try.
   */
  readonly correct: (call: Call, receipt: Receipt) => Promise<SendResult>;
}

/** One request as `--verbose` shows it, with no secret in it. */
export interface RequestTrace {
  readonly method: string;
  /** The address with secrets masked. */
  readonly address: string;
  readonly calls: number;
  readonly bytes: number;
  readonly milliseconds: number;
  /** The status, or why there was no answer. */
  readonly outcome: string;
}

/** What every destination is opened with. */
export interface ConnectionOptions {
  /** Milliseconds from the first byte sent to the last byte read. */
  readonly timeoutMs: number;
  /** How many requests are in flight at most. */
  readonly concurrency: number;
  /** For HTTPS_PROXY and NO_PROXY. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `amocalls/1.2.3`. */
  readonly userAgent: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Ends a request that is not written yet, and any that only reads; what may have arrived is waited for. */
  readonly interrupt: AbortSignal;
  /** Called for every request once it has ended. */
  readonly trace?: (request: RequestTrace) => void;
}
