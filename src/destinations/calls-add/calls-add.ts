// The destination calls/add: its address, its limits, one request.

import type { ConnectionOptions, Destination, RequestBudget } from '../destination.js';
import { createSender } from '../http/send-request.js';
import { openTransport } from '../http/transport.js';
import { encodeCalls, largestSize } from './request-body.js';
import { classifyResponse } from './response.js';

/** Where and as whom calls are posted. */
interface CallsAddOptions extends ConnectionOptions {
  /** `https://sip.amocrm.com`, without a query; validated where it was read. */
  readonly baseUrl: string;
  readonly code: string;
  readonly key: string;
}

/**
 * How large a request of calls/add may get: stock PHP keeps 1000 form variables and drops the rest with status 200;
 * 1 MiB is nginx's default limit of a body.
 */
export const callsAddBudgets: readonly RequestBudget[] = [
  { limit: 900, cost: (call) => (call.link === undefined ? 7 : 8) },
  { limit: 1024 * 1024, cost: largestSize },
];

/** Opens calls/add of the telephony service. Connections are made when they are needed. */
export async function openCallsAdd(options: CallsAddOptions): Promise<Destination> {
  const path = (key: string, account: string) =>
    `/api/calls/add/?code=${encodeURIComponent(options.code)}&key=${key}&account_id=${encodeURIComponent(account)}`;
  const key = encodeURIComponent(options.key);
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const transport = await openTransport(options.baseUrl, headers, options);
  const sendRequest = createSender(transport, options.key);
  return {
    budgets: callsAddBudgets,
    send(calls) {
      const account = calls[0]?.account_id ?? '';
      const uuids = calls.map((call) => call.uuid);
      return sendRequest(
        () => ({
          method: 'POST',
          path: path(key, account),
          shownPath: path('***', account),
          body: Buffer.from(encodeCalls(calls), 'latin1'),
          calls: calls.length,
        }),
        (reply) => classifyResponse(reply, uuids, options.now()),
      );
    },
    close: transport.close,
  };
}
