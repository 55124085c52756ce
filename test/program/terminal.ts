import { vi } from 'vitest';
import { onTerminalOf, type Step } from '../../scripts/docs/terminal.js';
import { begin, type Ended, needsProcess, type RunOptions, startProgram } from './harness.js';

export type { Step } from '../../scripts/docs/terminal.js';

/** Runs the built program on a terminal of 300 columns; stdout is all that was shown there. */
export async function onTerminal(
  args: readonly string[],
  steps: readonly Step[],
  options: RunOptions,
): Promise<Ended & { readonly shown: string }> {
  const under = onTerminalOf(steps);
  const env = { ...options.env, TERM: 'xterm', NO_COLOR: '1' };
  const ended = await startProgram(args, { ...options, env, under });
  return { ...ended, shown: withoutMoves(ended.stdout) };
}

/** Runs a command that asks, and answers each question; in this process, where nothing in its options needs a program. */
export async function atPrompts(
  args: readonly string[],
  steps: readonly Step[],
  options: RunOptions,
): Promise<Ended & { readonly shown: string }> {
  if (needsProcess(options)) return onTerminal(args, steps, options);
  const env = { ...options.env, TERM: 'xterm', NO_COLOR: '1' };
  const running = begin(args, { ...options, env, terminal: 300, isInputOpen: true });
  let from = 0;
  for (const [waitFor, type] of steps) {
    const asked = vi.waitUntil(() => running.said.stdout.includes(waitFor, from), {
      timeout: 15_000,
      interval: 5,
    });
    await Promise.race([asked.catch(() => undefined), running]);
    const at = running.said.stdout.indexOf(waitFor, from);
    if (at < 0) break;
    from = at + waitFor.length;
    running.stdin.write(type);
  }
  const ended = await running;
  return { ...ended, shown: withoutMoves(ended.stdout) };
}

/** Without the sequences that move the cursor. */
function withoutMoves(stdout: string): string {
  return stdout.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
}
