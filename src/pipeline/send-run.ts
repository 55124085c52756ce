// A run that sends: ledger, input and destination joined.

import type { Context } from '../context.js';
import { durationText } from '../core/display.js';
import { type ExitCode, exitCodeOf, interruptedExit } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, type Summary, summarise, type Tally } from '../core/summary.js';
import { type Delivery, deliver } from '../delivery/deliver.js';
import type { Stop } from '../delivery/health.js';
import type { DeliveryOptions } from '../delivery/options.js';
import type { Wait } from '../delivery/run.js';
import type { Settings } from '../settings/table.js';
import { watchAnswers } from './awaited-answers.js';
import { type Environment, readingKey } from './environment.js';
import type { InputJob, ReadTarget } from './input-job.js';
import { createProblemFilter, type ProblemFilter } from './reported-once.js';
import { type LedgerAccess, openLedgerAccess } from './run-ledger.js';
import type { Service } from './service.js';
import { type Attendance, attendanceOf } from './unattended.js';

/** What run it is. */
export interface RunKind {
  /** The words of history. */
  readonly command: string;
  /** The files of `import`, whose readers the ledger remembers. */
  readonly files: readonly string[];
  /** Nobody looks each time (`--unattended`, `follow`): a problem is reported once. */
  readonly isUnattended: boolean;
  /** Somebody waits for its end: calls without an answer are looked for before it, however young they are. */
  readonly waitsToLook?: boolean;
  /** It ends when somebody ends it: a service that is down is waited for. */
  readonly isEndless?: boolean;
}

/** Opens what a run sends; a UserError stops the run before it sends. */
export type OpenJob = (target: ReadTarget) => Promise<InputJob>;

/**
 * Opens the ledger, the input and the destination, and begins to send.
 *
 * @param kind what run it is
 * @throws UserError where one of them cannot be opened: nothing is sent then
 */
