import { type ExitCode, exitCodes } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import { count, emptyTally, exitOf, type Summary, summarise, type Tally } from '../core/summary.js';
import { deliver } from '../delivery/deliver.js';
import type { DeliveryOptions } from '../delivery/options.js';
import type { Stop } from '../delivery/run-state.js';
import type { Settings } from '../settings/table.js';
import type { Recipient } from './destination.js';
import type { Environment } from './environment.js';
import type { InputJob, ReadTarget } from './read-calls.js';
import { openLedgerAccess } from './run-ledger.js';

/** A run that sends: its outcomes while it lasts, its summary when it is over. */
export interface SendRun {
  readonly job: InputJob;
  /** Outcomes as they are known; to be read once. Throws the UserError of a ledger or a file that fails. */
  readonly outcomes: AsyncIterable<readonly Outcome[]>;
  readonly tally: () => Tally;
  /** Sends nothing more: the outcomes cannot be reported. They still come for what was sent. */
  readonly cancel: (error: unknown) => void;
  readonly summary: () => Summary;
  /** Why the run ended early, if it did. */
  readonly stop: () => Stop | undefined;
  /** The exit code of a run whose outcomes were all reported. */
  readonly exitCode: () => ExitCode;
  /** Writes the run into the ledger's history, and how far its files are done. */
  readonly end: (exit: ExitCode) => Promise<void>;
  /** Closes connections and ledger. */
  readonly close: () => Promise<void>;
}

/** Opens what a run sends; a UserError stops the run before it sends. */
export type OpenJob = (target: ReadTarget) => Promise<InputJob>;

/**
 * Opens the ledger, the input and the destination, and begins to send.
 *
 * @param command the words of history
 * @throws UserError where one of them cannot be opened: nothing is sent then
 */
export async function startSending(
  environment: Environment,
  command: string,
  openJob: OpenJob,
  recipient: Recipient,
): Promise<SendRun> {
  const { context, settings, messages } = environment;
  const { code, accountId } = recipient.credentials;
  const { ledgerAddress: address } = recipient;
  const access = await openLedgerAccess(environment);
  const opened: { readonly close?: () => Promise<void> }[] = [access];
  const close = async () => {
    for (const one of opened.splice(0).reverse()) await one.close?.();
  };
  try {
    const checkpoints = access.checkpoints === undefined ? {} : { checkpoints: access.checkpoints };
    const job = await openJob({ accountId, identity: `${address} ${code} ${accountId}`, ...checkpoints });
    opened.push(job);
    const destination = await recipient.open();
    opened.push(destination);
    const { files, records } = job;
    const ledger = await access.begin({ command, files, records, address, code });
    const { interrupt, now, sleep, random } = context;
    const started = now();
    const delivery = deliver(job.batches, deliveryOptions(settings), {
      destination,
      ledger: ledger.ledger,
      now,
      sleep,
      random,
      interrupt,
      note: messages.note,
      warn: messages.warn,
    });
    let tally = emptyTally;
    const summary = () =>
      summarise(tally, {
        requests: delivery.requests(),
        retries: delivery.retries(),
        seconds: (now() - started) / 1000,
      });
    async function* counted() {
      for await (const outcomes of delivery.outcomes) {
        tally = count(tally, outcomes);
        job.record?.(outcomes);
        yield outcomes;
      }
    }
    return {
      job,
      outcomes: counted(),
      tally: () => tally,
      cancel: delivery.cancel,
      summary,
      stop: delivery.stop,
      exitCode: () => interruptedExit(interrupt) ?? delivery.stop()?.exit ?? exitOf(summary()),
      async end(exit) {
        await ledger.end(JSON.stringify(summary()), exit);
        await job.saveCheckpoints?.();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The exit code of a run that a signal ended. */
export function interruptedExit(interrupt: AbortSignal): ExitCode | undefined {
  if (!interrupt.aborted) return undefined;
  return interrupt.reason === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
}

function deliveryOptions(settings: Settings): DeliveryOptions {
  const { chunkSize, concurrency, rate, retries, onLostAnswer, resend, resendChanged, maxErrors } = settings;
  const options = { chunkSize, concurrency, rate, retries, onLostAnswer, resend, resendChanged };
  return maxErrors === undefined ? options : { ...options, maxErrors };
}
