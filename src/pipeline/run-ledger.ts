import type { ExitCode } from '../core/errors.js';
import type { Ledger } from '../core/ledger.js';
import type { Summary } from '../core/summary.js';
import type { Checkpoints } from '../ledger/sqlite/checkpoints.js';
import type { Environment } from './environment.js';

/** What is remembered from run to run: the checkpoints of files, and a ledger for the run that begins. */
export interface LedgerAccess {
  /** Absent where nothing is remembered. */
  readonly checkpoints?: Checkpoints;
  readonly begin: (label: RunLabel) => RunLedger;
  readonly close: () => void;
}

/** The ledger of a run, and the run's own place in its history. */
export interface RunLedger {
  readonly ledger: Ledger;
  readonly end: (summary: Summary, exit: ExitCode) => void;
}

/** What history keeps of a run. */
export interface RunLabel {
  readonly command: string;
  readonly files: readonly string[];
  /** About how many records there will be, where that can be guessed. */
  readonly records?: number | undefined;
  readonly address: string;
  readonly code: string;
}

/**
 * Opens the ledger; without one, and for the sandbox inside this process, one that is gone with the run.
 *
 * @throws UserError where the ledger cannot be used: nothing is sent then
 */
export async function openLedgerAccess(environment: Environment): Promise<LedgerAccess> {
  const { settings, messages, context } = environment;
  const ephemeral = settings.sandbox && settings.ledger === undefined;
  if (settings.ledger !== false && !ephemeral) return openFile(environment, settings.ledger);
  if (!ephemeral && !settings.dryRun) {
    messages.warn('without a ledger nothing is remembered: running this again sends every call again');
  }
  const { openMemoryLedger } = await import('../ledger/memory.js');
  return {
    begin: ({ records }) => ({ ledger: openMemoryLedger(context.now, records), end: () => undefined }),
    close: () => undefined,
  };
}

async function openFile(
  { context, resolved, messages }: Environment,
  named: string | undefined,
): Promise<LedgerAccess> {
  const { defaultLedgerFile, openLedgerFile } = await import('../ledger/sqlite/ledger-file.js');
  const { openLedger } = await import('../ledger/sqlite/ledger.js');
  const { openCheckpoints } = await import('../ledger/sqlite/checkpoints.js');
  const { beginRun, endRun } = await import('../ledger/sqlite/runs.js');
  const file = await openLedgerFile(named ?? defaultLedgerFile(context.env, context.homedir));
  if (named !== undefined && file.isNew) {
    messages.note(
      `a new ledger was begun: ${file.name}`,
      'It knows nothing of what was sent before. If there is an older one, name that.',
    );
  }
  const { now, isAlive, processName } = context;
  const seconds = () => Math.floor(now() / 1000);
  const checkpoints = openCheckpoints(file.durable, now);
  return {
    checkpoints: {
      find: (...key) => file.guarded(() => checkpoints.find(...key)),
      save: (...checkpoint) => file.guarded(() => checkpoints.save(...checkpoint)),
    },
    begin(label) {
      const { command, files } = label;
      const profile = resolved.profile?.name;
      const started = seconds();
      const run = file.guarded(() =>
        beginRun(file.quick, { process: processName, command, profile, files, started }),
      );
      return {
        ledger: openLedger(file, { ...label, run, isAlive, now }),
        end: (summary, exit) =>
          file.guarded(() =>
            endRun(file.quick, run, { finished: seconds(), exit, summary: JSON.stringify(summary) }),
          ),
      };
    },
    close: file.close,
  };
}
