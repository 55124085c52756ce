import type { ExitCode } from './errors.js';

/** What the service said about the calls of one request. */
export interface Verdicts {
  readonly accepted: ReadonlySet<string>;
  /** Reasons by uuid, word for word; never an empty list. */
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** Named in the answer, but not in the request. */
  readonly unknownUuids: readonly string[];
}

/** The service answered for its calls; whoever it did not name has no verdict. */
export interface Settled {
  readonly kind: 'settled';
  readonly verdicts: Verdicts;
}

/** The service surely does not have the calls: they may be sent again. */
export interface NotReceived {
  readonly kind: 'not received';
  readonly why: string;
  /** 429, 503: the service wants fewer requests. */
  readonly throttled: boolean;
  /** The least to wait, if the service said it. */
  readonly waitMs?: number;
}

/** The service perhaps has the calls: sending again may show them twice. */
export interface LostAnswer {
  readonly kind: 'lost';
  readonly why: string;
}

/** The request was refused as a whole: cut it and send the parts. */
export interface Refused {
  readonly kind: 'refused';
  readonly why: string;
  /** 413: the size is at fault, not a call. */
  readonly tooLarge: boolean;
}

/** Nothing that is sent now can go well. */
export interface Stopped {
  readonly kind: 'stop';
  readonly why: string;
  readonly hint: string;
  readonly exit: ExitCode;
}

/** What a reply means for the calls of its request, and what may be done next. */
export type SendResult = Settled | NotReceived | LostAnswer | Refused | Stopped;
