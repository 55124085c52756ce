// Where calls go: the service, or a sandbox inside this process.

import { version } from '../../package.json';
import type { Recipient } from '../core/ledger.js';
import { callsAddBudgets, openCallsAdd } from '../destinations/calls-add/calls-add.js';
import type {
  ConnectionOptions,
  Destination,
  RequestBudget,
  RequestTrace,
} from '../destinations/destination.js';
import type { Account, AccountOptions } from '../destinations/v4/account.js';
import {
  type Credentials,
  requireCredentials,
  requireToken,
  type V4Credentials,
} from '../settings/credentials.js';
import type { Environment } from './environment.js';

/** Where calls of a run go: the service of the profile, or a sandbox inside this process. */
export interface Service {
  /** Whom the ledger takes it for: the same uuid sent elsewhere is another call. Nothing of it is secret. */
  readonly recipient: Recipient;
  /** Where requests go. */
  readonly baseUrl: string;
  /** Of calls that name no account. */
  readonly accountId: string;
  /** What limits a request, beside the number of its calls. */
  readonly budgets: readonly RequestBudget[];
  readonly open: () => Promise<Destination>;
  readonly close: () => Promise<void>;
}

/** How long a run without an end does not ask again for a number that no contact has: the shortest pause between two tries, in milliseconds. */
const recheckUnknownMs = 60_000;

/**
 * Decides where calls go. No connection is made yet.
 *
 * @throws UserError where credentials are missing or must not be used
 */
export async function openService(environment: Environment, isEndless: boolean): Promise<Service> {
  return environment.settings.api === 'v4'
    ? openV4Service(environment, isEndless)
    : openCallsAddService(environment);
}

async function openCallsAddService(environment: Environment): Promise<Service> {
  const { context, resolved, messages, settings } = environment;
  const sandbox = settings.sandbox ? await startOwnSandbox(environment) : undefined;
  const credentials = sandbox?.callsAdd ?? requireCredentials(resolved, messages.warn);
  context.hide(credentials.key);
  return {
    recipient: { address: sandbox?.ledgerAddress ?? credentials.baseUrl, code: credentials.code },
    baseUrl: credentials.baseUrl,
    accountId: credentials.accountId,
    budgets: callsAddBudgets,
    open: () => openCallsAdd({ ...credentials, ...connectionOptions(environment) }),
    close: async () => sandbox?.close(),
  };
}

/** In the ledger, v4 stands in the place of a code: the calls of one address through two APIs are different calls. */
export const v4Code = 'api/v4';

async function openV4Service(environment: Environment, isEndless: boolean): Promise<Service> {
  const { context, resolved, messages, settings } = environment;
  const { openV4, v4Budgets } = await import('../destinations/v4/v4.js');
  const sandbox = settings.sandbox ? await startOwnSandbox(environment) : undefined;
  const { token, accountId, baseUrl } = sandbox?.v4 ?? requireToken(resolved, messages.warn);
  context.hide(token);
  const { source, unknown, unknownDirection, pipelineId, internal, correct, users = {} } = settings;
  return {
    recipient: { address: sandbox?.ledgerAddress ?? baseUrl, code: v4Code },
    baseUrl,
    accountId,
    budgets: v4Budgets(source),
    async open() {
      const destination = await openV4({
        ...connectionOptions(environment),
        ...(isEndless && { recheckUnknownMs }),
        baseUrl,
        token,
        source,
        unknown,
        unknownDirection,
        correct,
        pipelineId,
        users: new Map(Object.entries(users)),
        isInternal: (number) => internal.test(number),
        warn: messages.warn,
      });
      return { ...destination, find: finderOf(environment, { baseUrl, token }) };
    },
    close: async () => sandbox?.close(),
  };
}

/**
 * Opens the account of the profile to be asked; nothing is written there.
 *
 * @throws UserError where credentials are missing or must not be used
 */
export async function openV4Account(environment: Environment): Promise<Account> {
  const { openAccount } = await import('../destinations/v4/account.js');
  return openAccount(accountOptions(environment, requireOwnToken(environment)));
}

/**
 * What looks for calls in the account of the profile.
 *
 * @throws UserError where credentials are missing or must not be used
 */
export function openFinder(environment: Environment): NonNullable<Destination['find']> {
  return finderOf(environment, requireOwnToken(environment));
}

/** An account of v4, and as whom it is asked. */
type V4Place = Pick<AccountOptions, 'baseUrl' | 'token'>;

function requireOwnToken({ context, resolved, messages }: Environment): V4Place {
  const place = requireToken(resolved, messages.warn);
  context.hide(place.token);
  return place;
}

function accountOptions(environment: Environment, { baseUrl, token }: V4Place): AccountOptions {
  return { ...connectionOptions(environment), baseUrl, token, sleep: environment.context.sleep };
}

function finderOf(environment: Environment, place: V4Place): NonNullable<Destination['find']> {
  return async function* find(calls, { signal, ...pace }) {
    const { findCalls } = await import('../destinations/v4/find-calls.js');
    yield* findCalls({ ...accountOptions(environment, place), ...pace, interrupt: signal }, calls);
  };
}

function connectionOptions(environment: Environment): ConnectionOptions {
  const { context, settings, messages, onRequest } = environment;
  return {
    timeoutMs: settings.timeout * 1000,
    concurrency: settings.concurrency,
    env: context.env,
    userAgent: `amocalls/${version}`,
    now: context.now,
    interrupt: context.interrupt,
    ...(settings.verbose || onRequest
      ? {
          trace(request) {
            if (settings.verbose) messages.verbose(describeRequest(request));
            onRequest?.(request);
          },
        }
      : {}),
  };
}

interface OwnSandbox {
  readonly callsAdd: Credentials;
  readonly v4: V4Credentials;
  readonly ledgerAddress: string;
  readonly close: () => Promise<void>;
}

async function startOwnSandbox({ context, settings }: Environment): Promise<OwnSandbox> {
  const { startSandbox } = await import('../sandbox/server.js');
  const { api } = settings;
  const sandbox = await startSandbox({
    api,
    now: context.now,
    keep: 0,
    faults: {},
    seed: 1,
    anyAccount: true,
  });
  const { url: baseUrl, credentials } = sandbox;
  const { code, key, token } = credentials;
  const { accountId = credentials.accountId } = settings;
  return {
    callsAdd: { code, key, accountId, baseUrl },
    v4: { token, accountId: settings.accountId ?? '', baseUrl },
    ledgerAddress: sandbox.ledgerAddress,
    close: sandbox.close,
  };
}

/** One request in a line of --verbose. */
export function describeRequest({
  method,
  address,
  calls,
  bytes,
  milliseconds,
  outcome,
}: RequestTrace): string {
  return `${method} ${address} (calls: ${calls}, bytes: ${bytes}) -> ${outcome} in ${Math.round(milliseconds)} ms`;
}
