import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError, whyUnwritable } from '../core/errors.js';
import type { RecordResult } from '../core/outcome.js';
import type { CheckSummary, Summary } from '../core/summary.js';
import { createAggregate, type ReportZone } from './aggregate.js';

export interface ReportOptions {
  /** `--report`, an absolute path. */
  readonly file: string;
  readonly cwd: string;
  /** The other files that the run reads and writes. */
  readonly others: readonly string[];
  /** The zone of the pictures. */
  readonly zone: ReportZone;
  /** What an extension looks like. */
  readonly internal: RegExp;
  /** `--report-numbers`. */
  readonly numbers: boolean;
  /** `check` or `import`. */
  readonly command: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** How a run ended, for its report. */
export interface ReportEnd {
  readonly summary: Summary | CheckSummary;
  /** Why it ended before its input did: one sentence. */
  readonly ended: string | undefined;
  /** How each file was read: its name under `file`, then labels with what they say. */
  readonly files: readonly Readonly<Record<string, string>>[];
}

/** The report of a run, gathered while it goes on. */
export interface Report {
  readonly write: (results: readonly RecordResult[]) => Promise<void>;
  /** Counts a request that has just ended. */
  readonly countRequest: (succeeded: boolean) => void;
  /** The same sleep, whose length is counted as waiting. */
  readonly timed: (sleep: Sleep) => Sleep;
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
  await checkFile(options);
  const started = now();
  const aggregate = createAggregate({ offsetAt: zone.offsetAt, internal, numbers });
  return {
    write: async (results) => aggregate.addResults(results),
    countRequest: (succeeded) => aggregate.addRequest(now() - started, succeeded),
    timed: (sleep) => async (milliseconds, signal) => {
      const from = now() - started;
      await sleep(milliseconds, signal);
      aggregate.addWait(from, now() - started);
    },
    async end(end) {
      const { renderPage } = await import('./page.js');
      const { command, version } = options;
      const facts = { ...end, command, version, started, zone, numbers };
      await writeWhole(options.file, pageStart + renderPage(aggregate.data(), facts));
    },
  };
}

/** The first bytes of every report: one may replace a file that begins with them. */
const pageStart = '<!doctype html>\n<!-- amocalls report -->\n';

/** Refuses a place that cannot be written, and a file that is not a report of ours: it may be the only copy. */
async function checkFile({ file, cwd, others }: ReportOptions): Promise<void> {
  if (others.some((other) => resolve(cwd, other) === file)) {
    throw new UserError(`--report ${file} is also read, or written for something else`, {
      hint: 'Give the report another name.',
    });
  }
  if (basename(file) === '-') {
    throw new UserError('--report - is not a file: standard output is for the result', {
      hint: 'Give the name of a file, such as report.html.',
    });
  }
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) {
    throw new UserError(`--report ${file} is a folder`, { hint: 'Give the name of a file in it.' });
  }
  if (found !== undefined && found.size > 0) {
    if ((await beginOf(file, pageStart.length)) !== pageStart) {
      throw new UserError(`--report ${file} exists and is not a report of amocalls`, {
        hint: 'Move it away, or give the report another name.',
      });
    }
  }
  const probe = temporary(file);
  try {
    await (await open(probe, 'wx', 0o600)).close();
    await rm(probe, { force: true });
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** The first bytes of a file, as text. */
async function beginOf(file: string, bytes: number): Promise<string> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, bytes, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Replaces the file at once: who reads it gets the old one or the new one. For its owner alone. */
async function writeWhole(file: string, text: string): Promise<void> {
  const temporaryFile = temporary(file);
  try {
    const handle = await open(temporaryFile, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporaryFile, file);
  } catch (cause) {
    await rm(temporaryFile, { force: true });
    throw unwritable(file, cause);
  }
}

function temporary(file: string): string {
  return join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
}

function unwritable(file: string, cause: unknown): UserError {
  const folder = dirname(file);
  const { why, hint } = whyUnwritable(cause, existsSync(folder) ? undefined : folder);
  return new UserError(`--report ${file} cannot be written: ${why}`, { hint: `${hint}.`, cause });
}
