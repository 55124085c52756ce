import type { Credentials } from './server.js';

/**
 * The environment that points amocalls at a stand-in, as names and values.
 *
 * @param sandbox where it listens and what it wants to see
 */
export function sandboxEnvironment(sandbox: {
  readonly url: string;
  readonly credentials: Credentials;
}): readonly (readonly [name: string, value: string])[] {
  const { url, credentials } = sandbox;
  return [
    ['AMOCALLS_BASE_URL', url],
    ['AMOCALLS_CODE', credentials.code],
    ['AMOCALLS_KEY', credentials.key],
    ['AMOCALLS_ACCOUNT_ID', credentials.accountId],
  ];
}
