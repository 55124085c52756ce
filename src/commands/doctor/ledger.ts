// Whether the ledger opens and is intact, what is open in it, how the last run ended.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pauseText, utcTime } from '../../core/display.js';
import { UserError } from '../../core/errors.js';
import { type Finding, found, problemOf } from '../../core/finding.js';
import type { LedgerInspection, LedgerStore, RecordedRun } from '../../core/ledger.js';
import { isDatabaseAddress, maskPassword } from '../../core/ledger-address.js';
import { defaultLedgerFile, findLedgerStore } from '../../ledger/store.js';
import type { Session } from '../../session/session.js';
import { ledgerOf } from '../../settings/credentials.js';

/** Whether the ledger opens and is intact, what is open in it, and how the last run ended. None is made. */
export async function checkLedger({ resolved, context }: Session): Promise<readonly Finding[]> {
  const check = 'ledger';
  let store: LedgerStore | undefined;
  try {
    const ledger = ledgerOf(resolved, context, () => undefined);
    if (ledger === false) {
      const says = 'none, as the settings say: running twice sends twice';
      return [found(check, 'warning', says, 'Remove ledger: false from the profile.')];
    }
    const where = ledger ?? defaultLedgerFile(context);
    const shown = maskPassword(where);
    const folder = isDatabaseAddress(where) || existsSync(where) ? undefined : closedFolder(where);
    if (folder !== undefined) {
      const says = `${shown} cannot be created: ${folder} cannot be written to`;
      const todo = 'Make the folder writable, or name another file: ledger in the profile, or --ledger.';
      return [found(check, 'problem', says, todo)];
    }
    store = await findLedgerStore(where, context);
    if (store === undefined) return [found(check, 'ok', `none yet; the first run creates ${shown}`)];
    const inspection = await store.inspect();
    const [last] = await store.history.lastRuns(1);
    return [ledgerFinding(store.name, inspection), ...openFindings(inspection), runFinding(last)];
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
    'Stop all runs and put a backup in its place, or move it away: calls sent before are then no longer known, and may be sent twice.',
  );
}

function openFindings({ unconfirmed, waiting, pauses }: LedgerInspection): readonly Finding[] {
  const says = `${unconfirmed} unconfirmed, ${waiting} waiting`;
  const todo = 'See them: amocalls history --unconfirmed';
  const paused = pauses.map((pause) =>
    found(
      'pause',
      'warning',
      pauseText(pause),
      'Runs wait by themselves. To lift it: amocalls history resume',
    ),
  );
  return [
    unconfirmed === 0 ? found('open calls', 'ok', says) : found('open calls', 'warning', says, todo),
    ...(paused.length === 0 ? [found('pause', 'ok', 'none in force')] : paused),
  ];
}

function runFinding(run: RecordedRun | undefined): Finding {
  const check = 'last run';
  if (run === undefined) return found(check, 'ok', 'none yet');
  const { command, files, started, state, exit } = run;
  const says = `${command} ${files.join(' ')} of ${utcTime(started * 1000)}`.replace(/ {2,}/g, ' ');
  if (state === 'running') return found(check, 'ok', `${says} still runs`);
  if (state === 'died')
    return found(check, 'warning', `${says} was cut off`, 'Run it again: what was sent is known.');
  if (exit === 0) return found(check, 'ok', `${says} ended well`);
  return found(check, 'warning', `${says} ended with exit code ${exit}`, 'See: amocalls history');
}
