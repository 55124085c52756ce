// A run that sends: ledger, input and destination joined, and one ending.

import { type ExitCode, exitCodeOf, interruptedExit } from '../core/errors.js';
import type { LedgerStore, RunLedger } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, type Summary, summarise, type Tally } from '../core/summary.js';
import { type Delivery, deliver } from '../delivery/deliver.js';
import { type Environment, type ReadTarget, readingKey } from './environment.js';
import type { InputJob } from './input-job.js';
import { reportedBefore } from './reported-once.js';
import { openRunLedger } from './run-ledger.js';
import { openService, type Service } from './service.js';
import { type Attendance, attendanceOf } from './unattended.js';

/** What run it is. */
export interface RunKind {
  /** The words of history. */
  readonly command: string;
  /** The files of `import`, whose readers the ledger remembers. */
  readonly files: readonly string[];
  /** Nobody looks each time (`--unattended`, `follow`): a problem is reported once. */
  readonly isUnattended: boolean;
  /** Somebody waits for its end: calls without an answer are looked for before it, as soon as a look can find them. */
  readonly waitsToLook?: boolean;
  /** It ends when somebody ends it: a service that is down is waited for. */
  readonly isEndless?: boolean;
}

interface Closable {
  readonly close?: () => Promise<void>;
}

/** What is open before the input of a run: where its calls go, and what is remembered. */
export interface RunBase {
  readonly environment: Environment;
  readonly kind: RunKind;
  readonly service: Service;
  /** Absent where nothing is remembered. */
  readonly store: LedgerStore | undefined;
  readonly attendance: Attendance;
  /** For whom its input is to be opened. */
  readonly target: ReadTarget;
  /** Closed by `closeRun`, the last first; what is opened later for the run is put here. */
  readonly opened: Closable[];
}

/**
 * Opens what a run goes by before its input; to be closed by `closeRun`.
 *
 * @throws UserError where credentials are missing, or the ledger cannot be used
 */
export async function openRun(environment: Environment, kind: RunKind): Promise<RunBase> {
  const { context, settings } = environment;
  const { isEndless = false } = kind;
  const service = await openService(environment, isEndless);
  const opened: Closable[] = [service];
  try {
    const store = await openRunLedger(environment, isEndless);
    if (store !== undefined) opened.push(store);
    const asked = { ...kind, cwd: context.cwd, isQuiet: settings.quiet };
    const attendance = await attendanceOf(asked, store?.checkpoints);
    const { recipient, accountId } = service;
    const identity = `${recipient.address} ${recipient.code} ${accountId}`;
    const reading = readingKey(environment, identity);
    const memory = store && { checkpoints: store.checkpoints, recipient: identity, reading };
    const target: ReadTarget = { accountId, isUnattended: attendance.isUnattended, memory };
    return { environment, kind, service, store, attendance, target, opened };
  } catch (error) {
    await closeRun({ opened });
    throw error;
  }
}

/** Closes what was opened for a run. */
export async function closeRun({ opened }: Pick<RunBase, 'opened'>): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close?.();
}

/**
 * Opens the destination, and begins to send what was opened for the target of the run.
 *
 * @throws UserError where the destination cannot be opened, or the ledger fails: nothing is sent then
 */
export async function beginRun(base: RunBase, job: InputJob): Promise<SendRun> {
  const { environment, kind, service, store, attendance, opened } = base;
  const { context, settings, messages, resolved } = environment;
  const { isEndless = false, waitsToLook = false } = kind;
  opened.push(job);
  const destination = await service.open();
  opened.push(destination);
  const command = attendance.isNewlyQuiet ? `${kind.command}, -q taken as --unattended` : kind.command;
  const profile = resolved.profile?.name;
  const recorded = await store?.beginRun(
    { command, files: job.files, isEndless, profile },
    service.recipient,
  );
  const { now, sleep, random, interrupt } = context;
  const { note, warn } = messages;
  const ledger = recorded?.ledger ?? (await openForgottenLedger(now, job));
  const delivery = deliver(
    job.batches,
    {
      ...settings,
      repeated: job.repeated,
      onTrouble: isEndless ? 'wait' : 'stop',
      waitsToLook: waitsToLook && !attendance.isUnattended,
    },
    { destination, ledger, now, sleep, random, interrupt, note, warn },
  );
  return new SendRun(base, job, delivery, recorded);
}

async function openForgottenLedger(now: () => number, input: Pick<InputJob, 'records' | 'repeated'>) {
  const { openMemoryLedger } = await import('../ledger/memory.js');
  return openMemoryLedger(now, input);
}

/** A run that sends: its outcomes while it lasts, its summary when it is over. */
export class SendRun {
  readonly delivery: Delivery;
  readonly #base: RunBase;
  readonly #job: InputJob;
  /** Its place in history; absent where nothing is remembered. */
  readonly #recorded: RunLedger | undefined;
  readonly #started: number;
  /** What became of the records so far. */
  tally = emptyTally;
  /** Problems that are left out of the outcomes, since they were reported before. */
  #reported = emptyTally;
  /** A run without an end tries calls again that waited: records that were counted as waiting. */
  readonly #waiting = new WeakSet<Outcome['origin']>();
  /** What ended it early, beside the service and the user. */
  #failure: unknown;
  /** Once it has ended. */
  #exit: ExitCode | undefined;

