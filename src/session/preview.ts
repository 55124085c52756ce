// What would be sent: check and --dry-run.

import type { Call } from '../core/call.js';
import { plural } from '../core/display.js';
import { type ExitCode, interruptedExit } from '../core/errors.js';
import { createHashSet } from '../core/hash.js';
import type { Entry, RecordResult } from '../core/outcome.js';
import { type CheckSummary, count, emptyTally, exitOf, summariseCheck } from '../core/summary.js';
import { createChunker } from '../delivery/chunker.js';
import type { RequestBudget } from '../destinations/destination.js';
import type { KnownUsers, Unmapped } from '../destinations/v4/unmapped.js';
import type { InputJob } from '../pipeline/input-job.js';
import type { ReportFile } from './report-file.js';
import { reporterOf, type Session } from './session.js';

/** What a preview knows beside the records. */
export interface PreviewFacts {
  /** Where it would be sent, and what limits a request there; absent for `check`, which sends nowhere. */
  readonly target?: { readonly address: string; readonly budgets: readonly RequestBudget[] };
  readonly reportFile?: ReportFile | undefined;
  /** Sees every valid call. */
  readonly see?: (call: Call) => void;
  /** What else the summary holds, once all is read; the number of valid calls decides some of it. */
  readonly conclude?: (valid: number) => Partial<CheckSummary>;
}

/** Shows what would be sent, and sends nothing: `check` and `--dry-run`. */
export async function preview(
  session: Session,
  job: InputJob,
  { target, reportFile, see, conclude }: PreviewFacts,
): Promise<ExitCode> {
  const { context, settings, messages, progress } = session;
  const report = reporterOf(session);
  const seen = createHashSet(job.repeated === undefined ? job.records : job.repeated.size);
  const isNew = ({ uuid, account_id }: Call) =>
    job.repeated?.has(uuid) === false || seen.add(uuid, account_id);
  const chunker = target && createChunker(settings.chunkSize, target.budgets);
  const unmapped: Unmapped = new Map();
  const v4 = settings.api === 'v4' ? await import('../destinations/v4/unmapped.js') : undefined;
  const known = knownUsers(session);
  let tally = emptyTally;
  let requests = 0;
  for await (const { entries } of job.batches) {
    const findings = entries.map((entry) => findingOf(entry, isNew));
    if (chunker !== undefined)
      requests += chunker.add(findings.filter((finding) => finding.status === 'valid')).length;
    for (const finding of findings) {
      if (finding.status !== 'valid') continue;
      see?.(finding.call);
      v4?.countUnmapped(unmapped, finding.call, known);
    }
    tally = count(tally, findings);
    await report.write(findings);
    await reportFile?.write(findings);
    progress.update({ tally, ...job.progress() });
    if (context.interrupt.aborted) break;
  }
  progress.stop();
  requests += chunker?.flush().length ?? 0;
  const summary = summariseCheck(tally, chunker && requests);
  await report.end({ ...summary, ...conclude?.(summary.valid) });
  if (v4 !== undefined && unmapped.size > 0)
    messages.warn(
      `calls without a user: ${v4.callsOf(unmapped)}; no user is set for ${v4.describeUnmapped(unmapped)}`,
      v4.unmappedHint,
    );
  if (target !== undefined)
    messages.note(
      `nothing was sent; the calls would go to ${target.address} in ${plural(requests, 'request')}`,
    );
  const interrupted = interruptedExit(context.interrupt);
  if (interrupted !== undefined) messages.note('interrupted: only what was read so far is shown');
  const exit = interrupted ?? exitOf(summary);
  await reportFile?.end({ summary, exit, files: job.describe?.() });
  return exit;
}

/** The users that the profile gives extensions, for calls that would go to v4. */
export function knownUsers({ settings }: Pick<Session, 'settings'>): KnownUsers {
  const { users = {}, internal } = settings;
  return { users: new Map(Object.entries(users)), isInternal: (number) => internal.test(number) };
}

function findingOf(entry: Entry, isNew: (call: Call) => boolean): RecordResult {
  if ('status' in entry) return entry;
  const { call, origin } = entry;
  const { uuid, account_id } = call;
  if (isNew(call)) return { status: 'valid', uuid, account_id, call, origin };
  return {
    status: 'duplicate',
    uuid,
    account_id,
    reasons: ['this uuid appeared earlier in this input'],
    origin,
  };
}
