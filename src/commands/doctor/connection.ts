// Name, proxy, TLS, clock and account of the service, by one GET.

import { lookup } from 'node:dns/promises';
import { version } from '../../../package.json';
import { durationText } from '../../core/display.js';
import { errorCode, exitCodes, Problem, UserError } from '../../core/errors.js';
import { type Finding, found, problemOf } from '../../core/finding.js';
import type { RequestTrace } from '../../destinations/destination.js';
import type { HttpFailure, HttpResponse, HttpResult } from '../../destinations/http/exchange.js';
import { type ProxySetting, probe, proxyOf } from '../../destinations/http/transport.js';
import type { AccountOptions } from '../../destinations/v4/account.js';
import { describeRequest } from '../../pipeline/service.js';
import type { Session } from '../../session/session.js';

/**
 * Whether the service can be reached: its name, the proxy, TLS, its clock, and with v4 the account behind the token. One
 * GET in all; with `users` in the profile, another one for each 250 users of the account.
 *
 * @param token of v4; absent with calls/add, whose key has no business in a GET
 */
export async function checkConnection(
  { settings, context, messages }: Session,
  token: string | undefined,
): Promise<readonly Finding[]> {
  const { baseUrl, api, timeout } = settings;
  if (baseUrl === '') {
    const todo = 'Set base_url to the address of the account.';
    return [found('connection', 'problem', 'not tried: base_url is not set', todo)];
  }
  const url = new URL(baseUrl);
  const proxy = proxyOf(url, context.env);
  const names =
    proxy === undefined
      ? await checkName(url)
      : found('name', 'ok', `${url.hostname} is looked up by the proxy`);
  const way = await proxyFinding(proxy);
  if (way.status === 'problem') return [way];
  if (names.status === 'problem')
    return [names, way, found('connection', 'warning', 'not tried, since the name cannot be looked up')];
  const isV4 = api === 'v4' && token !== undefined;
  const before = context.now();
  const options = {
    baseUrl,
    userAgent: `amocalls/${version}`,
    now: context.now,
    trace: (request: RequestTrace) => messages.verbose(describeRequest(request)),
    timeoutMs: Math.min(timeout, longestWait) * 1000,
    env: context.env,
    interrupt: context.interrupt,
  };
  const result = await probe({
    ...options,
    path: isV4 ? '/api/v4/account' : '/',
    headers: isV4 ? { authorization: `Bearer ${token}` } : {},
  });
  const after = context.now();
  const reached = connectionFinding(url, result, after - before);
  if (result.kind === 'failure') return [names, way, reached];
  const clock = clockFinding(result.date, (before + after) / 2);
  if (!isV4) return [names, way, reached, ...clock];
  const account = await accountFinding(result);
  const asked = { ...options, token, concurrency: 1, sleep: context.sleep };
  const known = account.status === 'ok' ? await usersFindings(settings.users, asked) : [];
  return [names, way, reached, ...clock, account, ...known];
}

/** Seconds: nobody waits longer to hear that nothing comes. */
const longestWait = 10;

