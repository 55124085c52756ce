import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ApiName } from '../../src/sandbox/api.js';
import {
  type Sandbox,
  type SandboxOptions,
  sandboxEnvironment,
  startSandbox,
} from '../../src/sandbox/server.js';

/** How a run of the built program ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running extends Promise<Ended> {
  readonly child: ChildProcessWithoutNullStreams;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input; it is closed after it. */
  readonly input?: string | Buffer;
  /** Standard input stays open, to be written by the test. */
  readonly isInputOpen?: boolean;
  /** Words of another program that runs ours (a tracer, a shell with limits), to be put before its own. */
  readonly under?: readonly string[];
}

/** What sets the clock of this run (`.ci/run` tries other years): the programs that tests start are to live in the same year. */
export const clock = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name === 'LD_PRELOAD' || name.startsWith('FAKETIME')),
);

const bin = fileURLToPath(new URL('../../bin/amocalls.js', import.meta.url));
const executable = process.env['AMOCALLS_BIN'];

/** The words that run the program under test: the executable that AMOCALLS_BIN names, else Node and bin/amocalls.js. */
export const programWords: readonly string[] = executable
  ? [path.resolve(executable)]
  : [process.execPath, bin];

/** Whether a Node runs the program, which then takes what NODE_OPTIONS asks for. The executable does not. */
export const runsOnNode = !executable;

/** Runs the built program in a folder, with an environment of its own: nothing of this machine's user is seen. */
export function amocalls(
  args: readonly string[],
  { cwd, env = {}, input, isInputOpen = false, under = [] }: RunOptions,
): Running {
  const [program = bin, ...words] = [...under, ...programWords, ...args];
  const own = { PATH: process.env['PATH'], HOME: cwd, XDG_STATE_HOME: path.join(cwd, 'state'), TZ: 'UTC' };
  const child = spawn(program, words, { cwd, env: { ...own, ...clock, ...env } });
  const ended = new Promise<Ended>((resolve) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  child.stdin.on('error', () => undefined); // a program that ends early need not read its input
  if (input !== undefined) child.stdin.write(input);
  if (!isInputOpen) child.stdin.end();
  return Object.assign(ended, { child });
}

/** A folder for one test, with these files in it, gone when the test is over. */
export function workdir(files: Readonly<Record<string, string | Buffer>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'amocalls-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(path.join(folder, name), content, { mode: 0o600 });
  }
  return folder;
}

/** The APIs that a test of delivery runs over. */
export const apis: readonly ApiName[] = ['calls-add', 'v4'];

/** A sandbox for one test, and the environment that leads to it. */
export async function service(
  options: Partial<SandboxOptions> = {},
): Promise<{ readonly sandbox: Sandbox; readonly env: Record<string, string> }> {
  const sandbox = await startSandbox({ now: Date.now, faults: {}, seed: 1, ...options });
  onTestFinished(() => sandbox.close());
  return { sandbox, env: Object.fromEntries(sandboxEnvironment(sandbox)) };
}

/** A CSV with the header of calls/add and these rows, in the order of its columns. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  const header = 'uuid,caller,to,date,type,billsec,link';
  return `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`;
}

/** So many calls that are all well. */
export function calls(count: number, prefix = 'call'): readonly (readonly (string | number)[])[] {
  const ways = [
    { caller: '74950000001', to: '101', type: 'inbound' },
    { caller: '101', to: '74950000001', type: 'outbound' },
  ];
  return Array.from({ length: count }, (_, index) => [
    `${prefix}-${index}`,
    ways[index % 2]?.caller ?? '',
    ways[index % 2]?.to ?? '',
    1_700_000_000 + index,
    ways[index % 2]?.type ?? '',
    index % 90,
    '',
  ]);
}
