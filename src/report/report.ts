// --report: begins a report, writes its file at once.

import { open } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import type { User } from '../core/file-trust.js';
import type { RecordResult } from '../core/outcome.js';
import {
  findPlace,
  type OutputPlace,
  othersMayRead,
  refuseUsed,
  type UsedFile,
  unwritable,
} from '../files/output-file.js';
import { replaceFiles } from '../files/replace-files.js';
import { createAggregate } from './aggregate.js';
import type { ReportEnd, ReportFacts } from './page.js';

export interface ReportOptions extends ReportFacts {
  /** `--report`, an absolute path. */
  readonly file: string;
  /** Who runs this; undefined on Windows. */
  readonly user: User | undefined;
  /** The files that the run uses for something else: none of them is written over. */
  readonly used: readonly UsedFile[];
  /** What an extension looks like. */
  readonly internal: RegExp;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The report of a run, gathered while it goes on. */
export interface Report {
  readonly write: (results: readonly RecordResult[]) => Promise<void>;
  /** Counts a request that has just ended. */
  readonly countRequest: (succeeded: boolean) => void;
  /** The same sleep, whose length is counted as waiting. */
  readonly timed: (sleep: Sleep) => Sleep;
  /** Whether other users of this machine may read the file. */
  readonly isPublic: boolean;
  /** Writes the file, whole or not at all; throws a UserError where it cannot be written. May be called again and again. */
  readonly end: (end: ReportEnd) => Promise<void>;
}

type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

/**
 * Begins a report; throws a UserError where its file cannot be written, before anything is sent. Nothing is written
 * before the first `end`, so that a run that is killed leaves the last report as it was.
 */
export async function openReport(options: ReportOptions): Promise<Report> {
  const { now, zone, internal, numbers } = options;
  const place = await placeOf(options);
  const started = now();
  const aggregate = createAggregate({ offsetAt: zone.offsetAt, internal, numbers });
  return {
    isPublic: othersMayRead(place),
    write: async (results) => aggregate.addResults(results),
    countRequest: (succeeded) => aggregate.addRequest(now() - started, succeeded),
    timed: (sleep) => async (milliseconds, signal) => {
      const from = now() - started;
      await sleep(milliseconds, signal);
      aggregate.addWait(from, now() - started);
    },
    async end(end) {
      const { renderPage } = await import('./page.js');
      const { command, version, language, taker } = options;
      const facts = { ...end, command, version, started, zone, numbers, language, taker };
      await replaceFiles([{ place, text: pageStart + renderPage(aggregate.data(), facts) }]);
    },
  };
}

/** The first bytes of every report: one may replace a file that begins with them. */
const pageStart = '<!doctype html>\n<!-- amocalls report -->\n';

/** The place of the report, which is free, or holds a report of ours: any other file may be the only copy. */
async function placeOf({ file, user, used }: ReportOptions): Promise<OutputPlace> {
  const place = await findPlace({ asked: '--report', name: file, path: file, user }, 'replace');
  await refuseUsed(place, used);
  if (place.found === undefined || place.found.size === 0) return place;
  if ((await beginOf(place, pageStart.length)) === pageStart) return place;
  throw new UserError(`--report ${file} exists and is not a report of amocalls`, {
    hint: 'Move it away, or give the report another name.',
  });
}

/** The first bytes of a file, as text. */
async function beginOf(place: OutputPlace, bytes: number): Promise<string> {
  try {
    const handle = await open(place.realPath);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unwritable(place, cause);
  }
}
