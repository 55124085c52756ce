import { utcTime } from '../core/display.js';
import { UserError } from '../core/errors.js';
import type { LedgerInspection, LedgerStore, RecordedRun } from '../core/ledger-store.js';
import { maskPassword } from '../core/ledger-store.js';
import { defaultLedgerFile, findLedgerStore } from '../ledger/store.js';
import { ledgerOf } from '../settings/ledger.js';
import { type Finding, problemOf } from './doctor-settings.js';
import type { Session } from './session.js';

/** Whether the ledger opens and is intact, what is open in it, and how the last run ended. None is made. */
export async function checkLedger({ resolved, context }: Session): Promise<readonly Finding[]> {
  const check = 'ledger';
  let store: LedgerStore | undefined;
  try {
    const ledger = ledgerOf(resolved, context, () => undefined);
    if (ledger === false) {
      const says = 'none, as the settings say: running twice sends twice';
      return [{ check, status: 'warning', says, do: 'Remove ledger: false from the profile.' }];
    }
    const where = ledger ?? defaultLedgerFile(context);
    store = await findLedgerStore(where, context);
    if (store === undefined) {
      return [{ check, status: 'ok', says: `none yet; the first run makes ${maskPassword(where)}` }];
    }
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

function ledgerFinding(name: string, { faults, bytes }: LedgerInspection): Finding {
  const check = 'ledger';
  const size = bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
  if (faults.length === 0) return { check, status: 'ok', says: `${name}, ${size}, intact` };
  return {
    check,
    status: 'problem',
    says: `${name} is damaged: ${faults[0] ?? ''}`,
    do: 'Stop all runs and put a backup in its place, or move it away: calls sent before are then no longer known, and may be sent twice.',
  };
}

function openFindings({ unconfirmed, waiting, pauses }: LedgerInspection): readonly Finding[] {
  const clear: Finding = { check: 'open calls', status: 'ok', says: `0 unconfirmed, ${waiting} waiting` };
  const open: Finding = {
    check: 'open calls',
    status: 'warning',
    says: `${unconfirmed} unconfirmed, ${waiting} waiting`,
    do: 'See them: amocalls history --unconfirmed',
  };
  const paused = pauses.map(
    ({ address, until }): Finding => ({
      check: 'pause',
      status: 'warning',
      says: `${address} asked for fewer requests: nothing is sent before ${utcTime(until)}`,
      do: 'Wait; runs do so by themselves.',
    }),
  );
  return [unconfirmed === 0 ? clear : open, ...(paused.length === 0 ? [noPause] : paused)];
}

const noPause: Finding = { check: 'pause', status: 'ok', says: 'none in force' };

function runFinding(run: RecordedRun | undefined): Finding {
  const check = 'last run';
  if (run === undefined) return { check, status: 'ok', says: 'none yet' };
  const says = `${run.command} ${run.files.join(' ')} of ${utcTime(run.started * 1000)}`.replace(
    / {2,}/g,
    ' ',
  );
  if (run.state === 'running') return { check, status: 'ok', says: `${says} still runs` };
  if (run.state === 'died') {
    return {
      check,
      status: 'warning',
      says: `${says} was cut off`,
      do: 'Run it again: what was sent is known.',
    };
  }
  if (run.exit === 0) return { check, status: 'ok', says: `${says} ended well` };
  return {
    check,
    status: 'warning',
    says: `${says} ended with exit code ${run.exit}`,
    do: 'See: amocalls history',
  };
}

/** Unix seconds as people read them. */
