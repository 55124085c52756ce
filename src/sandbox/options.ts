// Options of the sandbox and their defaults.

import type { ApiName } from './api.js';
import { type Faults, faultTable } from './faults.js';
import type { RequestEntry } from './store.js';

/** Options of the sandbox; only `now` has to be given. */
export interface SandboxOptions {
  /** calls/add if not given. */
  readonly api?: ApiName | undefined;
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** It never listens to the outside. */
  readonly host?: '127.0.0.1' | '::1' | undefined;
  readonly code?: string | undefined;
  readonly key?: string | undefined;
  /** The token that v4 expects. */
  readonly token?: string | undefined;
  readonly accountId?: string | undefined;
  /** Takes requests for any account, for files that name accounts of their own. */
  readonly anyAccount?: boolean | undefined;
  readonly faults?: Faults | undefined;
  /** With the same seed the same requests meet the same faults; 1 if not given. */
  readonly seed?: number | undefined;
  /** Wall clock, milliseconds since 1970. */
  readonly now: () => number;
  /** How many calls are kept, oldest dropped first: 100,000 if not given. */
  readonly keep?: number | undefined;
  /** Users of the account (v4), as many as this: 3 if not given. */
  readonly users?: number | undefined;
  /** Numbers, in digits, that no contact has (v4). */
  readonly unknownNumber?: RegExp | undefined;
  /** A CSV with the numbers that contacts have (v4), in the columns that a name with phone or телефон heads. */
  readonly contacts?: string | undefined;
  /** Calls whose uuid matches are rejected with a reason. */
  readonly rejectPattern?: RegExp | undefined;
  /** Calls whose uuid matches are neither queued nor named in the answer. */
  readonly forgetPattern?: RegExp | undefined;
  /** A request that holds a matching uuid is refused as a whole; status 400 if not given. */
  readonly refuse?: { readonly pattern: RegExp; readonly status?: 400 | 413 | 422 | undefined } | undefined;
  /** A request with more calls is refused: with 413, or with 422 past the 250 of v4. */
  readonly maxCallsPerRequest?: number | undefined;
  /** Requests that any second may hold before 429, and 403 after ten of them. */
  readonly maxPerSecond?: number | undefined;
  /** PHP's max_input_vars: 1000. */
  readonly maxInputVars?: number | undefined;
  /** nginx's client_max_body_size in bytes: 1 MiB, past it 413. PHP's post_max_size stays 8 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The time to wait in a 429 that has one: 1 s. */
  readonly retryAfterSeconds?: number | undefined;
  /** Milliseconds before each answer, or the bounds between which they are random. */
  readonly latencyMs?: number | readonly [least: number, most: number] | undefined;
  /** Called for each request once it is in the store. */
  readonly onRequest?: ((entry: RequestEntry) => void) | undefined;
}

/** Options with the defaults filled in. */
export type Settings = Readonly<ReturnType<typeof resolveOptions>>;

/** Fills in the defaults: credentials that cannot be mistaken for real ones, the limits of PHP and nginx. */
export function resolveOptions(options: SandboxOptions) {
  const latency = options.latencyMs ?? 0;
  const latencyMs: readonly [least: number, most: number] =
    typeof latency === 'number' ? [latency, latency] : latency;
  const api = options.api ?? 'calls-add';
  return {
    api,
    token: options.token ?? `sandbox.${'decafbad'.repeat(8)}`,
    users: options.users ?? 3,
    isUnknownNumber: matcher(options.unknownNumber),
    contacts: options.contacts,
    code: options.code ?? 'sandbox',
    key: options.key ?? 'deadbeef'.repeat(4),
    accountId: options.accountId ?? '1000',
    anyAccount: options.anyAccount ?? false,
    faults: faultsFor(api, options.faults ?? {}),
    seed: options.seed ?? 1,
    now: options.now,
    keep: options.keep ?? 100_000,
    rejects: matcher(options.rejectPattern),
    forgets: matcher(options.forgetPattern),
    refuses: matcher(options.refuse?.pattern),
    refusal: options.refuse?.status ?? 400,
    maxCalls: options.maxCallsPerRequest ?? Number.POSITIVE_INFINITY,
    maxPerSecond: options.maxPerSecond ?? Number.POSITIVE_INFINITY,
    maxInputVars: options.maxInputVars ?? 1000,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    retryAfterSeconds: options.retryAfterSeconds ?? 1,
    latencyMs,
  };
}

/** Those that the API has: a table of faults may serve both. */
function faultsFor(api: ApiName, faults: Faults): Faults {
  const known = faultTable.filter(({ apis }) => apis.includes(api)).map(({ name }) => name);
  return Object.fromEntries(known.map((name) => [name, faults[name] ?? 0]));
}

/** A pattern as a stateless test: the flags g and y would make it remember the last one. */
function matcher(pattern: RegExp | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => false;
  const stateless = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ''));
  return (text) => stateless.test(text);
}
