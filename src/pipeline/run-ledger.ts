// The ledger, the checkpoints and the place in history of one run.

import type { Recipient } from '../core/ledger.js';
import type { Checkpoints, LedgerStore, NewRun, RunLedger } from '../core/ledger-store.js';
import { ledgerOf } from '../settings/credentials.js';
import type { Environment } from './environment.js';

/** What is remembered from run to run: the checkpoints of files, and a ledger for the run that begins. */
export interface LedgerAccess {
  /** Absent where nothing is remembered, as are the problems that were reported. */
  readonly checkpoints?: Checkpoints;
  readonly begin: (
    label: RunLabel,
  ) => Promise<Pick<RunLedger, 'ledger' | 'end'> & Partial<Pick<RunLedger, 'reportProblems'>>>;
  readonly close: () => Promise<void>;
}

/** What history keeps of a run. */
export interface RunLabel extends Recipient, Omit<NewRun, 'profile' | 'isEndless'> {
  /** About how many records there will be, where that can be guessed. */
  readonly records?: number | undefined;
  /** The uuids that may stand on several of them: no other does. Absent: any may. */
  readonly repeated?: ReadonlySet<string> | undefined;
}

/**
 * Opens the ledger; without one, and for the sandbox inside this process, one that is gone with the run.
 *
 * @param isEndless whether a database that is away is waited for, at the start and later
 * @throws UserError where the ledger cannot be used: nothing is sent then
 */
export async function openLedgerAccess(environment: Environment, isEndless: boolean): Promise<LedgerAccess> {
  const { settings, messages, context, resolved } = environment;
  const ledger = ledgerOf(resolved, context, messages.warn);
  const ephemeral = settings.sandbox && ledger === undefined;
  if (ledger !== false && !ephemeral) return openStore(environment, ledger, isEndless);
  if (!ephemeral && !settings.dryRun) {
    messages.warn('without a ledger nothing is recorded: the next run sends every call again');
  }
  const { openMemoryLedger } = await import('../ledger/memory.js');
  return {
    begin: async (input) => ({
      ledger: openMemoryLedger(context.now, input),
      end: async () => undefined,
    }),
    close: async () => undefined,
  };
}

async function openStore(
  environment: Environment,
  named: string | undefined,
  isEndless: boolean,
): Promise<LedgerAccess> {
  const { context, resolved, messages } = environment;
  const { defaultLedgerFile, openLedgerStore } = await import('../ledger/store.js');
  const { now, processName, seeProcess, user, env, homedir, interrupt } = context;
  const { warn, note } = messages;
  const store: LedgerStore = await openLedgerStore(named ?? defaultLedgerFile(context), {
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
  if (named !== undefined && !environment.settings.sandbox) noteNewLedger(store, messages);
  return {
    checkpoints: store.checkpoints,
    begin: ({ command, files, address, code }) =>
      store.beginRun({ command, files, isEndless, profile: resolved.profile?.name }, { address, code }),
    close: store.close,
  };
}

/** Tells whoever named a ledger that it is a new one: the name may be mistyped. */
export function noteNewLedger(
  { isNew, name }: Pick<LedgerStore, 'isNew' | 'name'>,
  messages: Environment['messages'],
): void {
  if (!isNew) return;
  messages.note(
    `a new ledger was created: ${name}`,
    'It does not know what was sent before. If you have another ledger, name it with --ledger.',
  );
}
