// What the user decides about sending, and the outside as values.

import type { Ledger } from '../core/ledger.js';
import type { Entry } from '../core/outcome.js';
import type { Destination } from '../destinations/destination.js';

/** What the user decides about sending. */
export interface DeliveryOptions {
  /** Calls a request at most. */
  readonly chunkSize: number;
  /** Requests in flight at most. */
  readonly concurrency: number;
  /** Requests a second at most; 0 = no limit. */
  readonly rate: number;
  /** Seconds that an answer may take. */
  readonly timeout: number;
  /** Retries of one request at most; a run without an end goes on. */
  readonly retries: number;
  readonly onLostAnswer: 'hold' | 'resend';
  /** Send again what the ledger says was accepted. */
  readonly resend: boolean;
  /** Send again what was accepted with other content, with the same uuid. */
  readonly resendChanged: boolean;
  /**
   * A service in trouble stops the run, or is waited for without an end (`follow`). The files of such a run grow: rows of a call
   * that come before it is sent join it.
   */
  readonly onTrouble: 'stop' | 'wait';
  /**
   * At its end the run waits until calls without an answer can be looked for (somebody waits for the result), where the service
   * took others; else a later run looks for those that are too young.
   */
  readonly waitsToLook: boolean;
  /** The uuids that may stand on several records: no other does. Absent: any may. */
  readonly repeated?: ReadonlySet<string> | undefined;
  /** Stop after so many calls that were not accepted. */
  readonly maxErrors?: number | undefined;
}

/** Everything outside the delivery, as values. */
export interface DeliveryDeps {
  readonly destination: Pick<
    Destination,
    'budgets' | 'send' | 'fallback' | 'whyDeferred' | 'letsWait' | 'correction' | 'find'
  >;
  readonly ledger: Ledger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  readonly random: () => number;
  /** Aborts at Ctrl-C, SIGTERM and SIGHUP. */
  readonly interrupt: AbortSignal;
  /** Shows the user something that is no outcome. */
  readonly note: (text: string, hint?: string) => void;
  /** Shows the user something that needs attention. */
  readonly warn: (text: string, hint?: string) => void;
}

/** Entries that come to be sent together. */
export interface DeliveryBatch {
  readonly entries: readonly Entry[];
  /** Whether its source may never end (standard input): a stopped run then stops reading. */
  readonly endless?: boolean;
  /** Nothing more is there for now: what waits for a full chunk is sent. */
  readonly flush?: boolean;
}
