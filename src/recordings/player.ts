// Asks for a link as the player of amoCRM would, and as a stranger.

import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { type Parsed, Problem } from '../core/errors.js';
import { type Finding, found } from '../core/finding.js';
import { durationOf } from './audio.js';
import { type LinkKey, signatureOf, withoutSignature } from './signature.js';

/** One answer to a GET: the first bytes of its body alone. */
interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** What a link is asked with. */
interface PlayerOptions {
  /** Talk time of the call in seconds, where it is known. */
  readonly billsec?: number | undefined;
  /** The key that signs links now; absent: what is signed is not known. */
  readonly key?: LinkKey | undefined;
  /** Milliseconds until an answer must have begun. */
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** So much of a recording tells what it is, in bytes. */
const headSize = 4096;

/**
 * Asks for a recording as the player of amoCRM would, a browser's audio element; then as somebody who has no right to it.
 *
 * @param link with its signature, where it is to have one
 * @returns a finding a question, in their order
 */
export async function checkLink(link: string, options: PlayerOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [addressFinding(link)];
  const whole = await get(link, { range: `bytes=0-${headSize - 1}` }, options);
  if (whole instanceof Problem)
    return [...findings, found('answer', 'problem', whole.text, connectionAdvice(link))];
  findings.push(statusFinding(whole, link));
  if (whole.status !== 200 && whole.status !== 206) return findings;
  findings.push(typeFinding(whole), rangeFinding(whole), lengthFinding(whole, options.billsec));
  return [...findings, ...(await protectionFindings(link, options))];
}

function addressFinding(link: string): Finding {
  const { protocol, hostname } = new URL(link);
  if (protocol !== 'https:') {
    return found(
      'address',
      'problem',
      'http: a page served by https does not play it',
      'Serve the recordings over https.',
    );
  }
  const isPrivate =
    /^(?:10|127|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01]))\./.test(hostname) ||
    !hostname.includes('.') ||
    /^\[(?:::1|f[cd]|fe[89ab])/i.test(hostname) ||
    /\.(?:local|lan|internal|home\.arpa)$/.test(hostname);
  return isPrivate
    ? found(
        'address',
        'warning',
        `${hostname} is a private address`,
        'Only browsers in that network can play it.',
      )
    : found('address', 'ok', 'https');
}

function statusFinding({ status, headers }: Answer, link: string): Finding {
  const check = 'answer';
  if (status === 200 || status === 206) return found(check, 'ok', `${status}`);
  if (status >= 300 && status < 400) {
    const to = headers.location ?? 'nowhere';
    return found(
      check,
      'problem',
      `${status}: redirects to ${to}`,
      'Use the address that it redirects to, or turn off the redirect.',
    );
  }
  return found(check, 'problem', `${status}`, statusAdvice(status, withoutSignature(link).isSigned));
}

function statusAdvice(status: number, isSigned: boolean): string {
  if (status === 401)
    return 'The server asks for a password, which the player cannot send: use signed links.';
  if (status === 403 && isSigned) {
    return 'The secret in the block of the web server is another one, or nginx was not reloaded, or the web server cannot read the folder.';
  }
  if (status === 403) return 'The link is not signed, or the web server cannot read the folder.';
  if (status === 404)
    return 'There is no file under that path: compare recordings_root and recordings_url with the block of the web server.';
  if (status === 410)
    return 'The link has expired: check link_expires, and the clocks of this machine and of the web server.';
  return 'Check the error log of the web server.';
}

