// Opens --report for a command, and ends it.

import { version } from '../../package.json';
import { zoneByIds } from '../core/contradiction.js';
import { shellQuoted, utcTime } from '../core/display.js';
import { type ExitCode, exitCodes, Problem, UserError } from '../core/errors.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { Environment } from '../pipeline/environment.js';
import type { Report } from '../report/report.js';
import { type Session, takerOf } from './session.js';

/** The file of `--report`, written at the end of a run, and on the way where it is asked to. */
export interface ReportFile extends Pick<Report, 'write'> {
  /** What a run that sends is to have in place of its own: they count requests and waits. */
  readonly hooks: Pick<Environment, 'context' | 'onRequest'>;
  /** Writes the file as the run stands now. */
  readonly update: (state: Pick<RunEnd, 'summary' | 'files'>) => Promise<void>;
  /** Writes the file and says where it is. */
  readonly end: (end: RunEnd) => Promise<void>;
}

/** How a run ended. */
export interface RunEnd {
  readonly summary: Summary | CheckSummary;
  readonly exit: ExitCode;
  /** Why it ended before its input did. */
  readonly stop?: { readonly message: string } | undefined;
  /** How each file was read. */
  readonly files: readonly Readonly<Record<string, string>>[] | undefined;
}

/**
 * Opens `--report`; undefined where none is wanted.
 *
 * @throws UserError where its file cannot be written
 */
export async function openReportFile(session: Session, command: string): Promise<ReportFile | undefined> {
  const { settings, context, args, messages } = session;
  const { report: file, reportNumbers: numbers, reportEvery, timezone, internal } = settings;
  if (file === undefined) {
    if (!numbers && reportEvery === undefined) return undefined;
    const flag = numbers ? '--report-numbers' : '--report-every';
    throw new UserError(`${flag}: needs --report`, { hint: 'Add --report <file.html>.' });
  }
  const { openReport } = await import('../report/report.js');
  const { openZone } = await import('../records/time-zones.js');
  const { usedFiles } = await import('../pipeline/used-files.js');
  const { user, now } = context;
  const used = await usedFiles(session, args, 'report');
  const opened = openZone(timezone === undefined || timezone === zoneByIds ? 'UTC' : timezone);
  if (opened instanceof Problem) throw new UserError(opened.text);
  const zone = {
    name: opened.name,
    isGiven: timezone !== undefined && timezone !== zoneByIds,
    offsetAt: opened.offsetAt,
  };
  const { languageOf } = await import('../report/words.js');
  const language = settings.lang ?? languageOf(context.env);
  const report = await openReport({
    file,
    user,
    used,
    zone,
    internal,
    numbers,
    language,
    taker: takerOf(settings),
    command,
    version,
    now,
  });
  return {
    write: report.write,
    hooks: {
      context: { ...context, sleep: report.timed(context.sleep) },
      onRequest: ({ outcome }) => report.countRequest(/^2/.test(outcome)),
    },
    async update({ summary, files = [] }) {
      await report.end({
        summary,
        ended: `The run was still going on when this was written, at ${utcTime(now())}.`,
        files,
      });
    },
    async end({ summary, exit, stop, files = [] }) {
      await report.end({ summary, ended: whyEnded(exit, stop), files });
      const isOpen = numbers && report.isPublic;
      messages.note(
        `the report was written to ${file}${isOpen ? ', which other users of this machine can read' : ''}`,
        isOpen ? `It holds phone numbers. Run: chmod 600 ${shellQuoted(file)}` : undefined,
      );
    },
  };
}

/** Why a run ended before its input did, as a sentence; undefined where it did not. */
function whyEnded(exit: ExitCode, stop: RunEnd['stop']): string | undefined {
  if (exit === exitCodes.sigint) return 'The run was interrupted by Ctrl-C.';
  if (exit === exitCodes.sigterm) return 'The run was ended by SIGTERM.';
  if (exit === exitCodes.sighup) return 'The run was ended by SIGHUP: the terminal was closed.';
  return stop === undefined ? undefined : `The run ended early: ${stop.message.replace(/\.$/, '')}.`;
}
