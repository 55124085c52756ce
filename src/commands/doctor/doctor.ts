// Looks at everything a run depends on, a line each: Node, profile, credentials, ledger, time zones.

import { zoneByIds } from '../../core/contradiction.js';
import { utcOffset } from '../../core/display.js';
import { exitCodes, interruptedExit, UserError } from '../../core/errors.js';
import { type Finding, found, orProblem, problemOf } from '../../core/finding.js';
import { findingsTable } from '../../output/findings.js';
import { recordsText } from '../../output/json.js';
import { print } from '../../output/stdout.js';
import { openZone } from '../../records/time-zones.js';
import type { CommandRun } from '../../session/command.js';
import { openSession, type Session } from '../../session/session.js';
import { loadKey, requireCredentials, requireToken } from '../../settings/credentials.js';
import { modeOf } from '../../settings/files.js';
import { userConfigFolder } from '../../settings/profile-file.js';
import { describeSource } from '../../settings/resolve.js';
import { maskKey } from '../../settings/setting.js';
import { checkConnection } from './connection.js';
import { checkLedger } from './ledger.js';

/** Looks at everything that a run depends on, one line each; asks the service, and writes nothing there. */
export const doctor: CommandRun = async (invocation) => {
  const warnings: Warning[] = [];
  const { session, broken } = await openAnyway(
    invocation,
    (text, hint) => void warnings.push({ text, hint }),
  );
  const { context, settings, progress } = session;
  progress.update({ doing: 'checking' });
  const findings: readonly Finding[] = [
    ...checkNode(context.nodeVersion),
    checkProfile(session, { broken, warnings }),
    ...(broken === undefined ? await checkDependencies(session) : notChecked),
    checkZones(settings.timezone, context.now()),
  ];
  progress.stop();
  const interrupted = interruptedExit(context.interrupt);
  if (interrupted !== undefined) return interrupted;
  const shown = findings.filter(({ status }) => status !== 'ok' || !settings.quiet);
  const table = () => findingsTable(shown, session.page);
  await print(context.stdout, recordsText('checks', findings, settings.output) ?? table());
  const isWell = findings.every(({ status }) => status !== 'problem');
  return isWell ? exitCodes.ok : exitCodes.notAllAccepted;
};

/** What the settings of the user name: the account, the service, the ledger. */
async function checkDependencies(session: Session): Promise<readonly Finding[]> {
  const { finding, token } = checkCredentials(session);
  return [
    finding,
    ...(await checkReading(session)),
    ...(await checkConnection(session, token)),
    ...(token === undefined && finding.status !== 'problem' ? [keyNotTried] : []),
    ...(await checkLedger(session, token !== undefined)),
    ...(await checkExtensions(session)),
    ...(await checkRecordings(session)),
  ];
}

/** calls/add has no request that only asks. */
const keyNotTried = found(
  'key',
  'ok',
  'not tried: calls-add has no request for that. To try it, send one call: import --limit 1',
);

/** Reads what says how files are read, as `import` would: a wrong preset or date is found here, not at 3 in the morning. */
async function checkReading(session: Session): Promise<readonly Finding[]> {
  const { presetOf, recordOptions } = await import('../../pipeline/read-options.js');
  const { linkRulesOf } = await import('../../pipeline/recordings.js');
  const check = 'reading';
  return orProblem(check, async () => {
    const preset = await presetOf(session);
    await recordOptions(session, session.settings.accountId);
    linkRulesOf(session);
    const { timezone = 'no time zone' } = session.settings;
    const says = `${preset === undefined ? 'no preset' : `preset ${preset.name}`}, ${timezone}`;
    return [found(check, 'ok', says)];
  });
}

/** With v4, which extensions have no user; init hands in the file that it was given. */
async function checkExtensions(session: Session): Promise<readonly Finding[]> {
  if (session.settings.api !== 'v4') return [];
  const { checkUsersOfFile } = await import('./users.js');
  return checkUsersOfFile(session, session.args[0]);
}

/** Whether the newest recording would play. */
async function checkRecordings(session: Session): Promise<readonly Finding[]> {
  const { recordingFindings } = await import('../recordings.js');
  return orProblem('recording', async () => {
    const findings = await recordingFindings(session);
    return findings.map((one) => ({ ...one, check: `recording, ${one.check}` }));
  });
}

/** Without the profile nobody knows which service and which ledger the user means. */
const notChecked = ['credentials', 'connection', 'ledger'].map((check) =>
  found(check, 'warning', 'not checked: the profile cannot be read'),
);

