// The secret of signed links, the block for nginx, the check of a link.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { shellQuoted } from '../core/display.js';
import { errorCode, exitCodes, Problem, UserError } from '../core/errors.js';
import type { Finding } from '../core/finding.js';
import { didYouMean } from '../core/suggest.js';
import { findPlace } from '../files/output-file.js';
import { replaceFiles } from '../files/replace-files.js';
import { findingsTable } from '../output/findings.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { linkKeysOf } from '../pipeline/recordings.js';
import { nginxBlock } from '../recordings/nginx.js';
import { checkLink } from '../recordings/player.js';
import {
  fileOfLink,
  linkOfFile,
  newestRecording,
  type RecordingPlace,
} from '../recordings/recording-files.js';
import {
  type LinkKey,
  makeSecret,
  neverExpires,
  parseSecrets,
  signatureOf,
  withoutSignature,
} from '../recordings/signature.js';
import type { CommandRun } from '../session/command.js';
import { openSession, type Session } from '../session/session.js';

const actions = ['secret', 'nginx', 'check'] as const;

/** Makes the secret of signed links, prints the block of the web server, or asks for a link as the player would. */
export const recordings: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const [action = '', subject, ...more] = session.args;
  if (more.length > 0) {
    throw new UserError(`recordings ${action}: takes one file or link, not ${more.length + 1}`, {
      hint: 'Put a name with spaces into quotes.',
    });
  }
  if (action === 'secret') return writeSecret(session, subject);
  if (action === 'nginx') return showBlock(session, subject);
  if (action === 'check') return check(session, subject);
  throw new UserError(
    `recordings ${action}: is none of ${actions.join(', ')}${didYouMean(action, actions)}`,
    {
      hint: 'See: amocalls recordings --help',
    },
  );
};

/** Makes a file with a secret, or adds a new one to it, which signs from then on. */
async function writeSecret(session: Session, subject: string | undefined) {
  const { settings, context, messages } = session;
  const file = subject === undefined ? settings.linkSecretFile : path.resolve(context.cwd, subject);
  if (file === undefined) {
    throw new UserError('recordings secret: file name is missing', {
      hint: 'Run: amocalls recordings secret link.secret, or set link_secret_file in the profile.',
    });
  }
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const known = before.trim() === '' ? [] : parseSecrets(before);
  if (known instanceof Problem) {
    throw new UserError(`${file}: ${known.text}`, { hint: 'The file was not changed. Name another file.' });
  }
  const kept = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  await writePrivate('recordings secret', file, `${kept}${makeSecret()}\n`, session);
  messages.note(
    known.length === 0
      ? `${file}: a new secret was written; only you can read the file`
      : `${file}: a new secret was added to ${known.length} older; links that were signed before still play`,
    `${settings.linkSecretFile === file ? '' : `Write link_secret_file: ${file} into the profile. `}Next: amocalls recordings nginx --write <file>, then reload nginx, before calls are sent.`,
  );
  return exitCodes.ok;
}

/** Writes a file that its owner alone may read, in the place of what is there. */
async function writePrivate(asked: string, file: string, text: string, { context }: Session): Promise<void> {
  const place = await findPlace({ asked, name: file, path: file, user: context.user }, 'replace');
  await replaceFiles([{ place, text, like: null }]);
}

/** Prints the block with the secrets masked, or writes it with them. */
async function showBlock(session: Session, subject: string | undefined) {
  const { settings, context, messages } = session;
  if (subject !== undefined) {
    throw new UserError(`recordings nginx: takes no file name (${subject})`, {
      hint: `To write a file: --write ${shellQuoted(subject)}`,
    });
  }
  const place = requirePlace(session);
  const keys = requireKeys(session);
  const { write } = settings;
  const shown = write === undefined ? keys.map(({ id }) => ({ id, secret: '***' })) : keys;
  const block = nginxBlock(place, shown);
  if (block instanceof Problem)
    throw new UserError(block.text, { hint: 'Rename the folder, or serve it through a symbolic link.' });
  if (write === undefined) {
    await print(context.stdout, block);
    messages.note(
      'the secrets are masked',
      'To write the block with the secrets: amocalls recordings nginx --write <file>',
    );
    return exitCodes.ok;
  }
  await writePrivate('--write', write, block, session);
  messages.note(
    `${write}: was written with the secret, mode 600`,
    `Put "include ${write};" into the server block of nginx, then: nginx -t && nginx -s reload. Then: amocalls recordings check`,
  );
  return exitCodes.ok;
}

