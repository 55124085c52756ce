import { homedir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Context, OutputStream } from './context.js';
import { createLiveness } from './liveness.js';
import { maskStreams } from './mask.js';
import { run } from './run.js';

/** The process as a context: the only place that knows it. */
function contextOf(interrupt: AbortSignal): Context {
  const output = (stream: NodeJS.WriteStream): OutputStream => ({
    stream,
    isTTY: stream.isTTY === true,
    columns: stream.columns || 80,
  });
  const { hide } = maskStreams([process.stdout, process.stderr]);
  return {
    get stdin() {
      return process.stdin;
    },
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    env: process.env,
    cwd: process.cwd(),
    get homedir() {
      return homedir();
    },
    now: Date.now,
    sleep: (milliseconds, signal) =>
      delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    random: Math.random,
    interrupt,
    ...createLiveness(process.pid, exists),
    hide,
  };
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

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

/** A reader that goes away (`| head`) ends the printing, not the run: whoever writes finds out. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
}

silenceExperimental();
outliveReaders();
run(process.argv.slice(2), contextOf(listen())).then((code) => {
  process.exitCode = code;
  process.stdin.destroy();
});
