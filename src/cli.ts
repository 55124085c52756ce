import { writeSync } from 'node:fs';
import { version } from '../package.json';
import { closeStdin, processContext } from './process-context.js';
import { run } from './run.js';

/** The first signal asks the run to end well; the second finds the system's own way, and ends it at once. */
function listen(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.removeAllListeners('SIGINT');
      process.removeAllListeners('SIGTERM');
      controller.abort(signal);
    });
  }
  return controller.signal;
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
  run(args, processContext(listen())).then((code) => {
    process.exitCode = code;
    closeStdin();
  });
}
