import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { ProcessSight } from '../../src/core/ledger-store.js';
import { createLiveness } from '../../src/liveness.js';
import { exists, sleep } from '../../src/process-context.js';
import type { ApiName } from '../../src/sandbox/api.js';
import {
  type Sandbox,
  type SandboxOptions,
  sandboxEnvironment,
  startSandbox,
} from '../../src/sandbox/server.js';
import { runHere } from '../setup/in-process.js';

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command, while it runs. */
export interface Running extends Promise<Ended> {
  /** What it has printed so far. */
  readonly said: Readonly<Record<'stdout' | 'stderr', string>>;
  readonly stdin: Writable;
  /** Asks it to end, as a first signal does. */
  readonly interrupt: (signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') => void;
}

/** The program, while it runs. */
export interface RunningProgram extends Running {
  readonly child: ChildProcessWithoutNullStreams;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Text for standard input; it is closed after it. */
  readonly input?: string | Buffer;
  /** Standard input stays open, to be written by the test. */
  readonly isInputOpen?: boolean;
  /** Standard input and output are those of a terminal, of so many columns. */
  readonly terminal?: number;
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
export const runsOnNode = executable === undefined || executable.endsWith('.js');

/** An environment of its own: nothing of this machine's user is seen. */
function environment({ cwd, env = {} }: RunOptions): Record<string, string | undefined> {
  const own = { PATH: process.env['PATH'], HOME: cwd, XDG_STATE_HOME: path.join(cwd, 'state'), TZ: 'UTC' };
  return { ...own, ...env };
}

/**
 * Whether a run needs a process: for settings of Node and of the C library, for another program around it, and where AMOCALLS_BIN
 * names the program.
 */
export function needsProcess({ env = {}, under }: RunOptions): boolean {
  const isNode = (name: string) => name.startsWith('NODE_') || name === 'TZ';
  return Boolean(executable) || under !== undefined || Object.keys(env).some(isNode);
}

/**
 * Runs a command in a folder, and gives how it ended. In this process, which costs a tenth of a start; as the program where
 * only a process will do, and where AMOCALLS_BIN names one.
 */
export function amocalls(args: readonly string[], options: RunOptions): Promise<Ended> {
  return begin(args, options);
}

/** The same, for a command that the test says something to while it runs. */
export function begin(args: readonly string[], options: RunOptions): Running {
  if (needsProcess(options)) return startProgram(args, options);
  const { cwd, input = '', isInputOpen = false, terminal } = options;
  const env = environment(options);
  const interrupt = new AbortController();
  const stdin = Object.assign(new PassThrough(), {
    isTTY: terminal !== undefined,
    setRawMode: () => undefined,
  });
  if (input !== '') stdin.write(input);
  if (!isInputOpen) stdin.end();
  // Like a process, each run has a name of its own, by which others see whether it still runs.
  const processName = `${ours.processName} ${randomUUID()}`;
  running.add(processName);
  const said = { stdout: '', stderr: '' };
  const context = {
    cwd,
    env,
    homedir: env['HOME'] ?? cwd,
    user: { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 },
    stdin,
    now: Date.now,
    sleep,
    random: Math.random,
    interrupt: interrupt.signal,
    processName,
    seeProcess: seeRun,
    nodeVersion: process.versions.node,
  };
  const ended = runHere(args, context, { said, terminal })
    .then((end) => ({ ...end, signal: null }))
    .finally(() => running.delete(processName));
  return Object.assign(ended, { said, stdin, interrupt: (signal: string) => interrupt.abort(signal) });
}

const ours = createLiveness(process.pid, exists);
const running = new Set<string>();

function seeRun(name: string): ProcessSight {
  if (!name.startsWith(`${ours.processName} `)) return ours.seeProcess(name);
  return running.has(name) ? 'alive' : 'gone';
}

/** Starts the built program in a folder: for what a process is, its signals, its streams, its death. */
export function startProgram(args: readonly string[], options: RunOptions): RunningProgram {
  const { cwd, input, isInputOpen = false, under = [] } = options;
  const [program = bin, ...words] = [...under, ...programWords, ...args];
  const child = spawn(program, words, { cwd, env: { ...environment(options), ...clock } });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  child.stdin.on('error', () => undefined); // a program that ends early need not read its input
  if (input !== undefined) child.stdin.write(input);
  if (!isInputOpen) child.stdin.end();
  const interrupt = (signal: NodeJS.Signals) => void child.kill(signal);
  return Object.assign(ended, { child, said, stdin: child.stdin, interrupt });
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