function typeFinding({ headers, bytes }: Answer): Finding {
  const type = headers['content-type'] ?? 'no type';
  if (/html/i.test(type) || /^\s*</.test(bytes.toString('latin1', 0, 64))) {
    return found(
      'type',
      'problem',
      `${type}: a page, not a recording`,
      'The address leads to a login page, or to an error page with status 200.',
    );
  }
  if (/^audio\/(?:mpeg|mp3)\b/i.test(type)) return found('type', 'ok', type);
  if (/^audio\//i.test(type))
    return found('type', 'warning', type, 'The player of amoCRM plays mp3: convert recordings on the PBX.');
  return found('type', 'problem', type, 'The web server must send Content-Type: audio/mpeg.');
}

function rangeFinding({ status, headers }: Answer): Finding {
  if (status === 206 && headers['content-range'] !== undefined) {
    return found('ranges', 'ok', `206, ${headers['content-range']}`);
  }
  return found(
    'ranges',
    'problem',
    'a request for a part got the whole file',
    'The player cannot seek: the web server must support the header Range.',
  );
}

function lengthFinding({ headers, bytes }: Answer, billsec: number | undefined): Finding {
  const range = /\/(\d+)$/.exec(headers['content-range'] ?? '')?.[1];
  const size = Number(range ?? headers['content-length'] ?? Number.NaN);
  if (size === 0 || bytes.length === 0) {
    return found(
      'length',
      'problem',
      '0 bytes',
      'The recording is empty: check the disk of the PBX, and whether it is still being converted.',
    );
  }
  const seconds = durationOf(bytes, size);
  const says = `${Number.isNaN(size) ? 'unknown' : size} bytes${seconds === undefined ? '' : `, about ${Math.round(seconds)} s`}`;
  if (billsec === undefined || seconds === undefined) return found('length', 'ok', says);
  const differs = Math.abs(seconds - billsec) > Math.max(5, billsec / 5);
  return differs
    ? found(
        'length',
        'warning',
        `${says}, the call has ${billsec} s of talk`,
        'It may be the recording of another call, or include the ringing.',
      )
    : found('length', 'ok', `${says} of ${billsec} s`);
}

/** Whether the recording is refused to those who were not given its link. */
async function protectionFindings(link: string, options: PlayerOptions): Promise<readonly Finding[]> {
  const plain = withoutSignature(link);
  const unsigned = await get(plain.link, {}, options);
  const open =
    'Anybody who guesses a name can open the recordings: sign links (link_secret_file), and serve the folder only with the block of "amocalls recordings nginx".';
  const findings = [refusal('without a signature', unsigned, open)];
  if (!plain.isSigned) return findings;
  const changed = link.replace(/([?&]md5=)(.)/, (_, name, first) => `${name}${first === 'A' ? 'B' : 'A'}`);
  const notChecked =
    'The web server does not check the signature: compare its block with "amocalls recordings nginx".';
  findings.push(refusal('with a changed signature', await get(changed, {}, options), notChecked));
  if (options.key === undefined) return findings;
  const expired = signatureOf(plain.link, options.key, Math.floor(options.now() / 1000) - 3600);
  if (expired instanceof Problem) return findings;
  const notExpiring =
    'The web server does not check the expiry: compare its block with "amocalls recordings nginx".';
  findings.push(
    refusal('with an expired signature', await get(plain.link + expired, {}, options), notExpiring),
  );
  return findings;
}

function refusal(check: string, answer: Parsed<Answer>, todo: string): Finding {
  if (answer instanceof Problem) return found(check, 'warning', answer.text, 'Run the command again.');
  const { status } = answer;
  return status >= 400 && status < 500
    ? found(check, 'ok', `refused, ${status}`)
    : found(check, 'problem', `answered ${status}`, todo);
}

function connectionAdvice(link: string): string {
  return `Open ${new URL(link).origin} in a browser: the player needs the same name, port, firewall and certificate.`;
}

/** Asks for the head of an address; redirects are not followed. Gives a Problem where no answer came. */
async function get(
  link: string,
  headers: Readonly<Record<string, string>>,
  { timeoutMs, signal }: PlayerOptions,
): Promise<Parsed<Answer>> {
  const { request } = link.startsWith('https:') ? await import('node:https') : await import('node:http');
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(link, { headers: { accept: 'audio/*,*/*;q=0.5', ...headers }, signal: limited, agent: false })
        .on('response', resolve)
        .on('error', reject)
        .end();
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer) {
      if (!Buffer.isBuffer(chunk)) continue;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= headSize) break;
    }
    answer.destroy();
    return { status: answer.statusCode ?? 0, headers: answer.headers, bytes: Buffer.concat(chunks) };
  } catch (error) {
    if (!signal.aborted && limited.aborted) return new Problem(`no answer within ${timeoutMs / 1000} s`);
    return new Problem(error instanceof Error ? error.message : String(error));
  }
}