/** A profile that cannot be read is a finding: what does not depend on it is looked at all the same. */
async function openAnyway(
  invocation: Parameters<CommandRun>[0],
  warn: (text: string, hint?: string) => void,
): Promise<{ readonly session: Session; readonly broken?: UserError }> {
  try {
    return { session: await openSession(invocation, { warn }) };
  } catch (broken) {
    if (!(broken instanceof UserError)) throw broken;
    return { session: await openSession(invocation, { withProfile: false, warn }), broken };
  }
}

/** The finding, with the first of what settings warned of. */
function warned(check: string, says: string, [first]: readonly Warning[]): Finding {
  if (first === undefined) return found(check, 'ok', says);
  return found(check, 'warning', `${says}; ${first.text.replace(/\.$/, '')}`, first.hint);
}

/** What settings warned of while they were read. */
interface Warning {
  readonly text: string;
  readonly hint: string | undefined;
}

/** As `engines` of package.json has it. */
const oldestNode = '20.18.1';

/** The Node that runs this; nothing where another program does. */
function checkNode(version: string | undefined): readonly Finding[] {
  if (version === undefined) return [];
  const isOld = version.localeCompare(oldestNode, 'en', { numeric: true }) < 0;
  if (!isOld) return [found('node', 'ok', version)];
  return [found('node', 'problem', `${version} is older than ${oldestNode}`, 'Install a newer Node.')];
}

/** Which profile is in force, where it was found, and who may read it. */
function checkProfile(
  { resolved, settings, context }: Session,
  { broken, warnings }: { readonly broken: UserError | undefined; readonly warnings: readonly Warning[] },
): Finding {
  const check = 'profile';
  if (broken !== undefined) return problemOf(check, broken);
  const { profile } = resolved;
  if (profile === undefined) {
    const secret =
      settings.api === 'v4' ? (settings.token ?? settings.tokenFile) : (settings.key ?? settings.keyFile);
    if (secret !== undefined) return found(check, 'ok', 'none, the settings come from the environment');
    const says = `none was found in ${context.cwd} and the folders above it, nor in ${userConfigFolder(context)}`;
    return found(check, 'problem', says, 'Run: amocalls init');
  }
  const mode = modeOf(profile.file);
  const readers = mode === undefined ? '' : `, mode ${mode}`;
  const says = `"${profile.name}" of ${profile.file}${readers}`;
  return warned(check, says, warnings);
}

/** Whether all is there that a run needs, with the token of v4 where it is. */
function checkCredentials({ resolved, settings, context }: Session): {
  readonly finding: Finding;
  readonly token?: string;
} {
  const check = 'credentials';
  const warnings: Warning[] = [];
  const warn = (text: string, hint?: string) => void warnings.push({ text, hint });
  try {
    const token = settings.api === 'v4' ? requireToken(resolved, warn).token : undefined;
    const sender = token === undefined ? requireCredentials(resolved, warn) : undefined;
    const secret = token ?? sender?.key ?? '';
    context.hide(secret);
    const { sources } = loadKey(resolved, () => undefined);
    const from = describeSource(token === undefined ? sources.key : sources.token);
    const who =
      sender === undefined ? 'API v4, token' : `code ${sender.code}, account ${sender.accountId}, key`;
    const says = `${who} ${maskKey(secret)} from ${from}`;
    const finding = warned(check, says, warnings);
    return token === undefined ? { finding } : { finding, token };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { finding: problemOf(check, error) };
  }
}

/** Kazakhstan moved to one zone on 2024-03-01: a zone database without that is older than 2024a. */
const witness = { zone: 'Asia/Almaty', unix: 1_719_792_000, offset: 5 * 3600, release: '2024a' } as const;

/** Whether the zone database is there and recent, and knows the zone of the profile. `now` is in milliseconds. */
function checkZones(timezone: string | undefined, now: number): Finding {
  const check = 'time zones';
  const known = openZone(witness.zone);
  const isRecent = 'offsetAt' in known && known.offsetAt(witness.unix) === witness.offset;
  if (!isRecent) {
    const says = `the zone database of Node is older than ${witness.release} or incomplete`;
    return found(check, 'warning', says, 'Install a newer Node, or one with full ICU data.');
  }
  const database = `database of ${witness.release} or newer`;
  if (timezone === zoneByIds)
    return found(check, 'ok', `each row at the offset of its unique id; ${database}`);
  const own = timezone === undefined ? undefined : openZone(timezone);
  if (own === undefined) return found(check, 'ok', database);
  if (!('offsetAt' in own)) return found(check, 'problem', own.text, 'Correct timezone in the profile.');
  const offset = utcOffset(own.offsetAt(Math.floor(now / 1000)));
  return found(check, 'ok', `${own.name} is at ${offset}; ${database}`);
}
