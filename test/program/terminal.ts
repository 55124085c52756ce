import { onTerminalOf, type Step } from '../../scripts/docs/terminal.js';
import { amocalls, type Ended, type RunOptions } from './harness.js';

export type { Step } from '../../scripts/docs/terminal.js';

/** Runs the built program on a terminal of 300 columns; stdout is all that was shown there. */
export async function onTerminal(
  args: readonly string[],
  steps: readonly Step[],
  options: RunOptions,
): Promise<Ended & { readonly shown: string }> {
  const under = onTerminalOf(steps);
  const env = { ...options.env, TERM: 'xterm', NO_COLOR: '1' };
  const ended = await amocalls(args, { ...options, env, under });
  // Without the sequences that move the cursor.
  const shown = ended.stdout.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
  return { ...ended, shown };
}
