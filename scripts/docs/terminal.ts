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

/** What is typed once a text has appeared. */
export type Step = readonly [waitFor: string, type: string];

/** The words that run a program, which stand behind them, on a terminal of 300 columns. It needs Python 3. */
export function onTerminalOf(steps: readonly Step[]): readonly string[] {
  return ['python3', '-c', driver, JSON.stringify(steps)];
}

/** What stands on a terminal in the end, of all that was written to it: the cursor moves, lines are written over. */
export function screenOf(written: string): string {
  const lines: string[][] = [[]];
  let [row, column] = [0, 0];
  const lineAt = (at: number): string[] => {
    while (lines.length <= at) lines.push([]);
    return lines[at] ?? [];
  };
  for (const [text, digits = '', letter] of written.matchAll(/\u001B\[\??([\d;]*)([A-Za-z])|[^\u001B]/gu)) {
    const number = Number(digits || 1);
    if (letter === 'A') row = Math.max(0, row - number);
    else if (letter === 'B') row += number;
    else if (letter === 'D') column = Math.max(0, column - number);
    else if (letter === 'G') column = number - 1;
    else if (letter === 'J') {
      lineAt(row).length = Math.min(lineAt(row).length, column);
      lines.length = row + 1;
    } else if (letter === 'K') lineAt(row).length = digits === '2' ? 0 : Math.min(lineAt(row).length, column);
    else if (text === '\n') row++;
    else if (text === '\r') column = 0;
    else if (letter === undefined) {
      const line = lineAt(row);
      while (line.length < column) line.push(' ');
      line[column++] = text;
    }
  }
  return `${lines
    .map((line) => line.join('').trimEnd())
    .join('\n')
    .trimEnd()}\n`;
}
