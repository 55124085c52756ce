import { type ExitCode, exitCodes, UserError } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, type Summary, summarise, type Tally } from '../core/summary.js';
import { type Delivery, deliver } from '../delivery/deliver.js';
import type { DeliveryOptions } from '../delivery/options.js';
import type { Destination } from '../destinations/destination.js';
import type { Checkpoints } from '../ledger/sqlite/checkpoints.js';
import type { Rejects } from '../output/rejects.js';
import type { Settings } from '../settings/table.js';
import type { Cargo } from './cargo.js';
import { openTarget, type Target } from './open-destination.js';
import { openMemory, type RunMemory } from './run-ledger.js';
import type { Session } from './session.js';

/** For whom a cargo is opened. */
export interface Consignee {
  /** The account of calls that name none. */
  readonly accountId: string;
  /** Address, code and account: who gets the calls. */
  readonly address: string;
  /** How far files are settled; absent where nothing is remembered. */
  readonly checkpoints?: Checkpoints;
}

/** Opens what a run sends; a UserError stops the run before it sends. */
export type Load = (consignee: Consignee) => Promise<Cargo>;

/**
 * Sends a cargo of calls and prints what became of each: the common way of `add` and `import`.
 *
 * @param command the words of history
 * @returns the exit code
 */
export async function push(session: Session, command: string, load: Load): Promise<ExitCode> {
  const target = await openTarget(session);
  try {
    if (!session.settings.dryRun) return await send(session, command, { load, target });
    const { preview } = await import('./preview.js');
    const { baseUrl, accountId } = target.credentials;
    return await preview(session, await load({ accountId, address: baseUrl }), { address: baseUrl });
  } finally {
    session.progress.stop();
    await target.close();
  }
}

interface Order {
  readonly load: Load;
  readonly target: Target;
}

async function send(session: Session, command: string, { load, target }: Order): Promise<ExitCode> {
  const { baseUrl, code, accountId } = target.credentials;
  const memory = await openMemory(session);
  try {
    const checkpoints = memory.checkpoints === undefined ? {} : { checkpoints: memory.checkpoints };
    const cargo = await load({ accountId, address: `${baseUrl} ${code} ${accountId}`, ...checkpoints });
    const rejects = await openRejectsOf(session, cargo);
    const { files, records } = cargo;
    const run = memory.begin({ command, files, records, address: baseUrl, code });
    const service = await target.open();
    try {
      return await deliverCargo(session, cargo, { service, run, rejects });
    } finally {
      await rejects?.close();
      await service.close();
    }
  } finally {
    memory.close();
  }
}

/** What a cargo is sent with. */
interface Equipment {
  readonly service: Destination;
  readonly run: RunMemory;
  readonly rejects: Rejects | undefined;
}

async function deliverCargo(
  session: Session,
  cargo: Cargo,
  { service, run, rejects }: Equipment,
): Promise<ExitCode> {
  const { context, messages } = session;
  const { interrupt, now, sleep, random } = context;
  const deps = {
    destination: service,
    ledger: run.ledger,
    now,
    sleep,
    random,
    interrupt,
    note: messages.note,
  };
  const started = now();
  const delivery = deliver(cargo.batches, policyOf(session.settings), deps);
  const report = session.report();
  const { tally, failure } = await tell(session, cargo, delivery, [rejects, report]);
  const seconds = (now() - started) / 1000;
  const summary = summarise(tally, { requests: delivery.requests(), retries: delivery.retries(), seconds });
  const printed = report.end(summary);
  await printed.catch(() => undefined); // what cannot be printed is written down all the same
  const exit = failure === undefined ? endOf(session, summary, delivery) : messages.fail(failure);
  advise(session, summary, rejects);
  try {
    run.end(summary, exit);
    await cargo.settle?.();
  } catch (error) {
    if (failure === undefined) throw error; // else it was the ledger that failed, and the user knows
  }
  await printed;
  return exit;
}

interface Listener {
  readonly write: (outcomes: readonly Outcome[]) => Promise<void>;
}

/**
 * Passes every outcome to all who want it. When one of them fails (a full disk), nothing more is sent, and the
 * others hear the rest.
 */
async function tell(
  session: Session,
  cargo: Cargo,
  delivery: Delivery,
  listeners: readonly (Listener | undefined)[],
): Promise<{ readonly tally: Tally; readonly failure?: unknown }> {
  const listening = new Set(listeners);
  let tally = emptyTally;
  let failure: unknown;
  try {
    for await (const outcomes of delivery.outcomes) {
      tally = count(tally, outcomes);
      cargo.told?.(outcomes);
      for (const listener of listening) {
        await listener?.write(outcomes).catch((error: unknown) => {
          listening.delete(listener);
          failure ??= error;
          delivery.cancel(error);
        });
      }
      session.progress.update({ tally, ...cargo.progress() });
    }
  } catch (error) {
    failure ??= error;
  }
  session.progress.stop();
  return failure === undefined ? { tally } : { tally, failure };
}

async function openRejectsOf({ settings, context }: Session, cargo: Cargo): Promise<Rejects | undefined> {
  if (settings.rejects === undefined) return undefined;
  const { openRejects } = await import('../output/rejects.js');
  const rejects = await openRejects({
    file: settings.rejects,
    cwd: context.cwd,
    inputs: cargo.files,
    encoding: settings.encoding,
    path: settings.path,
  });
  for (const source of cargo.sources) await rejects.expect(source);
  return rejects;
}

function policyOf(settings: Settings): DeliveryOptions {
  const { chunkSize, concurrency, rate, retries, onLostAnswer, resend, maxErrors } = settings;
  const policy = { chunkSize, concurrency, rate, retries, onLostAnswer, resend };
  return maxErrors === undefined ? policy : { ...policy, maxErrors };
}

/** How a run that told all its outcomes ended: interrupted, stopped, or at its end. */
function endOf({ context, messages }: Session, summary: Summary, delivery: Delivery): ExitCode {
  const stop = delivery.stop();
  if (stop !== undefined) messages.fail(new UserError(stop.message, stop));
  if (context.interrupt.aborted) {
    return context.interrupt.reason === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
  }
  return stop?.exit ?? exitOf(summary);
}

/** Says what can be done about calls that were not accepted. */
function advise({ messages, settings }: Session, summary: Summary, rejects: Rejects | undefined): void {
  for (const { file, records } of rejects?.files ?? []) {
    messages.note(`what was not accepted was written to ${file}: ${records}`);
  }
  if (summary.unconfirmed > 0 && settings.onLostAnswer === 'hold') {
    messages.note(
      `without a verdict: ${summary.unconfirmed}; the service may have these calls, so they are held back`,
      'Look for one of them in amoCRM; if it is not there, run the same command with --on-lost-answer resend.',
    );
  }
}
