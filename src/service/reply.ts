/** An HTTP answer to one request. */
export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  /** Header values that matter, as sent. */
  readonly retryAfter?: string;
  readonly location?: string;
  readonly body: string;
  /** false where the connection broke inside the body, or the body was absurdly long. */
  readonly complete: boolean;
}

/** No HTTP answer at all. */
export interface Failed {
  readonly kind: 'failed';
  /** Whether any byte of the request may have left: then the service may have it. */
  readonly written: boolean;
  /** The system's or undici's code: ECONNREFUSED, ENOTFOUND, UND_ERR_CONNECT_TIMEOUT, TIMEOUT… */
  readonly code: string;
  readonly message: string;
}

/** What came back for one request that was posted. */
export type Reply = Answered | Failed;
