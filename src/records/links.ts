// Addresses of recordings, and what is odd about them.

import type { WarningKind } from './warnings.js';

/** Reads the link of a row: the URL as it stands, or undefined where there is none to send; `place` is for warnings. */
export type LinkReader<Place> = (text: string, place: Place) => string | undefined;

const recordingName = /\.(?:mp3|wav|ogg|oga|opus|m4a|gsm)$/i;

/**
 * The whole `--map` that links the recordings whose names stand in a file; undefined where no column holds such names. Names
 * with slashes are paths below the address; an absolute path of the phone system is none.
 *
 * @param folders template of the folders that they stand in, '' where it is one
 * @param base address of the recordings
 */
export function proposeLink(
  columns: readonly string[],
  sample: readonly (readonly string[])[],
  { folders, base }: { readonly folders: string; readonly base: string },
): string | undefined {
  const at = columns.findIndex((_, index) => sample.some((cells) => recordingName.test(cells[index] ?? '')));
  const column = columns[at];
  if (column === undefined) return undefined;
  const names = sample.map((cells) => cells[at] ?? '').filter((name) => name !== '');
  if (names.some((name) => /^(?:[a-z]:)?[\\/]|:\/\//i.test(name))) return undefined;
  const part = names.some((name) => name.includes('/')) ? `{+${column}}` : `${folders}{${column}}`;
  return `--map link='${base.endsWith('/') ? base : `${base}/`}${part}'`;
}

/** Where a link leads, and the text before its path: whatever begins with that leads there too. */
interface LinkTarget {
  readonly start: string;
  readonly isHttps: boolean;
  readonly isPrivate: boolean;
}

/** Makes a reader of links; what is odd about them goes to `warn`, and the link is sent all the same. */
export function createLinkReader<Place>(warn: (kind: WarningKind, place: Place) => void): LinkReader<Place> {
  // The links of a file mostly lead to one host: looking at it once saves a tenth of the time of `check`.
  let last: LinkTarget | undefined;
  return (text, place) => {
    if (text === '') return undefined;
    const target = last !== undefined && text.startsWith(last.start) ? last : targetOf(text);
    if (target === undefined || !text.isWellFormed()) {
      warn('noUrl', place);
      return undefined;
    }
    if (target.start.endsWith('/')) last = target;
    if (!target.isHttps) warn('plainHttp', place);
    if (target.isPrivate) warn('private', place);
    if (hasSecret(text)) warn('secret', place);
    return text;
  };
}

/** undefined where the text is no URL of http or https. */
function targetOf(text: string): LinkTarget | undefined {
  const [address = ''] = /^https?:\/\/[^/?#\\]*/i.exec(text) ?? [];
  if (!URL.canParse(address)) return undefined;
  const { hostname, protocol } = new URL(address);
  const start = text.slice(0, address.length + 1);
  return { start, isHttps: protocol === 'https:', isPrivate: isPrivate(hostname) };
}

/** Addresses that only a local network reaches: RFC 1918, 6598, 3927, 4193, 4291, names without a dot or in local domains. */
function isPrivate(host: string): boolean {
  if (host.startsWith('[')) return /^\[(?:::1\]|f[cd]|fe[89ab])/.test(host);
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
