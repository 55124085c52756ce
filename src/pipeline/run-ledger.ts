// The ledger of a run.

import type { LedgerStore } from '../core/ledger-store.js';
import { ledgerOf } from '../settings/credentials.js';
import type { Environment } from './environment.js';

/**
 * Opens the ledger that the settings name; undefined where nothing is to be remembered, as for the sandbox inside this process.
 *
 * @param isEndless whether a database that is away is waited for, at the start and later
 * @throws UserError where the ledger cannot be used: nothing is sent then
 */
export async function openRunLedger(
  environment: Environment,
  isEndless: boolean,
): Promise<LedgerStore | undefined> {
  const { settings, messages, context, resolved } = environment;
  const ledger = ledgerOf(resolved, context, messages.warn);
  if (ledger === undefined && settings.sandbox) return undefined;
  if (ledger !== false) return openNamedLedger(environment, ledger, isEndless);
  messages.warn('without a ledger nothing is recorded: the next run sends every call again');
  return undefined;
}

/**
 * Opens a ledger, and tells whoever named it where it is a new one: the name may be mistyped.
 *
 * @param named a path or an address; undefined for the default one
 * @param isEndless whether a database that is away is waited for
 */
export async function openNamedLedger(
  { context, messages, settings }: Environment,
  named: string | undefined,
  isEndless: boolean,
): Promise<LedgerStore> {
  const { defaultLedgerFile, openLedgerStore } = await import('../ledger/store.js');
  const { now, processName, seeProcess, user, env, homedir, interrupt } = context;
  const { warn, note } = messages;
  const store = await openLedgerStore(named ?? defaultLedgerFile(context), {
    now,
    processName,
    seeProcess,
    user,
    env,
    homedir,
    isPatient: isEndless,
    interrupt,
    warn,
    note,
  });
  if (store.isNew && named !== undefined && !settings.sandbox) {
    note(
      `a new ledger was created: ${store.name}`,
      'It does not know what was sent before. If you have another ledger, name it with --ledger.',
    );
  }
  return store;
}
