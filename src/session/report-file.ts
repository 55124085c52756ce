// --report: gathers a run, and writes its page at once.

import { version } from '../../package.json';
import { zoneByIds } from '../core/contradiction.js';
import { shellQuoted, utcTime } from '../core/display.js';
import { type ExitCode, exitCodes, Problem, UserError } from '../core/errors.js';
import type { RecordResult } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import type { OutputPlace } from '../files/output-file.js';
import type { Environment } from '../pipeline/environment.js';
import { openZone } from '../records/time-zones.js';
import type { ReportZone } from '../report/aggregate.js';
import { type Session, takerOf } from './session.js';

/** The file of `--report`, written at the end of a run, and on the way where it is asked to. */
export interface ReportFile {
  readonly write: (results: readonly RecordResult[]) => Promise<void>;
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
 * Begins the report of a command; undefined where none is wanted. Nothing is written before the first `update` or `end`, so
 * that a run that is killed leaves the last report as it was.
 *
 * @throws UserError where its file cannot be written, before anything is sent
 */
export async function openReportFile(session: Session, command: string): Promise<ReportFile | undefined> {
  const { settings, context, messages } = session;
  const { report: file, reportNumbers: numbers, reportEvery, internal } = settings;
  if (file === undefined) {
    if (!numbers && reportEvery === undefined) return undefined;
    const flag = numbers ? '--report-numbers' : '--report-every';
    throw new UserError(`${flag}: needs --report`, { hint: 'Add --report <file.html>.' });
  }
  const { createAggregate } = await import('../report/aggregate.js');
  const { languageOf } = await import('../report/words.js');
  const { replaceFiles } = await import('../files/replace-files.js');
  const { now } = context;
  const { place, isPublic } = await findReport(session, file);
  const zone = zoneOf(session);
  const language = settings.lang ?? languageOf(context.env);
  const started = now();
  const aggregate = createAggregate({ offsetAt: zone.offsetAt, internal, numbers });
  const writePage = async ({ summary, files = [] }: Pick<RunEnd, 'summary' | 'files'>, ended?: string) => {
    const { renderPage } = await import('../report/page.js');
    const facts = { command, version, started, zone, numbers, language, taker: takerOf(settings) };
    const page = renderPage(aggregate.data(), { ...facts, summary, ended, files });
    await replaceFiles([{ place, text: pageStart + page }]);
  };
  return {
    write: async (results) => aggregate.addResults(results),
    hooks: {
      context: {
        ...context,
        async sleep(milliseconds, signal) {
          const from = now() - started;
          await context.sleep(milliseconds, signal);
          aggregate.addWait(from, now() - started);
        },
      },
      onRequest: ({ outcome }) => aggregate.addRequest(now() - started, /^2/.test(outcome)),
    },
    update: (state) =>
      writePage(state, `The run was still going on when this was written, at ${utcTime(now())}.`),
    async end(end) {
      await writePage(end, whyEnded(end));
      const isOpen = numbers && isPublic;
      messages.note(
        `the report was written to ${file}${isOpen ? ', which other users of this machine can read' : ''}`,
        isOpen ? `It holds phone numbers. Run: chmod 600 ${shellQuoted(file)}` : undefined,
      );
    },
  };
}

/** The zone of the pictures: UTC where none is given, or rows have one each. */
function zoneOf({ settings: { timezone } }: Session): ReportZone {
  const isGiven = timezone !== undefined && timezone !== zoneByIds;
  const zone = openZone(isGiven ? timezone : 'UTC');
  if (zone instanceof Problem) throw new UserError(zone.text);
  return { name: zone.name, isGiven, offsetAt: zone.offsetAt };
}

/** Why a run ended before its input did, as a sentence; undefined where it did not. */
function whyEnded({ exit, stop }: RunEnd): string | undefined {
  if (exit === exitCodes.sigint) return 'The run was interrupted by Ctrl-C.';
  if (exit === exitCodes.sigterm) return 'The run was ended by SIGTERM.';
  if (exit === exitCodes.sighup) return 'The run was ended by SIGHUP: the terminal was closed.';
  return stop === undefined ? undefined : `The run ended early: ${stop.message.replace(/\.$/, '')}.`;
}

/** The first bytes of every report: one may replace a file that begins with them. */
const pageStart = '<!doctype html>\n<!-- amocalls report -->\n';

/**
 * The place of the report, which is free, or holds a report of ours: any other file may be the only copy. And whether other
 * users may read what is written there.
 */
async function findReport(
  session: Session,
  file: string,
): Promise<{ readonly place: OutputPlace; readonly isPublic: boolean }> {
  const { findPlace, othersMayRead, readAt, refuseUsed } = await import('../files/output-file.js');
  const { usedFiles } = await import('../pipeline/used-files.js');
  const { user } = session.context;
  const used = await usedFiles(session, session.args, 'report');
  const place = await findPlace({ asked: '--report', name: file, path: file, user }, 'replace');
  await refuseUsed(place, used);
  const isFree = place.found === undefined || place.found.size === 0;
  if (!isFree && (await readAt(place, 0, pageStart.length)).toString('latin1') !== pageStart)
    throw new UserError(`--report ${file} exists and is not a report of amocalls`, {
      hint: 'Move it away, or give the report another name.',
    });
  return { place, isPublic: othersMayRead(place) };
}