export async function startSending(
  environment: Environment,
  kind: RunKind,
  openJob: OpenJob,
  service: Service,
): Promise<SendRun> {
  const { context, settings } = environment;
  const { recipient, accountId } = service;
  const { isEndless = false } = kind;
  const access = await openLedgerAccess(environment, isEndless);
  const opened: Closable[] = [access];
  try {
    const { checkpoints } = access;
    const asked = { ...kind, cwd: context.cwd, isQuiet: settings.quiet };
    const attendance = await attendanceOf(asked, checkpoints);
    const { isUnattended } = attendance;
    const identity = `${recipient.address} ${recipient.code} ${accountId}`;
    const remembered = checkpoints === undefined ? {} : { checkpoints };
    const job = await openJob({ accountId, identity, isUnattended, ...remembered });
    opened.push(job);
    const { note, warn } = environment.messages;
    const onSlow = (milliseconds: number) =>
      note(`the service has not answered for ${durationText(milliseconds / 1000)}`, endOf(settings));
    const { destination, awaitedSince } = watchAnswers(await service.open(), {
      now: context.now,
      later,
      onSlow,
    });
    opened.push(destination);
    const { files, records, repeated } = job;
    const command = attendance.isNewlyQuiet ? `${kind.command}, -q taken as --unattended` : kind.command;
    const ledger = await access.begin({ command, files, records, repeated, ...recipient });
    const world = { ...outsideOf(context), destination, ledger: ledger.ledger, note, warn };
    const options = { ...deliveryOptions(settings, { ...kind, isUnattended }), repeated };
    const delivery = deliver(job.batches, options, world);
    const { reportProblems } = ledger;
    const reading = { cwd: context.cwd, reading: readingKey(environment, identity), isUnattended };
    const filter = reportProblems && createProblemFilter(reportProblems, reading);
    return new SendRun({
      job,
      attendance,
      delivery,
      ledger,
      filter,
      opened,
      context,
      isEndless,
      awaitedSince,
    });
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** A service answers in real time, also where a test has a clock that sleeping moves. */
function later(milliseconds: number, work: () => void): () => void {
  const timer = setTimeout(work, milliseconds).unref();
  return () => clearTimeout(timer);
}

/** When a request without an answer is given up. */
function endOf({ timeout }: Settings): string {
  return `It has ${durationText(timeout)} for its answer (--timeout).`;
}

interface Closable {
  readonly close?: () => Promise<void>;
}

/** Closes what was opened, the last first. */
async function closeAll(opened: Closable[]): Promise<void> {
  for (const one of opened.splice(0).reverse()) await one.close?.();
}

function outsideOf({ now, sleep, random, interrupt }: Context) {
  return { now, sleep, random, interrupt };
}

/** What a run is made of. */
interface RunParts {
  readonly job: InputJob;
  readonly attendance: Attendance;
  readonly delivery: Delivery;
  readonly ledger: Awaited<ReturnType<LedgerAccess['begin']>>;
  /** Leaves out problems that were reported before; absent where nothing is remembered. */
  readonly filter: ProblemFilter | undefined;
  /** To be closed at the end. */
  readonly opened: Closable[];
  readonly context: Context;
  readonly isEndless: boolean;
  /** Since when an answer is awaited, in milliseconds since 1970. */
  readonly awaitedSince: () => number | undefined;
}

/** What a run waits for: until a time, or since one (milliseconds since 1970). */
export type ShownWait = Wait | { readonly why: string; readonly since: number };

const stopping = 'stopping when the service has answered (Ctrl-C again stops at once)';

/** A run that sends: its outcomes while it lasts, its summary when it is over. */
export class SendRun {
  readonly #parts: RunParts;
  readonly #started: number;
  #tally = emptyTally;
  /** A run without an end tries calls again that waited: records that were counted as waiting. */
  readonly #waiting = new WeakSet<Outcome['origin']>();

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.#started = parts.context.now();
  }

  get job(): InputJob {
    return this.#parts.job;
  }

  /** Whether nobody looks at it. */
  get isUnattended(): boolean {
    return this.#parts.attendance.isUnattended;
  }

  /** Outcomes as they are known; to be read once. Throws the UserError of a ledger or a file that fails. */
  async *outcomes(): AsyncGenerator<readonly Outcome[]> {
    const { delivery, job } = this.#parts;
    for await (const outcomes of delivery.outcomes) {
      this.#count(outcomes);
      job.record?.(outcomes);
      yield await this.#unreported(outcomes);
    }
  }

  #count(outcomes: readonly Outcome[]): void {
    const before = outcomes.filter(({ origin }) => this.#waiting.delete(origin));
    this.#tally = count(withoutWaiting(this.#tally, before), outcomes);
    if (!this.#parts.isEndless) return;
    for (const { status, origin } of outcomes) if (status === 'waiting') this.#waiting.add(origin);
  }

  /** A ledger that fails here ends the run; what became of the calls is reported all the same. */
  async #unreported(outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
    try {
      return (await this.#parts.filter?.unknown(outcomes)) ?? outcomes;
    } catch (error) {
      this.cancel(error);
      return outcomes;
    }
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** The counts so far, or of the whole run. */
  summary(): Summary {
    const { delivery, context } = this.#parts;
    const seconds = (context.now() - this.#started) / 1000;
    return summarise(this.#tally, { requests: delivery.requests(), retries: delivery.retries(), seconds });
  }

  /** The summary without the problems that were left out of the outcomes, since they were reported before. */
  newSummary(): Summary {
    const summary = this.summary();
    const known = this.#parts.filter?.known() ?? { invalid: 0, rejected: 0, unconfirmed: 0 };
    return {
      ...summary,
      invalid: summary.invalid - known.invalid,
      rejected: summary.rejected - known.rejected,
      unconfirmed: summary.unconfirmed - known.unconfirmed,
    };
  }

  /** Why the run ended early, if it did. */
  stop(): Stop | undefined {
    return this.#parts.delivery.stop();
  }

  /** Until when nothing is sent, and why; undefined while requests leave. */
  wait(): ShownWait | undefined {
    const { delivery, awaitedSince, context } = this.#parts;
    const since = awaitedSince();
    if (context.interrupt.aborted && since !== undefined) return { why: stopping, since };
    const wait = delivery.wait();
    if (wait !== undefined || since === undefined) return wait;
    return { why: 'waiting for an answer', since };
  }

  /** Sends nothing more: the outcomes cannot be reported. They still come for what was sent. */
  cancel(error: unknown): void {
    this.#parts.delivery.cancel(error);
  }

  /** The exit code of a run whose outcomes were all reported; before its end, as if it ended now. */
  exitCode(): ExitCode {
    const { interrupt } = this.#parts.context;
    return interruptedExit(interrupt) ?? this.stop()?.exit ?? exitOf(this.newSummary());
  }

  /**
   * Writes the run into the ledger's history, and how far its files are done.
   *
   * @param isReported whether all outcomes were reported: else the next run is to find their records again
   * @param failure what was thrown, where the outcomes could not be reported or did not come
   * @returns how the run ended
   */
  async end(isReported: boolean, failure?: unknown): Promise<ExitCode> {
    const { ledger, job, attendance } = this.#parts;
    const exit = failure === undefined ? this.exitCode() : exitCodeOf(failure);
    try {
      await ledger.end(JSON.stringify(this.summary()), exit);
      if (!isReported) return exit;
      await job.saveCheckpoints?.();
      await attendance.remember();
    } catch (error) {
      // Else it was the ledger that failed, and the user knows.
      if (failure === undefined) throw error;
    }
    return exit;
  }

  /** Closes connections and ledger. */
  async close(): Promise<void> {
    await closeAll(this.#parts.opened);
  }
}

/** A tally without records that were counted as waiting. */
function withoutWaiting(tally: Tally, before: readonly Outcome[]): Tally {
  if (before.length === 0) return tally;
  const waiting = tally.counts.waiting - before.length;
  const rows = before.reduce((sum, { origin }) => sum - (origin.rows ?? 1), tally.rows);
  return { ...tally, counts: { ...tally.counts, waiting }, rows };
}

function deliveryOptions(
  settings: Settings,
  { isEndless = false, waitsToLook = false, isUnattended }: RunKind,
): DeliveryOptions {
  const { chunkSize, concurrency, rate, retries, onLostAnswer, resend, resendChanged, maxErrors } = settings;
  return {
    chunkSize,
    concurrency,
    rate,
    retries,
    onLostAnswer,
    resend,
    resendChanged,
    maxErrors,
    onTrouble: isEndless ? 'wait' : 'stop',
    waitsToLook: waitsToLook && !isUnattended,
  };
}
