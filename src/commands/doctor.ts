import { exitCodes, UserError } from '../core/errors.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { layTable } from '../output/table.js';
import type { CommandRun } from './command.js';
import { checkConnection } from './doctor-connection.js';
import { checkLedger } from './doctor-ledger.js';
import { checkCredentials, checkNode, checkProfile, checkZones, type Warning } from './doctor-settings.js';
import type { Finding } from './finding.js';
import { openSession, type Session } from './session.js';

/** Looks at everything that a run depends on, one line each; asks the service, and writes nothing there. */
export const doctor: CommandRun = async (invocation) => {
  const warnings: Warning[] = [];
  const { session, broken } = await openAnyway(
    invocation,
    (text, hint) => void warnings.push({ text, hint }),
  );
  const { context, settings, progress } = session;
  progress.stop();
  const credentials = broken === undefined ? checkCredentials(session) : undefined;
  const findings: readonly Finding[] = [
    ...checkNode(context.nodeVersion),
    checkProfile(session, { broken, warnings }),
    ...(credentials === undefined ? [] : [credentials.finding]),
    ...(await checkConnection(session, credentials?.token)),
    ...(await checkLedger(session)),
    await checkZones(settings.timezone, context.now()),
  ];
  await print(context.stdout, recordsText('checks', findings, settings.output) ?? tableOf(findings, session));
  const isWell = findings.every(({ status }) => status !== 'problem');
  return isWell ? exitCodes.ok : exitCodes.notAllAccepted;
};

/** A profile that cannot be read is a finding: all the rest is looked at without it. */
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

function tableOf(findings: readonly Finding[], { style, settings, context }: Session): string {
  const colours = new Map([
    ['ok', style.green],
    ['warning', style.yellow],
    ['problem', style.red],
  ]);
  const columns = [
    { title: 'state', paint: (cell: string) => colours.get(cell)?.(cell) ?? cell },
    { title: 'what' },
    { title: 'found', wraps: true },
  ];
  const rows = findings
    .filter(({ status }) => status !== 'ok' || !settings.quiet)
    .map((one) => [one.status, one.check, one.do === undefined ? one.says : `${one.says}. ${one.do}`]);
  return layTable(columns, rows, { style, width: context.stdout.isTTY ? context.stdout.columns : undefined });
}
