// Sends calls and prints what became of them: add and import.

import { plural } from '../core/display.js';
import { type ExitCode, UserError } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import type { Summary } from '../core/summary.js';
import type { Rejects } from '../output/rejects.js';
import type { ReadTarget } from '../pipeline/environment.js';
import type { InputJob } from '../pipeline/input-job.js';
import { beginRun, closeRun, openRun, type SendRun } from '../pipeline/send-run.js';
import { openService } from '../pipeline/service.js';
import { openReportFile, type ReportFile } from './report-file.js';
import { reporterOf, type Session } from './session.js';

/** Opens what is to be sent; a UserError stops the run before it sends. */
export type OpenJob = (target: ReadTarget) => Promise<InputJob>;

/**
 * Sends calls and prints what became of each: what `add` and `import` have in common. With `--dry-run` it shows what
 * would be sent.
 *
 * @param command the words of history
 * @returns the exit code
 */
export async function send(session: Session, command: string, openJob: OpenJob): Promise<ExitCode> {
  const { dryRun } = session.settings;
  const reportFile = await openReportFile(session, dryRun ? `${command} --dry-run` : command);
  try {
    return dryRun
      ? await showOnly(session, openJob, reportFile)
      : await sendAndReport(session, command, { openJob, reportFile });
  } finally {
    session.progress.stop();
  }
}

async function showOnly(
  session: Session,
  openJob: OpenJob,
  reportFile: ReportFile | undefined,
): Promise<ExitCode> {
  const { preview } = await import('./preview.js');
  const service = await openService(session, false);
  try {
    const { baseUrl: address, accountId, budgets } = service;
    const job = await openJob({ accountId });
    return await preview(session, job, { target: { address, budgets }, reportFile });
  } finally {
    await service.close();
  }
}

async function sendAndReport(
  session: Session,
  command: string,
  { openJob, reportFile }: { readonly openJob: OpenJob; readonly reportFile: ReportFile | undefined },
): Promise<ExitCode> {
  const { args: files, isUnattended, progress, settings } = session;
  const kind = { command, files, isUnattended, waitsToLook: true };
  const base = await openRun({ ...session, ...reportFile?.hooks }, kind);
  let rejects: Rejects | undefined;
  try {
    const job = await openJob(base.target);
    rejects = await openRejectsOf(session, job);
    const run = await beginRun(base, job);
    const isByCron = base.target.isUnattended === true;
    const reporter = reporterOf(session, isByCron);
    const show = () =>
      progress.update({ tally: run.tally, ...job.progress(), wait: () => run.delivery.wait() });
    show();
    return await passOnToEnd(session, run, {
      writers: [rejects, reporter, reportFile, { write: async () => show() }],
      conclude(summary) {
        progress.stop();
        return reporter.end(isByCron && settings.output === 'table' ? run.newSummary() : summary);
      },
      advise: (summary) => advise(session, summary, rejects),
      reportFile,
      describe: job.describe,
    });
  } finally {
    try {
      await rejects?.close();
    } finally {
      await closeRun(base);
    }
  }
}

/** Who wants to know of a run. */
interface Audience {
  readonly writers: readonly (OutcomeWriter | undefined)[];
  /** Prints the end of the run, when all outcomes are passed on. */
  readonly conclude: (summary: Summary) => Promise<void>;
  /** Says what can be done next, after whatever went wrong was said. */
  readonly advise?: (summary: Summary) => void;
  readonly reportFile: ReportFile | undefined;
  readonly describe?: InputJob['describe'];
}

interface OutcomeWriter {
  readonly write: (outcomes: readonly Outcome[]) => Promise<void>;
}

/**
 * Passes the outcomes of a run on to its end: what `add`, `import` and `follow` have in common.
 *
 * @returns the exit code
 */
export async function passOnToEnd(session: Session, run: SendRun, audience: Audience): Promise<ExitCode> {
  const { messages } = session;
  const failure = await passOn(run, audience.writers);
  const summary = run.summary();
  const printed = audience.conclude(summary);
  await printed.catch(() => undefined); // what went wrong before is said all the same
  const ended = run.delivery.stop();
  if (failure !== undefined) messages.fail(failure);
  else if (ended !== undefined) messages.fail(new UserError(ended.message, ended));
  audience.advise?.(summary);
  await printed;
  const exit = run.exitCode();
  const stop = failure instanceof UserError ? failure : ended;
  await audience.reportFile?.end({ summary, exit, stop, files: audience.describe?.() });
  return exit;
}

/**
 * Passes every outcome to all who want it. When one of them fails (a full disk), nothing more is sent, and the
 * others get the rest.
 *
 * @returns why the run failed, if it did
 */
async function passOn(run: SendRun, writers: readonly (OutcomeWriter | undefined)[]): Promise<unknown> {
  const working = new Set(writers);
  try {
    for await (const outcomes of run.outcomes()) {
      for (const writer of working) {
        await writer?.write(outcomes).catch((error: unknown) => {
          working.delete(writer);
          run.cancel(error);
        });
      }
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function openRejectsOf(session: Session, job: InputJob): Promise<Rejects | undefined> {
  const { settings, context } = session;
  if (settings.rejects === undefined) return undefined;
  const { openRejects } = await import('../output/rejects.js');
  const { usedFiles } = await import('../pipeline/used-files.js');
  const rejects = await openRejects({
    file: settings.rejects,
    cwd: context.cwd,
    user: context.user,
    used: await usedFiles(session, job.files, 'rejects'),
    encoding: settings.encoding,
    path: settings.path,
  });
  for (const source of job.sources) await rejects.expect(source);
  return rejects;
}

/** Says what can be done about calls that were not accepted. */
function advise({ messages, settings }: Session, summary: Summary, rejects: Rejects | undefined): void {
  for (const { file, records } of rejects?.files ?? []) {
    messages.note(
      `${plural(records, 'record was', 'records were')} written to ${file}, to be fixed and imported again`,
    );
  }
  for (const { text, hint } of rejects?.remarks ?? []) messages.note(text, hint);
  if (summary.unconfirmed > 0 && settings.onLostAnswer === 'hold') {
    messages.note(
      `unconfirmed: ${summary.unconfirmed}; the service may have these calls, so they are not sent again`,
      settings.api === 'v4'
        ? 'Later runs look for them in amoCRM; amocalls resolve does so at once. To send those that are not there, run the same command with --on-lost-answer resend.'
        : 'calls-add cannot tell which of them it has: look for one of them in amoCRM. If it is not there, run the same command with --on-lost-answer resend.',
    );
  }
}
