// The destination v4: calls of an account, incoming leads for unknown numbers.

import type { Call } from '../../core/call.js';
import type { SendResult } from '../../core/send-result.js';
import type { ConnectionOptions, Destination, RequestBudget } from '../destination.js';
import type { HttpRequest } from '../http/exchange.js';
import { createSender } from '../http/send-request.js';
import { openTransport } from '../http/transport.js';
import { classifyCorrection, encodeNote, namesNote, notePath } from './corrections.js';
import { encodeCalls, encodeLeads, endsOf, largestSize, type V4Naming } from './request-body.js';
import { classifyResponse, decodeResponse, type UnknownPolicy } from './response.js';
import { callsOf, countUnmapped, describeUnmapped, type Unmapped, unmappedHint } from './unmapped.js';

/** Where and as whom calls are posted. */
export interface V4Options extends ConnectionOptions, V4Naming {
  /** `https://mycompany.amocrm.ru`, without a path; validated where it was read. */
  readonly baseUrl: string;
  /** The long-lived token of a private integration. */
  readonly token: string;
  readonly unknown: UnknownPolicy;
  /** With `unknown: lead`: which calls become incoming leads. */
  readonly unknownDirection: 'inbound' | 'both';
  /** The pipeline of incoming leads; without it amoCRM takes the first one. */
  readonly pipelineId?: number | undefined;
  /** Whether the notes of calls that changed are written over. */
  readonly correct?: boolean;
  /** How long a number that no contact has is not asked for again, in milliseconds; by default as long as the run lasts. */
  readonly recheckUnknownMs?: number;
  /** Shows the user something that is no outcome. */
  readonly warn: (text: string, hint?: string) => void;
}

/** How many calls the vendor takes in one request. */
const maxCalls = 250;

/** How large a request of v4 may get; 1 MiB is nginx's default limit of a body. */
export function v4Budgets(source: string): readonly RequestBudget[] {
  return [
    { limit: maxCalls, cost: () => 1 },
    { limit: 1024 * 1024, cost: (call) => largestSize(call, source) },
  ];
}

/** Opens `POST /api/v4/calls` of an account of amoCRM or Kommo (v4.md). Connections are made when they are needed. */
export async function openV4(options: V4Options): Promise<Destination> {
  const { baseUrl, unknown, unknownDirection, token, now } = options;
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/hal+json, application/problem+json',
  };
  const transport = await openTransport(baseUrl, headers, options);
  const sendRequest = createSender(transport, token);
  const unmapped = createUnmapped(options);
  const unknownNumbers = rememberUnknown(options);
  const becomesLead = ({ type }: Call) => type === 'inbound' || unknownDirection === 'both';

  return {
    budgets: v4Budgets(options.source),
    send(calls) {
      const decode = (body: string) => decodeResponse(body, uuidsOf(calls), unknown);
      return sendRequest(
        () => post('/api/v4/calls', encodeCalls(calls, options), calls),
        (reply) => {
          const result = classifyResponse(reply, decode, now());
          unmapped.add(calls, result);
          unknownNumbers.add(calls, result);
          return result;
        },
      );
    },
    whyDeferred: unknownNumbers.why,
    letsWait: (call) => unknown === 'wait' || (unknown === 'lead' && !becomesLead(call)),
    ...(unknown === 'lead' && {
      fallback: {
        accepts: becomesLead,
        send(calls) {
          const decode = (body: string) => decodeResponse(body, uuidsOf(calls), 'reject', 'unsorted');
          return sendRequest(
            () => post('/api/v4/leads/unsorted/sip', encodeLeads(calls, options), calls),
            (reply) => classifyResponse(reply, decode, now()),
          );
        },
      },
    }),
    ...(options.correct === true && {
      correction: {
        accepts: namesNote,
        correct: (call, receipt) =>
          sendRequest(
            () => ({ ...post(notePath(receipt), encodeNote(call, options), [call]), method: 'PATCH' }),
            (reply) => classifyCorrection(reply, call, receipt, now()),
          ),
      },
    }),
    async close() {
      unmapped.report();
      await transport.close();
    },
  };
}

function post(path: string, body: string, calls: readonly Call[]): HttpRequest {
  return { method: 'POST', path, body: Buffer.from(body), calls: calls.length };
}

function uuidsOf(calls: readonly Call[]): readonly string[] {
  return calls.map(({ uuid }) => uuid);
}

/** amoCRM compares the last ten digits of a number. */
const comparedDigits = 10;

/** Remembers the numbers that no contact has, so that a run asks for each of them once, not with every call. */
function rememberUnknown({ isInternal, now, recheckUnknownMs = Number.POSITIVE_INFINITY }: V4Options) {
  /** In the order of their times. */
  const foundAt = new Map<string, { readonly at: number; readonly reasons: readonly string[] }>();
  const isFresh = ({ at }: { readonly at: number }) => now() - at < recheckUnknownMs;
  // A run without an end would keep every number that ever was unknown.
  const forgetExpired = () => {
    for (const [key, found] of foundAt) {
      if (isFresh(found)) return;
      foundAt.delete(key);
    }
  };
  const keyOf = (call: Call) => endsOf(call, { isInternal }).phone.slice(-comparedDigits);
  return {
    add(calls: readonly Call[], result: SendResult) {
      forgetExpired();
      const verdicts =
        result.kind === 'refused' ? result.named : result.kind === 'answered' ? result.verdicts : undefined;
      for (const call of verdicts?.deferred === undefined ? [] : calls) {
        const reasons = verdicts?.deferred?.get(call.uuid);
        if (reasons === undefined) continue;
        const key = keyOf(call);
        foundAt.delete(key);
        foundAt.set(key, { at: now(), reasons });
      }
    },
    why(call: Call): readonly string[] | undefined {
      const known = foundAt.get(keyOf(call));
      return known !== undefined && isFresh(known) ? known.reasons : undefined;
    },
  };
}

/**
 * Counts the calls that were accepted without a user. Says so after the first response that has some, since a run may have
 * no end, and once more at the end of a run in which more followed.
 */
function createUnmapped({ users, isInternal, warn }: V4Options) {
  const counts: Unmapped = new Map();
  let reported = 0;

  function report(hint?: string): void {
    const total = callsOf(counts);
    if (total === reported) return;
    reported = total;
    warn(`calls sent without a user: ${total}; no user is set for ${describeUnmapped(counts)}`, hint);
  }

  return {
    add(calls: readonly Call[], result: SendResult) {
      if (result.kind !== 'answered') return;
      for (const call of calls) {
        if (result.verdicts.accepted.has(call.uuid)) countUnmapped(counts, call, { users, isInternal });
      }
      if (reported === 0) report(unmappedHint);
    },
    report: () => report(),
  };
}
