import type { ExitCode } from './errors.js';

/** What the service said about the calls of one request. */
export interface Verdicts {
  readonly accepted: ReadonlySet<string>;
  /** Reasons by uuid, word for word; never an empty list. */
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** Named in the answer, but not in the request. */
  readonly unknownUuids: readonly string[];
}

/** The service gave verdicts; a call that it did not name has none. */
export interface Settled {
  readonly kind: 'settled';
  readonly verdicts: Verdicts;
}

/** The service surely does not have the calls: they may be sent again. */
export interface NotReceived {
  readonly kind: 'not received';
  readonly reason: string;
  /** 429, 503: the service wants fewer requests. */
  readonly throttled: boolean;
  /** The least to wait, if the service said it. */
  readonly waitMs?: number;
}

/** The service perhaps has the calls: sending again may show them twice. */
export interface LostAnswer {
  readonly kind: 'lost';
  readonly reason: string;
}

/** The request was refused as a whole: cut it and send the parts. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
  /** 413: the size is at fault, not a call. */
  readonly tooLarge: boolean;
}

/** Nothing that is sent now can go well. */
export interface Stopped {
  readonly kind: 'stop';
  readonly reason: string;
  readonly hint: string;
  readonly exit: ExitCode;
}

/** What the answer to one request, or its absence, means for its calls, and what may be done next. */
export type SendResult = Settled | NotReceived | LostAnswer | Refused | Stopped;
