import { openCallsAdd } from '../destinations/calls-add/calls-add.js';
import type { Destination, RequestTrace } from '../destinations/destination.js';
import { type Credentials, requireCredentials } from '../settings/key.js';
import { version } from '../version.js';
import type { Environment } from './environment.js';

/** Where calls of a run go: the service of the profile, or a sandbox inside this process. */
export interface Recipient {
  readonly credentials: Credentials;
  /** The address under which the ledger knows calls that went there. */
  readonly ledgerAddress: string;
  readonly open: () => Promise<Destination>;
  readonly close: () => Promise<void>;
}

/**
 * Decides where calls go. No connection is made yet.
 *
 * @throws UserError where credentials are missing or must not be used
 */
export async function openRecipient(environment: Environment): Promise<Recipient> {
  const { context, resolved, settings, messages } = environment;
  const sandbox = settings.sandbox ? await startOwnSandbox(environment) : undefined;
  const credentials = sandbox?.credentials ?? requireCredentials(resolved, messages.warn);
  context.hide(credentials.key);
  return {
    credentials,
    ledgerAddress: sandbox?.ledgerAddress ?? credentials.baseUrl,
    open: () =>
      openCallsAdd({
        ...credentials,
        timeoutMs: settings.timeout * 1000,
        concurrency: settings.concurrency,
        env: context.env,
        userAgent: `amocalls/${version}`,
        now: context.now,
        ...(settings.verbose ? { trace: (request) => messages.verbose(describeRequest(request)) } : {}),
      }),
    close: async () => sandbox?.close(),
  };
}

async function startOwnSandbox({ context, settings }: Environment) {
  const { startSandbox } = await import('../sandbox/server.js');
  const sandbox = await startSandbox({ now: context.now, keep: 0, faults: {}, seed: 1, anyAccount: true });
  const { code, key, accountId } = sandbox.credentials;
  return {
    credentials: { code, key, accountId: settings.accountId ?? accountId, baseUrl: sandbox.url },
    ledgerAddress: sandbox.ledgerAddress,
    close: sandbox.close,
  };
}

function describeRequest({ method, address, calls, bytes, milliseconds, outcome }: RequestTrace): string {
  return `${method} ${address} (calls: ${calls}, bytes: ${bytes}) -> ${outcome} in ${Math.round(milliseconds)} ms`;
}
