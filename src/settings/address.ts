import { type Parsed, Problem } from '../core/errors.js';
import { text } from './parsers.js';

/** Where international accounts send their calls; Russian ones use sip.amocrm.ru. */
export const defaultBaseUrl = 'https://sip.amocrm.com';

/**
 * The address of the service, without a slash at its end. It bears the key on its way, so it is https, or plain
 * http to this machine. Messages show the host alone: whoever pastes a whole request pastes the key with it.
 */
export function parseBaseUrl(raw: unknown): Parsed<string> {
  const given = text(raw);
  if (given instanceof Problem) return given;
  if (!URL.canParse(given)) return new Problem('is not an address such as https://sip.amocrm.com');
  const url = new URL(given);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return new Problem('is not an https address such as https://sip.amocrm.com');
  if (url.username !== '' || url.password !== '')
    return new Problem('must not hold a user name or a password');
  if (/[?#]/.test(given))
    return new Problem('must end before the ? or #: code, key and account_id are added to it');
  if (url.protocol === 'http:' && !isLoopback(url))
    return new Problem(`must be https: the key would reach ${url.host} in the clear`);
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** Whether an address is this machine: 127.0.0.0/8, ::1, localhost. URL has spelt IPv4 out by then. */
export function isLoopback(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '[::1]' || /^127(\.\d+){3}$/.test(url.hostname);
}

/** Whether an address is one of the vendor's own (amocrm.com, amocrm.ru; kommo.com since the split of 2022). */
export function isVendors(url: URL): boolean {
  return /(^|\.)(amocrm\.(com|ru)|kommo\.com)$/.test(url.hostname);
}
