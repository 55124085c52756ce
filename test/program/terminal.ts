import { spawnSync } from 'node:child_process';
import { amocalls, type Ended, type RunOptions } from './harness.js';

/** Runs a program on a terminal of its own, waits for texts, and answers each; ends with the exit code of the program. */
const driver = `
import fcntl, json, os, pty, select, struct, sys, termios
steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 300, 0, 0))
seen = b""
while True:
    ready, _, _ = select.select([terminal], [], [], 15)
    try:
        data = os.read(terminal, 65536) if ready else b""
    except OSError:
        data = b""
    if not data:
        break
    sys.stdout.buffer.write(data)
    seen += data
    while steps and steps[0][0].encode() in seen:
        seen = seen.split(steps[0][0].encode(), 1)[1]
        os.write(terminal, steps[0][1].encode())
        steps.pop(0)
if not data and ready == []:
    os.kill(pid, 9)
_, status = os.waitpid(pid, 0)
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
`;

/** Whether this machine can give programs a terminal: Python 3, whose standard library has pty. */
export const hasTerminals = spawnSync('python3', ['-c', 'import pty, termios']).status === 0;

/** What is typed once a text has appeared. */
export type Step = readonly [waitFor: string, type: string];

/** Runs the built program on a terminal of 300 columns; stdout is all that was shown there. */
export async function onTerminal(
  args: readonly string[],
  steps: readonly Step[],
  options: RunOptions,
): Promise<Ended & { readonly shown: string }> {
  const under = ['python3', '-c', driver, JSON.stringify(steps)];
  const env = { ...options.env, TERM: 'xterm', NO_COLOR: '1' };
  const ended = await amocalls(args, { ...options, env, under });
  // Without the sequences that move the cursor.
  const shown = ended.stdout.replaceAll(/\u001B\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r', '');
  return { ...ended, shown };
}
