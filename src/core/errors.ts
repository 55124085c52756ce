// Exit codes, the failure that a user can fix, why a text is not a value, why a file cannot be written.

/** Exit codes, the contract with scripts. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  notAllAccepted: 3,
  refused: 4,
  unreachable: 5,
  sighup: 129,
  sigint: 130,
  sigterm: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit code of a command that a signal ended, by the reason of the interrupt; undefined where none came. */
export function interruptedExit(interrupt: {
  readonly aborted: boolean;
  readonly reason: unknown;
}): ExitCode | undefined {
  if (!interrupt.aborted) return undefined;
  if (interrupt.reason === 'SIGHUP') return exitCodes.sighup;
  return interrupt.reason === 'SIGTERM' ? exitCodes.sigterm : exitCodes.sigint;
}

export interface UserErrorOptions {
  /** What to do next, one sentence. */
  readonly hint?: string;
  /** Defaults to 2: wrong usage, configuration or input. */
  readonly exit?: ExitCode;
  readonly cause?: unknown;
  /** An unattended run told it before: it ends this one too, without a word. */
  readonly isReported?: boolean | undefined;
}

/**
 * A failure that the user can fix: one sentence that names the thing and says what is wrong, and a hint.
 * Everything else that is thrown is a bug of amocalls.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly hint: string | undefined;
  readonly exitCode: ExitCode;
  readonly isReported: boolean;

  constructor(message: string, options: UserErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.hint = options.hint;
    this.exitCode = options.exit ?? exitCodes.usage;
    this.isReported = options.isReported === true;
  }
}

/** The exit code of a failure: what is no UserError is a bug. */
export function exitCodeOf(failure: unknown): ExitCode {
  return failure instanceof UserError ? failure.exitCode : exitCodes.bug;
}

/** The code of a failure of the system or of Node, `ENOENT`; '' where it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Why a file cannot be written, and what to do about it: the end of a message, and a hint without its full stop. */
export interface Unwritable {
  readonly why: string;
  readonly hint: string;
}

/**
 * Words the failure of writing a file. The path that Node puts behind its own words is left out: the message names the file
 * itself, and the path may be that of a temporary file beside it.
 *
 * @param missing the folder of the file, where it does not exist
 */
export function whyUnwritable(cause: unknown, missing: string | undefined): Unwritable {
  if (missing !== undefined) {
    return {
      why: `the folder ${missing} does not exist`,
      hint: 'Create the folder, or name a file in one that exists',
    };
  }
  const code = errorCode(cause);
  const words = cause instanceof Error ? cause.message : String(cause);
  const why = words.replace(/, [a-z]+(?: '.*)?$/s, '');
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return { why, hint: 'Free some space, or name a file on another disk' };
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return { why, hint: 'Name a file in a folder that you may write to' };
  return { why, hint: 'Name another file' };
}

/** Why a text is not the value it should be. Parsers of the core return it instead of throwing. */
export class Problem {
  constructor(readonly text: string) {}
}

/** What a parser of the core yields: the value, or the reason why there is none. */
export type Parsed<T> = T | Problem;
