// Calls that changed: the body that writes over a note, and its response.

import { type Call, signedLink } from '../../core/call.js';
import { isObject } from '../../core/json.js';
import type { Receipt, SendResult, Verdicts } from '../../core/send-result.js';
import type { HttpResult } from '../http/exchange.js';
import { describeResponse, parseJson } from '../http/response-text.js';
import { endsOf, statusOf, toAsciiJson, type V4Naming } from './request-body.js';
import { classifyResponse, entriesOf, idOf, reasonsOf } from './response.js';

/** Whether a receipt names the note of a call. An incoming lead has none. */
export function namesNote({ note_id, entity_type, entity_id, via }: Receipt): boolean {
  return via !== 'unsorted' && [note_id, entity_type, entity_id].every((part) => part !== undefined);
}

/** The address of the note that a receipt names: `/api/v4/contacts/12/notes/34`. */
export function notePath({ note_id, entity_type = '', entity_id }: Receipt): string {
  const type = entity_type === 'company' ? 'companies' : `${entity_type}s`;
  return `/api/v4/${encodeURIComponent(type)}/${entity_id}/notes/${note_id}`;
}

/**
 * The body that writes over the note of a call, in the fields of the vendor's PHP library (v4.md). A note keeps the time
 * at which the call began, and what is left out here.
 */
export function encodeNote(call: Call, naming: V4Naming): string {
  const { phone, extension } = endsOf(call, naming);
  return toAsciiJson({
    note_type: call.type === 'inbound' ? 'call_in' : 'call_out',
    params: {
      uniq: call.uuid.toWellFormed(),
      duration: call.billsec,
      source: naming.source,
      link: signedLink(call)?.toWellFormed(),
      phone,
      call_result: call.call_result?.toWellFormed(),
      call_status: statusOf(call),
      call_responsible: naming.users.get(extension),
    },
  });
}

/**
 * What a response to writing over a note means. The rows of a request with calls hold, but for 404: somebody deleted the
 * note, which says nothing of other calls. `now` in milliseconds since 1970.
 */
export function classifyCorrection(
  reply: HttpResult,
  { uuid }: Call,
  receipt: Receipt,
  now: number,
): SendResult {
  if (reply.kind === 'response' && reply.status === 404) {
    const reason = `its note ${receipt.note_id} no longer exists: ${describeResponse(reply)}`;
    return { kind: 'answered', verdicts: rejected(uuid, [reason]) };
  }
  const result = classifyResponse(reply, (body) => decodeNote(body, uuid, receipt), now);
  // A request of one call cannot be made smaller, and says nothing of the size of others.
  return result.kind === 'lost' ? { kind: 'lost', reason: result.reason } : result;
}

/** Reads the response to one note: the note itself where it was written, else what is wrong with it. */
function decodeNote(body: string, uuid: string, receipt: Receipt): Verdicts | undefined {
  const json = parseJson(body);
  const { note_id, entity_type, entity_id } = receipt;
  if (isObject(json) && idOf(json['id']) === note_id && note_id !== undefined) {
    const kept: Receipt = { note_id, entity_type, entity_id, via: 'corrected' };
    return {
      accepted: new Set([uuid]),
      receipts: new Map([[uuid, kept]]),
      rejected: new Map(),
      unknownUuids: [],
    };
  }
  const failed = entriesOf(body, 1, 'calls')?.find(({ place, isTaken }) => place === 0 && !isTaken);
  return failed && rejected(uuid, reasonsOf(failed.value));
}

function rejected(uuid: string, reasons: readonly string[]): Verdicts {
  return { accepted: new Set(), rejected: new Map([[uuid, reasons]]), unknownUuids: [] };
}
