import { onTestFinished, vi } from 'vitest';
import { begin, type Ended, type Running, type RunOptions, startProgram } from './harness.js';

/** A `follow`, and what it has printed so far. */
export interface Following {
  readonly stderr: () => string;
  readonly stdout: () => string;
  /** Each whole line of `--output ndjson` that it has printed. */
  readonly outcomes: () => readonly Readonly<Record<string, unknown>>[];
  readonly write: (text: string) => void;
  /** Closes its standard input. */
  readonly close: () => void;
  readonly ended: Promise<Ended>;
  /** Asks it to end, as SIGTERM does, and gives how it ended. */
  readonly stop: () => Promise<Ended>;
}

/** The same as a program of its own, which can be killed. */
export interface FollowingProgram extends Following {
  readonly kill: (signal: NodeJS.Signals) => void;
}

const wordsOf = (args: readonly string[]) => ['follow', ...args, '--rate', '0', '--output', 'ndjson'];

/** Starts `follow` with no limit of the rate; it is ended at the latest when the test is over. */
export function follow(args: readonly string[], options: RunOptions): Following {
  const running = begin(wordsOf(args), options);
  onTestFinished(async () => {
    running.interrupt('SIGTERM');
    await running;
  });
  return following(running);
}

/** The same as a program of its own. */
export function followAsProgram(args: readonly string[], options: RunOptions): FollowingProgram {
  const running = startProgram(wordsOf(args), options);
  const kill = (signal: NodeJS.Signals) => void running.child.kill(signal);
  onTestFinished(() => kill('SIGKILL'));
  return { ...following(running), kill };
}

function following(running: Running): Following {
  return {
    stderr: () => running.said.stderr,
    stdout: () => running.said.stdout,
    outcomes: () => linesOf(running.said.stdout),
    write: (text) => void running.stdin.write(text),
    close: () => void running.stdin.end(),
    ended: running,
    stop() {
      running.interrupt('SIGTERM');
      return running;
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
