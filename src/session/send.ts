// Sends calls and prints what became of them: add and import.

import { plural } from '../core/display.js';
import { type ExitCode, UserError } from '../core/errors.js';
import type { Outcome } from '../core/outcome.js';
import type { Summary } from '../core/summary.js';
import type { Rejects } from '../output/rejects.js';
import type { InputJob } from '../pipeline/input-job.js';
import { type OpenJob, type SendRun, startSending } from '../pipeline/send-run.js';
import { openService, type Service } from '../pipeline/service.js';
import { openReportFile, type ReportFile } from './report-file.js';
import { reporterOf, type Session } from './session.js';

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
  const service = await openService({ ...session, ...reportFile?.hooks });
  try {
    if (!dryRun) return await sendAndReport(session, command, openJob, { service, reportFile });
    const { preview } = await import('./preview.js');
    const { baseUrl: address, accountId, budgets } = service;
    const job = await openJob({ accountId, identity: address });
    return await preview(session, job, { target: { address, budgets }, reportFile });
  } finally {
    session.progress.stop();
    await service.close();
  }
}

async function sendAndReport(
  session: Session,
  command: string,
  openJob: OpenJob,
  { service, reportFile }: { readonly service: Service; readonly reportFile: ReportFile | undefined },
): Promise<ExitCode> {
  let rejects: Rejects | undefined;
  const openWithRejects: OpenJob = async (target) => {
    const job = await openJob(target);
    try {
      rejects = await openRejectsOf(session, job);
    } catch (error) {
      await job.close?.();
      throw error;
    }
    return job;
  };
  let run: SendRun | undefined;
  try {
    const environment = { ...session, ...reportFile?.hooks };
    const { args: files, isUnattended } = session;
    const kind = { command, files, isUnattended, waitsToLook: true };
    run = await startSending(environment, kind, openWithRejects, service);
    return await report(session, run, { rejects, reportFile });
  } finally {
    await rejects?.close();
    await run?.close();
  }
}

async function report(session: Session, run: SendRun, files: RunFiles): Promise<ExitCode> {
  const { rejects, reportFile } = files;
  const reporter = reporterOf(session, run.isUnattended);
  const isTable = run.isUnattended && session.settings.output === 'table';
  const show = () =>
    session.progress.update({ tally: run.tally, ...run.job.progress(), wait: () => run.wait() });
  show();
  return passOnToEnd(session, run, {
    writers: [rejects, reporter, reportFile, { write: async () => show() }],
    conclude(summary) {
      session.progress.stop();
      return reporter.end(isTable ? run.newSummary() : summary);
    },
    advise: (summary) => advise(session, summary, rejects),
    reportFile,
  });
}

/** The files that a run writes. */
interface RunFiles {
  readonly rejects: Rejects | undefined;
  readonly reportFile: ReportFile | undefined;
}

/** Who wants to know of a run. */
interface Audience {
  readonly writers: readonly (OutcomeWriter | undefined)[];
  /** Prints the end of the run, when all outcomes are passed on. */
  readonly conclude: (summary: Summary) => Promise<void>;
  /** Says what can be done next, after whatever went wrong was said. */
  readonly advise?: (summary: Summary) => void;
  readonly reportFile: ReportFile | undefined;
}

interface OutcomeWriter {
  readonly write: (outcomes: readonly Outcome[]) => Promise<void>;
}

/**
 * Passes the outcomes of a run on to its end, and ends it: what `add`, `import` and `follow` have in common.
 *
 * @returns the exit code
 */
export async function passOnToEnd(session: Session, run: SendRun, audience: Audience): Promise<ExitCode> {
  const { messages } = session;
  const { failure } = await passOn(run, audience.writers);
  const summary = run.summary();
  const printed = audience.conclude(summary);
  await printed.catch(() => undefined); // what cannot be printed is written down all the same
  const ended = run.stop();
  if (failure !== undefined) messages.fail(failure);
  else if (ended !== undefined) messages.fail(new UserError(ended.message, ended));
  audience.advise?.(summary);
  const exit = await run.end(failure === undefined, failure);
  await printed;
  const stop = failure instanceof UserError ? failure : ended;
  await audience.reportFile?.end({ summary, exit, stop, files: run.job.describe?.() });
  return exit;
}

/**
 * Passes every outcome to all who want it. When one of them fails (a full disk), nothing more is sent, and the
 * others get the rest.
 */
async function passOn(
  run: SendRun,
  writers: readonly (OutcomeWriter | undefined)[],
): Promise<{ readonly failure?: unknown }> {
  const working = new Set(writers);
  let failure: unknown;
  try {
    for await (const outcomes of run.outcomes()) {
      for (const writer of working) {
        await writer?.write(outcomes).catch((error: unknown) => {
          working.delete(writer);
          failure ??= error;
          run.cancel(error);
        });
      }
    }
  } catch (error) {
    failure ??= error;
  }
  return failure === undefined ? {} : { failure };
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
