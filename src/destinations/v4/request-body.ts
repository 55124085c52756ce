// Calls to the JSON of the vendor's page, and to that of incoming leads.

import { type Call, type CallStatus, callStatuses, signedLink } from '../../core/call.js';

/** What v4 needs to know beside a call: who its people are, and how the calls are labelled. */
export interface V4Naming {
  /** Shown in amoCRM as the source of the call. */
  readonly source: string;
  /** User id by extension. */
  readonly users: ReadonlyMap<string, number>;
  /** Whether a number is an extension. */
  readonly isInternal: (number: string) => boolean;
}

/** The two ends of a call as v4 sees them. */
export interface Ends {
  /** The number outside. */
  readonly phone: string;
  /** The number of the employee. */
  readonly extension: string;
}

/**
 * Which number of a call is outside: the caller of an inbound one, else the number that was called. calls/add takes the
 * extension as the caller of an inbound call too, so a layout that says so is turned round here.
 */
export function endsOf({ type, caller, to }: Call, { isInternal }: Pick<V4Naming, 'isInternal'>): Ends {
  const natural = type === 'inbound' ? { phone: caller, extension: to } : { phone: to, extension: caller };
  if (type === 'outbound' || !isInternal(caller) || isInternal(to)) return natural;
  return { phone: to, extension: caller };
}

/** The status of a call: what is known of it, else what its talk time says. */
export function statusOf({ call_status, billsec }: Call): CallStatus {
  return call_status ?? (billsec > 0 ? callStatuses.talked : callStatuses['no answer']);
}

/**
 * The fields of a call note, in the order of the vendor's page; what is not known is left out of the JSON, never null.
 *
 * @param requestId comes back in the response, and is stored nowhere
 */
function callObject(call: Call, naming: V4Naming, requestId: number) {
  const { phone, extension } = endsOf(call, naming);
  return {
    uniq: call.uuid.toWellFormed(),
    direction: call.type,
    duration: call.billsec,
    phone,
    // A number: digits as a text would be taken for a name.
    call_responsible: naming.users.get(extension),
    created_at: call.date,
    link: signedLink(call)?.toWellFormed(),
    source: naming.source,
    call_status: statusOf(call),
    call_result: call.call_result?.toWellFormed(),
    request_id: String(requestId),
  };
}

/** The body of one request: an array even for one call, ASCII. */
export function encodeCalls(calls: readonly Call[], naming: V4Naming): string {
  return toAsciiJson(calls.map((call, at) => callObject(call, naming, at)));
}

/** What the incoming leads of calls are made with. */
interface LeadOptions extends V4Naming {
  readonly pipelineId?: number | undefined;
}

/** Names this program to amoCRM. */
const serviceCode = 'amocalls';

/** The body of `POST /api/v4/leads/unsorted/sip`: an incoming lead a call, with a contact of its number. */
export function encodeLeads(calls: readonly Call[], options: LeadOptions): string {
  return toAsciiJson(calls.map((call, at) => leadObject(call, options, at)));
}

function leadObject(call: Call, options: LeadOptions, requestId: number) {
  const { phone, extension } = endsOf(call, options);
  const uuid = call.uuid.toWellFormed();
  return {
    request_id: String(requestId),
    source_uid: uuid,
    source_name: options.source,
    pipeline_id: options.pipelineId,
    created_at: call.date,
    metadata: {
      phone,
      // Deprecated in the vendor's library; older accounts read the number here.
      from: phone,
      called_at: call.date,
      duration: call.billsec,
      link: signedLink(call)?.toWellFormed(),
      service_code: serviceCode,
      uniq: uuid,
      call_responsible: options.users.get(extension),
      is_call_event_needed: true,
    },
    _embedded: {
      contacts: [
        { name: phone, custom_fields_values: [{ field_code: 'PHONE', values: [{ value: phone }] }] },
      ],
    },
  };
}

/** JSON in which every character beyond ASCII is escaped, so that a body has as many bytes as characters. */
export function toAsciiJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

/** Names of the fields, numbers and marks of one call in a body. */
const fixedBytes = 400;
/** A UTF-16 unit becomes at most six bytes: `\u043f`. */
const worstEncoding = 6;

/** An upper bound of the bytes of a call in a body. */
export function largestSize(call: Call, source: string): number {
  const text =
    call.uuid.length + (signedLink(call)?.length ?? 0) + (call.call_result?.length ?? 0) + source.length;
  return fixedBytes + text * worstEncoding + call.caller.length + call.to.length;
}
