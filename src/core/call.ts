/** The two directions that calls/add knows. */
export const callTypes = ['inbound', 'outbound'] as const;
export type CallType = (typeof callTypes)[number];

/** The fields of one call, in the words of calls/add and in the order in which they are sent (uuid first). */
export const callFields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'account_id'] as const;
export type CallField = (typeof callFields)[number];

/** A valid call: exactly what goes into one entry of `request[add]`. */
export interface Call {
  /** Unique id, made by the sender; any non-empty string. */
  readonly uuid: string;
  /** Digits only. */
  readonly caller: string;
  /** Digits only. */
  readonly to: string;
  /** Unix time in seconds. */
  readonly date: number;
  readonly type: CallType;
  /** Talk time in whole seconds; 0 is a missed call. */
  readonly billsec: number;
  /** URL of the recording. */
  readonly link?: string;
  /** The account the call goes to; '' where `check` runs without a profile. */
  readonly account_id: string;
}
