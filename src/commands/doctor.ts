import { exitCodes, interruptedExit, UserError } from '../core/errors.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { layTable } from '../output/table.js';
import type { CommandRun } from './command.js';
import { checkConnection } from './doctor-connection.js';
import { checkLedger } from './doctor-ledger.js';
import {
  checkCredentials,
  checkNode,
  checkProfile,
  checkZones,
  type Finding,
  type Warning,
} from './doctor-settings.js';
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
  const findings: readonly Finding[] = [
    ...checkNode(context.nodeVersion),
    checkProfile(session, { broken, warnings }),
    ...(broken === undefined ? await checkDependencies(session) : notChecked),
    await checkZones(settings.timezone, context.now()),
  ];
  const interrupted = interruptedExit(context.interrupt);
  if (interrupted !== undefined) return interrupted;
  await print(context.stdout, recordsText('checks', findings, settings.output) ?? tableOf(findings, session));
  const isWell = findings.every(({ status }) => status !== 'problem');
  return isWell ? exitCodes.ok : exitCodes.notAllAccepted;
};

/** What the settings of the user name: the account, the service, the ledger. */
async function checkDependencies(session: Session): Promise<readonly Finding[]> {
  const { finding, token } = checkCredentials(session);
  return [finding, ...(await checkConnection(session, token)), ...(await checkLedger(session))];
}

/** Without the profile nobody knows which service and which ledger the user means. */
const notChecked = ['credentials', 'connection', 'ledger'].map(
  (check): Finding => ({ check, status: 'warning', says: 'not checked: the profile cannot be read' }),
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
