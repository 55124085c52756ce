// A run that sends: ledger, input and destination joined.

import { type ExitCode, interruptedExit } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, type Summary, summarise, type Tally } from '../core/summary.js';
import { deliver } from '../delivery/deliver.js';
import type { Stop } from '../delivery/health.js';
import type { DeliveryOptions } from '../delivery/options.js';
import type { Wait } from '../delivery/run.js';
import type { Settings } from '../settings/table.js';
import type { Recipient } from './destination.js';
import { type Environment, readingKey } from './environment.js';
import type { InputJob, ReadTarget } from './read-calls.js';
import { createProblemFilter, type ProblemFilter } from './reported-once.js';
import { openLedgerAccess } from './run-ledger.js';
import { attendanceOf } from './unattended.js';

/** A run that sends: its outcomes while it lasts, its summary when it is over. */
export interface SendRun {
  readonly job: InputJob;
  /** Whether nobody looks at it. */
  readonly isUnattended: boolean;
  /** Outcomes as they are known; to be read once. Throws the UserError of a ledger or a file that fails. */
  readonly outcomes: AsyncIterable<readonly Outcome[]>;
  readonly tally: () => Tally;
  /** Sends nothing more: the outcomes cannot be reported. They still come for what was sent. */
  readonly cancel: (error: unknown) => void;
  readonly summary: () => Summary;
  /** Problems that were left out of the outcomes, since they were reported before; by status. Unattended runs only. */
  readonly known: ProblemFilter['known'];
  /** Why the run ended early, if it did. */
  readonly stop: () => Stop | undefined;
  /** Until when nothing is sent, and why; undefined while requests leave. */
  readonly wait: () => Wait | undefined;
  /** The exit code of a run whose outcomes were all reported. */
  readonly exitCode: () => ExitCode;
  /**
   * Writes the run into the ledger's history, and how far its files are done.
   *
   * @param isReported whether all outcomes were reported: else the next run is to find their records again
   */
  readonly end: (exit: ExitCode, isReported: boolean) => Promise<void>;
  /** Closes connections and ledger. */
  readonly close: () => Promise<void>;
}

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
  recipient: Recipient,
): Promise<SendRun> {
  const { context, settings, messages } = environment;
  const {
    identity: { address, code },
    accountId,
  } = recipient;
  const { isEndless = false } = kind;
  const access = await openLedgerAccess(environment, isEndless);
  const opened: { readonly close?: () => Promise<void> }[] = [access];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close?.();
  };
  try {
    const checkpoints = access.checkpoints === undefined ? {} : { checkpoints: access.checkpoints };
    const attendance = await attendanceOf(
      { ...kind, cwd: context.cwd, isQuiet: settings.quiet },
      access.checkpoints,
    );
    const { isUnattended } = attendance;
    const identity = `${address} ${code} ${accountId}`;
    const job = await openJob({ accountId, identity, isUnattended, ...checkpoints });
    opened.push(job);
    const destination = await recipient.open();
    opened.push(destination);
    const { files, records } = job;
    const command = attendance.isNewlyQuiet ? `${kind.command}, -q taken as --unattended` : kind.command;
    const ledger = await access.begin({ command, files, records, address, code });
    const { interrupt, now, sleep, random } = context;
    const started = now();
    const delivery = deliver(job.batches, deliveryOptions(settings, { ...kind, isUnattended }), {
      destination,
      ledger: ledger.ledger,
      now,
      sleep,
      random,
      interrupt,
      note: messages.note,
      warn: messages.warn,
    });
    const { reportProblems } = ledger;
    const reading = readingKey(environment, identity);
    const filter =
      reportProblems && createProblemFilter(reportProblems, { cwd: context.cwd, reading, isUnattended });
    const known = () => filter?.known() ?? { invalid: 0, rejected: 0, unconfirmed: 0 };
    let tally = emptyTally;
    const waited = createWaited();
    const summary = () =>
      summarise(tally, {
        requests: delivery.requests(),
        retries: delivery.retries(),
        seconds: (now() - started) / 1000,
      });
    /** A ledger that fails here ends the run; what became of the calls is reported all the same. */
    async function unreported(outcomes: readonly Outcome[]): Promise<readonly Outcome[]> {
      try {
        return (await filter?.unknown(outcomes)) ?? outcomes;
      } catch (error) {
        delivery.cancel(error);
        return outcomes;
      }
    }
    async function* counted() {
      for await (const outcomes of delivery.outcomes) {
        tally = count(isEndless ? withoutWaiting(tally, waited(outcomes)) : tally, outcomes);
        job.record?.(outcomes);
        yield await unreported(outcomes);
      }
    }
    return {
      job,
      isUnattended,
      outcomes: counted(),
      tally: () => tally,
      cancel: delivery.cancel,
      summary,
      known,
      stop: delivery.stop,
      wait: delivery.wait,
      exitCode: () =>
        interruptedExit(interrupt) ?? delivery.stop()?.exit ?? exitOf(withoutKnown(summary(), known())),
      async end(exit, isReported) {
        await ledger.end(JSON.stringify(summary()), exit);
        if (!isReported) return;
        await job.saveCheckpoints?.();
        await attendance.remember();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A run without an end tries calls again that waited, and then has another outcome of the same record. Gives of a batch
 * those that were counted as waiting before.
 */
function createWaited() {
  const waiting = new WeakSet<Outcome['origin']>();
  return (outcomes: readonly Outcome[]): readonly Outcome[] => {
    const before = outcomes.filter(({ origin }) => waiting.delete(origin));
    for (const { status, origin } of outcomes) if (status === 'waiting') waiting.add(origin);
    return before;
  };
}

/** A tally without records that were counted as waiting. */
function withoutWaiting(tally: Tally, before: readonly Outcome[]): Tally {
  if (before.length === 0) return tally;
  const waiting = tally.counts.waiting - before.length;
  const rows = before.reduce((sum, { origin }) => sum - (origin.rows ?? 1), tally.rows);
  return { ...tally, counts: { ...tally.counts, waiting }, rows };
}

/** A summary without the problems that were reported before. */
export function withoutKnown(summary: Summary, known: ReturnType<ProblemFilter['known']>): Summary {
  const { invalid, rejected, unconfirmed } = summary;
  return {
    ...summary,
    invalid: invalid - known.invalid,
    rejected: rejected - known.rejected,
    unconfirmed: unconfirmed - known.unconfirmed,
  };
}

function deliveryOptions(
  settings: Settings,
  { isEndless = false, waitsToLook = false, isUnattended }: RunKind,
): DeliveryOptions {
  const { chunkSize, concurrency, rate, retries, onLostAnswer, resend, resendChanged, maxErrors } = settings;
  const sending = { chunkSize, concurrency, rate, retries, onLostAnswer };
  const onTrouble = isEndless ? 'wait' : 'stop';
  const options: DeliveryOptions = {
    ...sending,
    resend,
    resendChanged,
    onTrouble,
    joinsRows: isEndless,
    waitsToLook: waitsToLook && !isUnattended,
  };
  return maxErrors === undefined ? options : { ...options, maxErrors };
}
