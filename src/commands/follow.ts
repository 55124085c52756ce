// Sends the calls of growing files as they end, until it is stopped.

import { UserError } from '../core/errors.js';
import type { Outcome, Taker } from '../core/outcome.js';
import type { Summary } from '../core/summary.js';
import { print } from '../output/stdout.js';
import { countsLine } from '../output/table-formatter.js';
import { sanitise } from '../output/terminal.js';
import { wrapSentence } from '../output/width.js';
import { followFiles } from '../pipeline/follow-calls.js';
import type { InputJob } from '../pipeline/input-job.js';
import { beginRun, closeRun, openRun, type SendRun } from '../pipeline/send-run.js';
import type { CommandRun } from '../session/command.js';
import { openReportFile, type ReportFile } from '../session/report-file.js';
import { passOnToEnd } from '../session/send.js';
import { openSession, reporterOf, type Session, takerOf } from '../session/session.js';
import { describeSource } from '../settings/resolve.js';

const documents = { json: 'a JSON document', xlsx: 'an Excel workbook' } as const;

/** How long a checkpoint may be older than what was sent, in milliseconds. */
const checkpointMs = 1000;

/** Sends the calls of growing files as they end, until it is stopped. */
export const follow: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { args, settings, resolved, messages } = session;
  if (settings.output === 'json') {
    throw new UserError('--output json: follow never ends, so it cannot print one document', {
      hint: 'Use --output ndjson, which prints one line per outcome.',
    });
  }
  if (settings.format === 'json' || settings.format === 'xlsx') {
    const given = describeSource(resolved.sources.format);
    throw new UserError(`${given} ${settings.format}: ${documents[settings.format]} cannot be followed`, {
      hint: 'Only CSV and NDJSON can be followed, line by line. To send a whole file, use amocalls import.',
    });
  }
  if (args.includes('')) {
    throw new UserError('file name: is empty', { hint: 'Perhaps a variable in the command is not set.' });
  }
  const reportFile = await openReportFile(session, 'follow');
  const kind = { command: 'follow', files: [], isUnattended: true, isEndless: true };
  const base = await openRun({ ...session, ...reportFile?.hooks }, kind);
  try {
    const job = followFiles(session, args, base.target);
    const run = await beginRun(base, job);
    messages.note(`following ${args.join(', ')}; stop with Ctrl-C or SIGTERM`);
    return await report(session, run, { job, reportFile });
  } finally {
    await closeRun(base);
  }
};

/** Prints outcomes as they come, saves how far the files are done, and sums up at the end. */
async function report(
  session: Session,
  run: SendRun,
  { job, reportFile }: { readonly job: InputJob; readonly reportFile: ReportFile | undefined },
) {
  const { context, settings } = session;
  const lines = settings.output === 'ndjson' ? reporterOf(session) : createLog(session);
  const ending = new AbortController();
  const updates = updateReport(session, run, reportFile, ending.signal);
  let savedAt = context.now();
  return passOnToEnd(session, run, {
    writers: [
      {
        // One after the other: what was not printed is not done.
        async write(outcomes) {
          await lines.write(outcomes);
          await reportFile?.write(outcomes);
          if (context.now() - savedAt < checkpointMs) return;
          savedAt = context.now();
          await job.saveCheckpoints?.();
        },
      },
    ],
    async conclude(summary) {
      ending.abort();
      await updates;
      await lines.end(summary);
    },
    reportFile,
  });
}

/**
 * Writes the report at the interval of `--report-every`, until the signal says that the run has ended. That it cannot be written
 * is no reason to send nothing more.
 */
async function updateReport(
  { context, settings, messages }: Session,
  run: SendRun,
  reportFile: ReportFile | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (reportFile === undefined || settings.reportEvery === undefined) return;
  let warned: string | undefined;
  while (!signal.aborted) {
    await context.sleep(settings.reportEvery * 1000, signal);
    if (signal.aborted) return;
    try {
      await reportFile.update({ summary: run.summary(), files: undefined });
      warned = undefined;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== warned) messages.warn(text, error instanceof UserError ? error.hint : undefined);
      warned = text;
    }
  }
}

/** One line an outcome with its time, for people and for journald. */
function createLog({ context, settings }: Session) {
  const isShown = ({ status }: Outcome) => !settings.quiet || !calm.has(status);
  const taker = takerOf(settings);
  return {
    async write(outcomes: readonly Outcome[]): Promise<void> {
      const { isTTY, columns } = context.stdout;
      const lines = outcomes
        .filter(isShown)
        .map((outcome) => lineOf(outcome, context.now(), taker))
        .map((line) => `${isTTY ? wrapSentence(line, columns, 0, lineIndent) : line}\n`);
      if (lines.length > 0) await print(context.stdout, lines.join(''));
    },
    async end(summary: Summary): Promise<void> {
      if (!settings.quiet) await print(context.stdout, `${countsLine(summary, taker)}\n`);
    },
  };
}

/** Where a line goes on that is too long for a terminal: below its status. */
const lineIndent = 22;

/** Outcomes that `--quiet` leaves out. */
const calm: ReadonlySet<Outcome['status']> = new Set(['accepted', 'duplicate', 'filtered', 'waiting']);

function lineOf({ status, uuid, reasons = [], origin }: Outcome, now: number, taker: Taker): string {
  const time = `${new Date(now).toISOString().slice(0, 19)}Z`;
  const word = taker.queues && status === 'accepted' ? 'queued' : status;
  const place = origin.file === undefined ? '' : `  ${origin.file}:${origin.line}`;
  const why = reasons.length === 0 ? '' : `  ${reasons.join('; ')}`;
  return sanitise(`${time}  ${word.padEnd(11)}  ${uuid ?? '-'}${place}${why}`);
}
