// Starts the program: version at once, signals, exit code.

import { constants, fstatSync, statSync, writeSync } from 'node:fs';
import { version } from '../package.json';
import type { ExitCode } from './core/errors.js';
import { closeStdin, keepHeapSmall, processContext } from './process-context.js';
import { fail, run } from './run.js';

/**
 * The first signal asks the run to end well; the second finds the system's own way, and ends it at once. A terminal that
 * closes says so more than once (SIGHUP), and so do those who end its session: that is one signal, and never the second.
 */
function listen(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.removeAllListeners('SIGINT');
      process.removeAllListeners('SIGTERM');
      controller.abort(signal);
    });
  }
  process.on('SIGHUP', () => controller.abort('SIGHUP'));
  return controller.signal;
}

/**
 * Ends a process whose terminal is gone. Node puts a terminal back as it was when it exits, and aborts where that is gone; the
 * exit code is the same, 129.
 */
async function endOfHangup(): Promise<void> {
  const { isatty } = await import('node:tty');
  const isGone = (stream: number): boolean => {
    const { rdev, mode } = fstatSync(stream);
    const isDevice = (mode & constants.S_IFMT) === constants.S_IFCHR;
    return isDevice && rdev !== statSync('/dev/null').rdev && !isatty(stream);
  };
  if (![0, 1, 2].some(isGone)) return;
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

/** node:sqlite is used knowingly: that Node calls it experimental helps no user. */
function silenceExperimental(): void {
  const emit = process.emitWarning.bind(process);
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).startsWith('SQLite is an experimental feature'))
      Reflect.apply(emit, process, [warning, ...rest]);
  };
}

/**
 * Answers before anything else is loaded, and without a stream, which takes twice as long to open as all the rest:
 * scripts and shells ask this a thousand times. Where that fails (a closed pipe), the ordinary way knows what to do.
 */
function tellVersion(args: readonly string[]): boolean {
  if (args.length !== 1 || (args[0] !== '--version' && args[0] !== '-V')) return false;
  try {
    return writeSync(1, `${version}\n`) > 0;
  } catch {
    return false;
  }
}

const args = process.argv.slice(2);
if (!tellVersion(args)) {
  silenceExperimental();
  const interrupt = listen();
  const context = processContext(interrupt);
  keepHeapSmall();
  let hasEnded = false;
  const end = (code: ExitCode): void => {
    hasEnded = true;
    process.exitCode = code;
    closeStdin();
    if (interrupt.reason === 'SIGHUP') endOfHangup().catch(() => undefined);
  };
  run(args, context).then(end);
  // Nothing is left that could go on, and no end was told: Node would exit with 0.
  process.once('beforeExit', () => {
    if (!hasEnded) fail(new Error('the program ended before its work did'), args, context).then(end);
  });
}