/** Asks for a link, for the link of a file, or for that of the newest recording. */
async function check(session: Session, subject: string | undefined) {
  const { settings, context } = session;
  const key = currentKey(session);
  const link = await linkOf(session, subject, key);
  const findings = await askFor(link, session, key);
  const shown = [{ check: 'link', status: 'ok', says: withoutSignature(link).link }, ...findings];
  await print(
    context.stdout,
    recordsText('checks', shown, settings.output) ??
      `${withoutSignature(link).link}\n${findingsTable(findings, session.page)}`,
  );
  return findings.every(({ status }) => status !== 'problem') ? exitCodes.ok : exitCodes.notAllAccepted;
}

/**
 * What the player would get of the newest recording, for `doctor`; none where the settings name no folder of recordings.
 *
 * @throws UserError where there is no recording to ask for
 */
export async function recordingFindings(session: Session): Promise<readonly Finding[]> {
  if (session.settings.recordingsRoot === undefined) return [];
  const key = currentKey(session);
  return askFor(await linkOf(session, undefined, key), session, key);
}

function currentKey(session: Session): LinkKey | undefined {
  return session.settings.linkSecretFile === undefined ? undefined : requireKeys(session).at(-1);
}

function askFor(link: string, { settings, context }: Session, key: LinkKey | undefined) {
  const billsec = settings.billsec === undefined ? undefined : Number(settings.billsec);
  if (billsec !== undefined && !(billsec >= 0)) {
    throw new UserError(`--billsec: "${settings.billsec}" is not a number of seconds`, {
      hint: 'For example: --billsec 63',
    });
  }
  return checkLink(link, {
    key,
    billsec,
    timeoutMs: Math.min(settings.timeout, 30) * 1000,
    now: context.now,
    signal: context.interrupt,
  });
}

/** The link to ask for: signed where there is a secret and the link has no signature. */
async function linkOf(
  session: Session,
  subject: string | undefined,
  key: LinkKey | undefined,
): Promise<string> {
  if (subject !== undefined && /^https?:\/\//i.test(subject)) {
    if (!URL.canParse(subject))
      throw new UserError(`${subject}: is not an address`, {
        hint: 'Put it into quotes: & and ? mean something to the shell.',
      });
    const { recordingsUrl: url } = session.settings;
    const isOurs = url === undefined || subject.startsWith(url);
    return withoutSignature(subject).isSigned || !isOurs ? subject : signed(subject, session, key);
  }
  const place = requirePlace(session);
  const file = subject === undefined ? await newestOf(place) : path.resolve(session.context.cwd, subject);
  const link = linkOfFile(file, place);
  if (link === undefined || fileOfLink(link, place) === undefined) {
    throw new UserError(`${file}: is outside of recordings_root ${place.root}`, {
      hint: 'Name a file in that folder, or a link.',
    });
  }
  if (!existsSync(file))
    throw new UserError(`${file}: no such file`, { hint: 'Name a recording that exists.' });
  return signed(link, session, key);
}

function signed(link: string, { settings, context }: Session, key: LinkKey | undefined): string {
  if (key === undefined) return link;
  const { linkExpires } = settings;
  const expires = linkExpires === 'never' ? neverExpires : Math.floor(context.now() / 1000) + linkExpires;
  const signature = signatureOf(link, key, expires);
  if (signature instanceof Problem)
    throw new UserError(`${link}: ${signature.text}`, { hint: 'Rename the recording, or correct the link.' });
  return link + signature;
}

async function newestOf({ root }: RecordingPlace): Promise<string> {
  const newest = await newestRecording(root).catch((error: unknown) => {
    const code = errorCode(error);
    throw new UserError(`recordings_root ${root}: cannot be read (${code})`, {
      hint: 'Correct the path, or let this user read the folder.',
      cause: error,
    });
  });
  if (newest !== undefined) return newest;
  throw new UserError(`recordings_root ${root}: holds no recordings`, {
    hint: 'Name a link: amocalls recordings check <link>',
  });
}

function requirePlace({ settings }: Session): RecordingPlace {
  const { recordingsRoot: root, recordingsUrl: url } = settings;
  if (root !== undefined && url !== undefined) return { root, url };
  const missing = [
    root === undefined ? 'recordings_root' : '',
    url === undefined ? 'recordings_url' : '',
  ].filter(Boolean);
  throw new UserError(`${missing.join(', ')}: missing`, {
    hint: 'Give --recordings-root /var/spool/asterisk/monitor --recordings-url https://pbx.example/rec/, or set both in the profile.',
  });
}

function requireKeys(session: Session): readonly LinkKey[] {
  const keys = linkKeysOf(session);
  if (keys === undefined) {
    throw new UserError('link_secret_file: is missing', {
      hint: 'Create one: amocalls recordings secret link.secret, then give --link-secret-file link.secret or set link_secret_file in the profile.',
    });
  }
  return keys;
}
