import type { Call } from '../../core/call.js';
import { endsOf, toAsciiJson, type V4Naming } from './request-body.js';

/** What the incoming leads of calls are made with. */
export interface LeadOptions extends V4Naming {
  readonly pipelineId?: number;
}

/** Names this program to amoCRM. */
const serviceCode = 'amocalls';

/** The body of `POST /api/v4/leads/unsorted/sip`: an incoming lead a call, with a contact of its number. */
export function encodeLeads(calls: readonly Call[], options: LeadOptions): string {
  return toAsciiJson(calls.map((call, at) => leadObject(call, options, at)));
}

function leadObject(call: Call, options: LeadOptions, requestId: number) {
  const { phone, extension } = endsOf(call, options);
  const user = options.users.get(extension);
  const uuid = call.uuid.toWellFormed();
  return {
    request_id: String(requestId),
    source_uid: uuid,
    source_name: options.source,
    ...(options.pipelineId === undefined ? {} : { pipeline_id: options.pipelineId }),
    created_at: call.date,
    metadata: {
      phone,
      // Deprecated in the vendor's library; older accounts read the number here.
      from: phone,
      called_at: call.date,
      duration: call.billsec,
      ...(call.link === undefined ? {} : { link: call.link.toWellFormed() }),
      service_code: serviceCode,
      uniq: uuid,
      ...(user === undefined ? {} : { call_responsible: user }),
      is_call_event_needed: true,
    },
    _embedded: {
      contacts: [
        { name: phone, custom_fields_values: [{ field_code: 'PHONE', values: [{ value: phone }] }] },
      ],
    },
  };
}