  constructor(base: RunBase, job: InputJob, delivery: Delivery, recorded: RunLedger | undefined) {
    this.#base = base;
    this.#job = job;
    this.delivery = delivery;
    this.#recorded = recorded;
    this.#started = base.environment.context.now();
  }

  /**
   * Outcomes as they are known; to be read once. When all were taken, the ledger is told how the run ended, and how far its files
   * are done. Where they are left early, or could not be reported, the next run is to find their records again.
   *
   * @throws the UserError of a ledger or a file that fails, or what the run was cancelled for
   */
  async *outcomes(): AsyncGenerator<readonly Outcome[]> {
    const delivered = this.delivery.outcomes[Symbol.asyncIterator]();
    let isLeft = true;
    try {
      for (let next = await delivered.next(); next.done !== true; next = await delivered.next())
        yield await this.#take(next.value);
      isLeft = false;
    } catch (error) {
      isLeft = false;
      this.#failure ??= error;
    } finally {
      if (isLeft) await this.#drain(delivered);
      await this.#end(isLeft);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #take(outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    this.#count(outcomes);
    this.#job.record?.(outcomes);
    return this.#unreported(outcomes);
  }

  #count(outcomes: readonly Outcome[]): void {
    const before = outcomes.filter(({ origin }) => this.#waiting.delete(origin));
    this.tally = count(withoutWaiting(this.tally, before), outcomes);
    if (this.#base.kind.isEndless !== true) return;
    for (const { status, origin } of outcomes) if (status === 'waiting') this.#waiting.add(origin);
  }

  /**
   * The outcomes; of an unattended run without the problems that were reported before. A ledger that fails here ends the run; what
   * became of the calls is reported all the same.
   */
  async #unreported(outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    const { environment, target } = this.#base;
    const reportProblems = this.#recorded?.reportProblems;
    if (reportProblems === undefined || target.memory === undefined) return outcomes;
    const { cwd } = environment.context;
    const { reading } = target.memory;
    try {
      const before = await reportedBefore(outcomes, {
        cwd,
        reading,
        reportProblems,
      });
      if (before.size === 0 || !target.isUnattended) return outcomes;
      this.#reported = count(this.#reported, before);
      return outcomes.filter((outcome) => !before.has(outcome));
    } catch (error) {
      this.cancel(error);
      return outcomes;
    }
  }

  /** Waits for what is in flight, which nobody reports. */
  async #drain(delivered: AsyncIterator<readonly Outcome[]>): Promise<void> {
    try {
      for (let next = await delivered.next(); next.done !== true; next = await delivered.next())
        await this.#take(next.value);
    } catch (error) {
      this.#failure ??= error;
    }
  }

  /** Writes the run into the ledger's history and, where all was reported, how far its files are done. */
  async #end(isLeft: boolean): Promise<void> {
    const failure = this.#failure;
    this.#exit = failure === undefined ? this.exitCode() : exitCodeOf(failure);
    try {
      await this.#recorded?.end(JSON.stringify(this.summary()), this.#exit);
      if (isLeft || failure !== undefined) return;
      await this.#job.saveCheckpoints?.();
      await this.#base.attendance.remember();
    } catch (error) {
      // Else it was the ledger that failed, and the user knows.
      if (failure !== undefined) return;
      this.#exit = exitCodeOf(error);
      throw error;
    }
  }

  /** The counts so far, or of the whole run. */
  summary(): Summary {
    const { delivery } = this;
    const seconds = (this.#base.environment.context.now() - this.#started) / 1000;
    return summarise(this.tally, { requests: delivery.requests(), retries: delivery.retries(), seconds });
  }

  /** The summary without the problems that were left out of the outcomes, since they were reported before. */
  newSummary(): Summary {
    const { counts } = this.#reported;
    const summary = this.summary();
    return {
      ...summary,
      invalid: summary.invalid - counts.invalid,
      rejected: summary.rejected - counts.rejected,
      unconfirmed: summary.unconfirmed - counts.unconfirmed,
    };
  }

  /** Sends nothing more: the outcomes cannot be reported. They still come for what was sent. */
  cancel(error: unknown): void {
    this.#failure ??= error;
    this.delivery.cancel(error);
  }

  /** How the run ended; before its end, as if it ended now. */
  exitCode(): ExitCode {
    const { interrupt } = this.#base.environment.context;
    return (
      this.#exit ?? interruptedExit(interrupt) ?? this.delivery.stop()?.exit ?? exitOf(this.newSummary())
    );
  }
}

/** A tally without records that were counted as waiting. */
function withoutWaiting(tally: Tally, before: readonly Outcome[]): Tally {
  if (before.length === 0) return tally;
  const waiting = tally.counts.waiting - before.length;
  const rows = before.reduce((sum, { origin }) => sum - (origin.rows ?? 1), tally.rows);
  return { ...tally, counts: { ...tally.counts, waiting }, rows };
}
