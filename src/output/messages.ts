// Warnings, notes and errors on stderr.

import type { OutputStream } from '../context.js';
import { type ExitCode, exitCodes, UserError } from '../core/errors.js';
import type { OutputFormat } from '../core/outcome.js';
import { toJson } from './json.js';
import { openWriter } from './stdout.js';
import { type Style, sanitise } from './terminal.js';
import { wrapSentence } from './width.js';

export interface MessagesOptions {
  readonly stderr: OutputStream;
  /** With json or ndjson a failure is one JSON object. */
  readonly format: OutputFormat;
  /** Errors only. */
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** The marks for stderr's own level of colour. */
  readonly style: Style;
  /** Called before anything is written: clears the progress. */
  readonly before?: () => void;
}

/** What amocalls says on stderr, beside the result. */
export type Messages = ReturnType<typeof openMessages>;

const bugHint =
  'This is a bug in amocalls. Run the command again with --verbose, and open an issue with the command and its output.';

/** A failure in the words of the user; for --verbose the stack of a bug, or the causes of a user's error. */
function describe(failure: unknown) {
  if (failure instanceof UserError) {
    const { message, hint, exitCode: exit } = failure;
    return { message, hint, exit, details: causes(failure) };
  }
  const details = failure instanceof Error ? [...(failure.stack ?? '').split('\n'), ...causes(failure)] : [];
  return { message: `bug in amocalls: ${String(failure)}`, hint: bugHint, exit: exitCodes.bug, details };
}

function causes(error: Error): string[] {
  const { cause } = error;
  if (cause === undefined) return [];
  return [`caused by ${String(cause)}`, ...(cause instanceof Error ? causes(cause) : [])];
}

/** Opens stderr for messages; every text is stripped of control characters, and may come from anywhere. */
export function openMessages(options: MessagesOptions) {
  const { format, quiet, verbose, style } = options;
  const writer = openWriter(options.stderr.stream, options.before);
  const print = (text: string): void => void writer.write(`${text}\n`);
  const { isTTY, columns } = options.stderr;
  const lay = (label: string, text: string): string => {
    const said = sanitise(text);
    return isTTY ? wrapSentence(said, columns, label.length) : said;
  };
  const labelled = (label: string, paint: (text: string) => string, text: string): string =>
    `${paint(label)} ${lay(`${label} `, text)}`;
  const say = (
    label: string,
    paint: (text: string) => string,
    text: string,
    hint: string | undefined,
  ): void => print(labelled(label, paint, text) + (hint === undefined ? '' : `\n  ${lay('  ', hint)}`));
  return {
    /** Something that is probably wrong, while the run goes on; silent with --quiet. */
    warn: (text: string, hint?: string): void => void (quiet || say('warning:', style.yellow, text, hint)),
    /** Something good to know; silent with --quiet. */
    note: (text: string, hint?: string): void => void (quiet || say('note:', style.bold, text, hint)),
    /** What in a file contradicts what was asked for; never silent. */
    contradict: (text: string, hint: string): void => say('contradicted:', style.red, text, hint),
    /** A line for --verbose alone. */
    verbose: (text: string): void => void (verbose && print(style.dim(sanitise(text)))),
    /** The failure that ended the run, whatever was thrown; gives the exit code. */
    fail(failure: unknown): ExitCode {
      const { message, hint, exit, details } = describe(failure);
      if (failure instanceof UserError && failure.isReported) return exit;
      if (verbose) for (const line of details) print(style.dim(sanitise(line)));
      if (format === 'table') {
        const advice = hint === undefined ? '' : `\n${labelled('hint:', style.bold, hint)}`;
        print(labelled('error:', style.red, message) + advice);
      } else {
        print(toJson({ error: { message, hint, exit } }));
      }
      return exit;
    },
  };
}
