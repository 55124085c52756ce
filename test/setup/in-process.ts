import { Readable, Writable } from 'node:stream';
import type { Context } from '../../src/context.js';
import { maskStreams } from '../../src/process-context.js';
import { run } from '../../src/run.js';
import { createClock } from '../delivery/world.js';

/** How a run in this process ended. */
export interface EndedHere {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where a run in this process prints. */
interface Printing {
  /** Takes what is printed, while it runs. */
  readonly said?: { stdout: string; stderr: string };
  /** It is a terminal of so many columns, which shows both streams: all of it is stdout. */
  readonly terminal?: number | undefined;
}

/**
 * Runs a command in this process, as the program would: for rules that many runs show, and for clocks that are moved. What a
 * process is (its start, its streams, its signals) needs the built program.
 *
 * @param context what differs from a bare one; without a `sleep`, time stands at `now` but for sleeping, which takes none
 */
export async function runHere(
  args: readonly string[],
  context: Partial<Context>,
  { said = { stdout: '', stderr: '' }, terminal }: Printing = {},
): Promise<EndedHere> {
  const sink = (name: keyof typeof said) => ({
    stream: new Writable({
      write(chunk, _, done) {
        said[terminal === undefined ? name : 'stdout'] += String(chunk);
        done();
      },
    }),
    isTTY: terminal !== undefined,
    columns: terminal ?? 80,
  });
  const [stdout, stderr] = [sink('stdout'), sink('stderr')];
  // A clock that sleeping does not move would be waited for without an end.
  const { now = Date.now, sleep } = context;
  const clock = sleep === undefined ? createClock(now()) : { now, sleep };
  const code = await run(args, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    env: {},
    cwd: '/nonexistent',
    homedir: '/nonexistent',
    user: undefined,
    random: () => 0.5,
    interrupt: new AbortController().signal,
    processName: 'test',
    seeProcess: () => 'gone',
    licenses: () => Promise.resolve(''),
    ...maskStreams(() => [stdout.stream, stderr.stream]),
    ...context,
    ...clock,
  });
  return { code, ...said };
}
