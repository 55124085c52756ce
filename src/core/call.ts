// A valid call and its fields.

/** The two directions that calls/add knows. */
export const callTypes = ['inbound', 'outbound'] as const;
export type CallType = (typeof callTypes)[number];

/** The fields of one call, in the words of calls/add and in the order in which they are sent (uuid first). */
export const callFields = ['uuid', 'caller', 'to', 'date', 'type', 'billsec', 'link', 'account_id'] as const;
export type CallField = (typeof callFields)[number];

/**
 * What API v4 can be told of a call beside its fields; calls/add has nothing like it. These are mapped by the user or known
 * to a preset, never found by the name of a column.
 */
export const noteFields = ['call_status', 'call_result'] as const;
export type NoteField = (typeof noteFields)[number];

/**
 * Who is who in files that name the client and the employee whatever the direction is: with the direction they become caller
 * and to.
 */
export const partyFields = ['client', 'employee'] as const;
export type PartyField = (typeof partyFields)[number];

/** Whatever `--map` and `--set` can feed. */
export const mappableFields = [...callFields, ...partyFields, ...noteFields] as const;
export type MappableField = (typeof mappableFields)[number];

/** What became of a call, in the numbers of API v4. */
export const callStatuses = {
  'left a message': 1,
  'call back': 2,
  'not in': 3,
  talked: 4,
  'wrong number': 5,
  'no answer': 6,
  busy: 7,
} as const;
export type CallStatus = (typeof callStatuses)[keyof typeof callStatuses];

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
  /** URL of the recording, without its signature. */
  readonly link?: string;
  /** What is sent behind the link, `?md5=…`: it opens the recording, and says nothing of the call. */
  readonly link_signature?: string;
  /** The account the call goes to; '' where `check` runs without a profile. */
  readonly account_id: string;
  /** Only where it is known; not sent to calls/add. */
  readonly call_status?: CallStatus;
  /** Free text on what came of it; not sent to calls/add. */
  readonly call_result?: string;
}

/** The link of a call as it is sent; undefined where it has none. */
export function signedLink({ link, link_signature: signature }: Call): string | undefined {
  return link === undefined || signature === undefined ? link : link + signature;
}