async function checkName({ hostname }: URL): Promise<Finding> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  const check = 'name';
  try {
    const addresses = await lookup(host, { all: true });
    return found(check, 'ok', `${hostname} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const code = errorCode(error);
    const says = `${hostname} cannot be looked up (${code})`;
    const todo =
      code === 'ENOTFOUND'
        ? 'Correct base_url, or fix the DNS of this machine. Behind a proxy, set HTTPS_PROXY.'
        : 'Check the network and the DNS of this machine. Behind a proxy, set HTTPS_PROXY.';
    return found(check, 'problem', says, todo);
  }
}

async function proxyFinding(setting: ProxySetting | undefined): Promise<Finding> {
  const check = 'proxy';
  if (setting === undefined) return found(check, 'ok', 'none');
  const { hostOf, parseProxy, proxyHint } = await import('../../destinations/http/proxy.js');
  const { variable, address } = setting;
  const proxy = parseProxy(address);
  // A password of the proxy is nobody's business.
  if (!(proxy instanceof Problem)) return found(check, 'ok', `${hostOf(proxy)}, by ${variable}`);
  return found(check, 'problem', `${variable} ${proxy.text}`, proxyHint);
}

function connectionFinding(url: URL, result: HttpResult, milliseconds: number): Finding {
  const check = url.protocol === 'https:' ? 'TLS' : 'connection';
  if (result.kind === 'failure')
    return found(check, 'problem', `${url.origin}: ${result.message}`, adviceOf(result));
  const how = url.protocol === 'https:' ? 'the certificate is good' : 'reached without TLS, on this machine';
  return found(check, 'ok', `${url.origin}: ${how}, answer in ${Math.round(milliseconds)} ms`);
}

const untrusted =
  'If a proxy of your company signs connections, name its certificate: NODE_EXTRA_CA_CERTS=/path/to/ca.pem. Otherwise do not send: the connection may be intercepted.';
const clockOrAge = 'Check the clock of this machine; if it is right, the certificate has expired.';

/** What to do about a failure, by the code of Node or OpenSSL. */
const advices: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_HAS_EXPIRED: clockOrAge,
  CERT_NOT_YET_VALID: clockOrAge,
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host name: correct base_url.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The server does not use TLS on this port: correct the port of base_url.',
  EPROTO: 'The server does not use TLS on this port: correct the port of base_url.',
  ECONNREFUSED: 'Nothing listens there: correct base_url, or check the firewall.',
};

function adviceOf({ code }: HttpFailure): string {
  return advices[code] ?? 'Check the network and the firewall. Behind a proxy, set HTTPS_PROXY.';
}

/** Seconds. Half a minute is the network's or a rounding; from five minutes on, calls look as if they were in the future. */
const slack = { warning: 30, problem: 300 } as const;

/** Compares this machine's clock with the header `Date`; nothing where the service sends none. */
function clockFinding(date: string | undefined, now: number): readonly Finding[] {
  const served = Date.parse(date ?? '');
  if (Number.isNaN(served)) return [];
  const check = 'clock';
  // The header is in whole seconds, rounded down.
  const ahead = Math.round((now - served - 500) / 1000);
  const size = Math.abs(ahead);
  if (size < slack.warning) return [found(check, 'ok', 'same time as the service')];
  const says = `this machine is ${durationText(size)} ${ahead > 0 ? 'ahead of' : 'behind'} the service`;
  const status = size < slack.problem ? 'warning' : 'problem';
  return [found(check, status, says, 'Set the clock and keep it right with NTP: timedatectl set-ntp true')];
}

/** Whose token it is, or why it is refused. */
async function accountFinding(reply: HttpResponse): Promise<Finding> {
  const check = 'account';
  const { accountOf } = await import('../../destinations/v4/account.js');
  const account = accountOf(reply);
  if (account instanceof UserError) return problemOf(check, account);
  return found(check, 'ok', `${account.name} (${account.id}), the token is valid`);
}

/** So many extensions are named at most. */
const mostNamed = 10;

/** Whether each user id that the profile gives an extension is one of the account; nothing where it gives none. */
async function usersFindings(
  users: Readonly<Record<string, number>> = {},
  options: AccountOptions,
): Promise<readonly Finding[]> {
  const check = 'users';
  const given = Object.entries(users);
  if (given.length === 0) {
    const says = 'no extension has a user, so amoCRM shows all calls as made by a robot';
    return [
      found(check, 'warning', says, 'Write the ids that "amocalls users" lists into users: in the profile.'),
    ];
  }
  const { openAccount } = await import('../../destinations/v4/account.js');
  const account = await openAccount(options);
  try {
    const ids = new Set((await account.users()).map(({ id }) => id));
    const missing = given.filter(([, id]) => !ids.has(id));
    const [first] = missing;
    if (first === undefined) return [found(check, 'ok', `all ${given.length} are in the account`)];
    const named = missing.slice(0, mostNamed).map(([extension, id]) => `${extension} (${id})`);
    const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : '';
    const says = `these user ids are not in the account: ${named.join(', ')}${more}`;
    return [found(check, 'warning', says, 'Correct users: in the profile. To list the ids: amocalls users')];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    // Calls are taken from a token that may not list users as well.
    const status = error.exitCode === exitCodes.unreachable ? 'warning' : 'ok';
    return [found(check, status, `not checked: ${error.message}`)];
  } finally {
    await account.close();
  }
}
