// What a reply means for the calls of its request.

import type { ExitCode } from './errors.js';

/** Where the service keeps a call that it accepted, as far as it said. The names are those of ndjson and json. */
export interface Receipt {
  /** The id of the note that shows the call. */
  readonly note_id?: number | undefined;
  /** What the note belongs to, in the word of the service: `contact`, `lead`, `company`, `customer`. */
  readonly entity_type?: string | undefined;
  readonly entity_id?: number | undefined;
  /**
   * How that is known, or how the call came there, where not by the answer to a new note: as an incoming lead, by writing
   * over its own note, or since it was found when its answer was lost.
   */
  readonly via?: 'unsorted' | 'corrected' | 'found';
  /** The id of the incoming lead. */
  readonly uid?: string | undefined;
}

/** What the service said about the calls of one request. */
export interface Verdicts {
  readonly accepted: ReadonlySet<string>;
  /** By uuid, for accepted calls; absent where the service gives none. */
  readonly receipts?: ReadonlyMap<string, Receipt> | undefined;
  /** Reasons by uuid, word for word; never an empty list. */
  readonly rejected: ReadonlyMap<string, readonly string[]>;
  /** Reasons by uuid of calls that the service cannot take yet (no contact has the number): to be tried again later. */
  readonly deferred?: ReadonlyMap<string, readonly string[]> | undefined;
  /** Named in the answer, but not in the request. */
  readonly unknownUuids: readonly string[];
}

/** The service answered with verdicts; a call that it did not name has none. */
export interface Answered {
  readonly kind: 'answered';
  readonly verdicts: Verdicts;
}

/** The service surely does not have the calls: they may be sent again. */
export interface NotReceived {
  readonly kind: 'not received';
  readonly reason: string;
  /** The service wants fewer requests: 429, and 503 of calls/add. */
  readonly throttled: boolean;
  /** The least to wait, if the service said it. */
  readonly waitMs?: number;
}

/** The service perhaps has the calls: sending again may show them twice. */
export interface LostAnswer {
  readonly kind: 'lost';
  readonly reason: string;
  /** 504 of API v4: the service was too slow for so many calls; smaller requests may get through. */
  readonly tooSlow?: boolean;
}

/** The request was refused as a whole: cut it and send the parts. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: string;
  /** The size is at fault, not a call: 413, or a 422 of API v4 that names a limit. */
  readonly tooLarge: boolean;
  /** What the service said of single calls: their verdict. The others may be sent again without them. */
  readonly named?: Pick<Verdicts, 'rejected' | 'deferred'>;
}

/** Nothing that is sent now can go well. */
export interface Stopped {
  readonly kind: 'stop';
  readonly reason: string;
  readonly hint: string;
  readonly exit: ExitCode;
  /** The service perhaps has the calls of this request, as after a lost answer (303). */
  readonly mayHaveCalls?: true;
}

/** What the answer to one request, or its absence, means for its calls, and what may be done next. */
export type SendResult = Answered | NotReceived | LostAnswer | Refused | Stopped;
