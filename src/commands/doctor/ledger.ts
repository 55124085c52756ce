// Whether the ledger opens and is intact, what is open in it, how the last run ended.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pauseText, utcTime } from '../../core/display.js';
import { UserError } from '../../core/errors.js';
import { type Finding, found, problemOf } from '../../core/finding.js';
import type { RecordedRun } from '../../core/history.js';
import { isDatabaseAddress, maskPassword } from '../../core/ledger-address.js';
import type { LedgerInspection, LedgerStore } from '../../core/ledger-store.js';
import { defaultLedgerFile, findLedgerStore } from '../../ledger/store.js';
import type { Session } from '../../session/session.js';
import { ledgerOf } from '../../settings/credentials.js';

/**
 * Whether the ledger opens and is intact, what is open in it, and how the last run ended. None is made.
 *
 * @param canAsk whether there is a token of v4: the account is asked for calls without an answer
 */
export async function checkLedger(session: Session, canAsk: boolean): Promise<readonly Finding[]> {
  const { resolved, context, settings } = session;
  const check = 'ledger';
  let store: LedgerStore | undefined;
  try {
    const ledger = ledgerOf(resolved, context, () => undefined);
    if (ledger === false) {
      const says = 'none (ledger: false): every run sends everything again';
      return [found(check, 'warning', says, 'Remove ledger: false from the profile.')];
    }
    const where = ledger ?? defaultLedgerFile(context);
    const shown = maskPassword(where);
    const folder = isDatabaseAddress(where) || existsSync(where) ? undefined : closedFolder(where);
    if (folder !== undefined) {
      const says = `${shown} cannot be created: ${folder} cannot be written to`;
      const todo = 'Make the folder writable, or name another file with ledger: in the profile or --ledger.';
      return [found(check, 'problem', says, todo)];
    }
    store = await findLedgerStore(where, context);
    if (store === undefined) return [found(check, 'ok', `none yet; the first run creates ${shown}`)];
    const inspection = await store.inspect();
    const [last] = await store.history.lastRuns(1);
    return [
      ledgerFinding(store.name, inspection),
      ...openFindings(inspection, settings.api),
      ...(canAsk && inspection.unconfirmed > 0 ? [await askForCalls(session, store)] : []),
      runFinding(last),
    ];
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [problemOf(check, error)];
  } finally {
    await store?.close();
  }
}

/** The folder that keeps a file from being created; undefined where nothing does. */
function closedFolder(file: string): string | undefined {
  let folder = path.dirname(file);
  while (!existsSync(folder) && path.dirname(folder) !== folder) folder = path.dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory() ? undefined : folder;
  } catch {
    return folder;
  }
}

function ledgerFinding(name: string, { faults, bytes }: LedgerInspection): Finding {
  const size = bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
  if (faults.length === 0) return found('ledger', 'ok', `${name}, ${size}, intact`);
  return found(
    'ledger',
    'problem',
    `${name} is damaged: ${faults[0] ?? ''}`,
    'Stop all runs and restore a backup. Without a backup, move it away: calls that were sent before may then be sent twice.',
  );
}

/** So long the account is asked for calls at most, in milliseconds. */
const longestLookMs = 10_000;

/** How many of the unconfirmed calls are in the account. Nothing is written down: the next run does that. */
async function askForCalls(session: Session, { history }: LedgerStore): Promise<Finding> {
  const { context, settings } = session;
  const check = 'unconfirmed calls';
  const { openFinder, v4Code } = await import('../../pipeline/service.js');
  const calls = (await history.unconfirmedCalls()).filter(
    ({ address, code, state }) => address === settings.baseUrl && code === v4Code && state === 'unconfirmed',
  );
  if (calls.length === 0) return found(check, 'ok', 'none of this account');
  const signal = AbortSignal.any([context.interrupt, AbortSignal.timeout(longestLookMs)]);
  const pause = settings.rate === 0 ? 0 : 1000 / settings.rate;
  const asking = {
    signal,
    acquire: () => context.sleep(pause, signal),
    reportThrottled: async () => undefined,
  };
  let there = 0;
  try {
    for await (const part of openFinder(session)(calls, asking)) there += part.found.size;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const why = signal.aborted ? `no end within ${longestLookMs / 1000} s` : error.message;
    const says = `${there} of ${calls.length} found in amoCRM so far; ${why}`;
    return found(check, 'warning', says, 'To look for all of them: amocalls resolve');
  }
  const says = `${there} of ${calls.length} are in amoCRM`;
  if (there === calls.length) return found(check, 'ok', `${says}; the next run records that`);
  const todo = 'To send those that are not: run import with --on-lost-answer resend.';
  return found(check, 'warning', says, todo);
}

function openFindings(
  { unconfirmed, waiting, pauses }: LedgerInspection,
  api: Session['settings']['api'],
): readonly Finding[] {
  const cannot = api === 'v4' || unconfirmed === 0 ? '' : '; calls-add cannot tell which of them it has';
  const says = `${unconfirmed} unconfirmed, ${waiting} waiting${cannot}`;
  const todo = 'To list them: amocalls history --unconfirmed';
  const paused = pauses.map((pause) =>
    found(
      'pause',
      'warning',
      pauseText(pause),
      'Runs wait by themselves. To end the pause: amocalls history resume',
    ),
  );
  return [
    unconfirmed === 0 ? found('open calls', 'ok', says) : found('open calls', 'warning', says, todo),
    ...(paused.length === 0 ? [found('pause', 'ok', 'none')] : paused),
  ];
}

function runFinding(run: RecordedRun | undefined): Finding {
  const check = 'last run';
  if (run === undefined) return found(check, 'ok', 'none yet');
  const { command, files, started, state, exit } = run;
  const says = `${command} ${files.join(' ')} (${utcTime(started * 1000)})`.replace(/ {2,}/g, ' ');
  if (state === 'running') return found(check, 'ok', `${says} is still running`);
  if (state === 'died')
    return found(
      check,
      'warning',
      `${says} did not end: it was killed, or the machine went down`,
      'Run the same command again: it sends only what is left.',
    );
  if (exit === 0) return found(check, 'ok', `${says} ended with exit code 0`);
  return found(check, 'warning', `${says} ended with exit code ${exit}`, 'See: amocalls history');
}
