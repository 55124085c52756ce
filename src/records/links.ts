import type { Kind } from './tallies.js';

/** Reads the link of a row: the URL as it stands, or undefined where there is none to send. */
export type LinkReader = (text: string, line: number) => string | undefined;

/** Makes a reader of links; what is odd about them goes to `tell`, and the link is sent all the same. */
export function createLinkReader(tell: (kind: Kind, line: number) => void): LinkReader {
  let lastHost = '';
  let lastIsPrivate = false;
  return (text, line) => {
    if (text === '') return undefined;
    const isHttps = startsWithIgnoringCase(text, 'https://');
    const host = isHttps || startsWithIgnoringCase(text, 'http://') ? hostOf(text, isHttps ? 8 : 7) : '';
    if (host === '' || !text.isWellFormed()) {
      tell('noUrl', line);
      return undefined;
    }
    if (!isHttps) tell('plainHttp', line);
    if (host !== lastHost) {
      lastHost = host;
      lastIsPrivate = isPrivate(host.toLowerCase());
    }
    if (lastIsPrivate) tell('private', line);
    if (hasSecret(text)) tell('secret', line);
    return text;
  };
}

function startsWithIgnoringCase(text: string, start: string): boolean {
  return text.startsWith(start) || text.slice(0, start.length).toLowerCase() === start;
}

/** The host in the address, without user, port and brackets; '' where there is none. */
function hostOf(text: string, from: number): string {
  let end = from;
  while (end < text.length && !'/?#\\'.includes(text.charAt(end))) end++;
  const authority = text.slice(
    text.lastIndexOf('@', end - 1) >= from ? text.lastIndexOf('@', end - 1) + 1 : from,
    end,
  );
  const match = /^(?:\[([0-9a-f:.]+)\]|([^\s:[\]]+))(?::\d*)?$/i.exec(authority);
  return match?.[1] ?? match?.[2] ?? '';
}

/** Addresses that only a local network reaches: RFC 1918, 6598, 3927, 4193, 4291, names without a dot or in local domains. */
function isPrivate(host: string): boolean {
  if (host.includes(':')) return /^(?:::1$|f[cd]|fe[89ab])/.test(host);
  if (/^\d+(?:\.\d+){3}$/.test(host)) {
    return /^(?:0|10|127|169\.254|192\.168|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./.test(
      host,
    );
  }
  return !host.includes('.') || /\.(?:local|localhost|lan|internal|intranet|home\.arpa)\.?$/.test(host);
}

const secretName =
  /[?&;](?:[^=&]*[_-])?(?:token|key|apikey|secret|password|passwd|pwd|auth|authorization|signature|sig)=[^&]/i;

function hasSecret(text: string): boolean {
  return text.includes('?') && secretName.test(text);
}
