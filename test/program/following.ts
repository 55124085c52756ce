import { onTestFinished, vi } from 'vitest';
import { type Ended, type RunOptions, startProgram } from './harness.js';

/** A `follow` of the built program, and what it has printed so far. */
export interface Following {
  readonly pid: number | undefined;
  readonly stderr: () => string;
  readonly stdout: () => string;
  /** Each whole line of `--output ndjson` that it has printed. */
  readonly outcomes: () => readonly Readonly<Record<string, unknown>>[];
  readonly write: (text: string) => void;
  /** Closes its standard input. */
  readonly close: () => void;
  readonly kill: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
  /** Sends SIGTERM, and gives how it ended. */
  readonly stop: () => Promise<Ended>;
}

/** Starts `follow` with no limit of the rate; it is killed at the latest when the test is over. */
export function follow(args: readonly string[], options: RunOptions): Following {
  const ended = startProgram(['follow', ...args, '--rate', '0', '--output', 'ndjson'], options);
  const { child } = ended;
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (text: string) => {
      printed[name] += text;
    });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  return {
    pid: child.pid,
    stderr: () => printed.stderr,
    stdout: () => printed.stdout,
    outcomes: () => linesOf(printed.stdout),
    write: (text) => void child.stdin.write(text),
    close: () => void child.stdin.end(),
    kill,
    ended,
    stop() {
      kill('SIGTERM');
      return ended;
    },
  };
}

function linesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

/** Waits until the assertions of a check hold. */
export function eventually(check: () => void | Promise<void>, timeout = 15_000): Promise<void> {
  return vi.waitFor(check, { timeout, interval: 50 });
}
