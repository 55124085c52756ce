// The process as a context, the only file beside cli.ts that touches `process`.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import type { Context, OutputStream } from './context.js';
import { errorCode, UserError } from './core/errors.js';
import type { User } from './core/file-trust.js';
import { formsOfSecret, withoutSecrets } from './core/secrets.js';
import { createLiveness } from './liveness.js';

/** The process as a context. Each of its streams is opened when it is asked for, which costs a millisecond or more. */
export function processContext(interrupt: AbortSignal): Context {
  const stdout = once(() => output(process.stdout));
  const stderr = once(() => output(process.stderr));
  const liveness = once(() => createLiveness(process.pid, exists));
  return {
    get stdin() {
      stdin ??= process.stdin;
      return stdin;
    },
    get stdout() {
      return stdout();
    },
    get stderr() {
      return stderr();
    },
    env: process.env,
    get cwd() {
      return workingFolder();
    },
    get homedir() {
      return homeFolder();
    },
    get user() {
      return runningUser();
    },
    now: Date.now,
    sleep,
    random: Math.random,
    interrupt,
    get processName() {
      return liveness().processName;
    },
    seeProcess: (name) => liveness().seeProcess(name),
    licenses,
    nodeVersion: process.versions.node,
    ...maskStreams(() => [process.stdout, process.stderr]),
  };
}

/** Resolves after so many milliseconds, or at once when the signal aborts. */
export async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  const { setTimeout: delay } = await import('node:timers/promises');
  await delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
}

/** A user without HOME and without a line in passwd, as containers have them, is at home in /: engines say the same. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** The effective user; with root, the one who called sudo too. */
function runningUser(): User | undefined {
  const [uid, gid] = [process.geteuid?.(), process.getegid?.()];
  if (uid === undefined || gid === undefined) return undefined;
  const { SUDO_UID = '', SUDO_GID = '' } = process.env;
  const bySudo = uid === 0 && [SUDO_UID, SUDO_GID].every((id) => /^\d+$/.test(id));
  return { uid, gid, ...(bySudo ? { sudo: { uid: Number(SUDO_UID), gid: Number(SUDO_GID) } } : {}) };
}

/** The licences: files of the package, or, in the executable, what it was built with. */
async function licenses(): Promise<string> {
  const { isSea, getAsset } = await import('node:sea');
  const [own, others] = ['LICENSE', 'THIRD-PARTY-LICENSES.txt'];
  if (isSea()) return `${getAsset(own, 'utf8')}\n${getAsset(others, 'utf8')}`;
  // The build may put this file into dist, or into a folder of it.
  const dist = basename(__dirname) === 'dist' ? __dirname : dirname(__dirname);
  return `${readFileSync(join(dist, '..', own), 'utf8')}\n${readFileSync(join(dist, others), 'utf8')}`;
}

/** @throws UserError where the folder was removed under the shell's feet */
function workingFolder(): string {
  try {
    return process.cwd();
  } catch (cause) {
    throw new UserError('working directory: no longer exists', {
      hint: 'Change to another folder (cd).',
      cause,
    });
  }
}

/** Standard input, once somebody has asked for it; opening it takes time, and keeps the process alive. */
let stdin: NodeJS.ReadStream | undefined;

/** Lets go of standard input, which would keep the process alive. */
export function closeStdin(): void {
  stdin?.destroy();
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A reader that goes away (`| head`) ends the printing, not the run: whoever writes finds out. */
function output(stream: NodeJS.WriteStream): OutputStream {
  stream.on('error', () => undefined);
  return { stream, isTTY: stream.isTTY === true, columns: stream.columns || 80 };
}

/** Whether a process of that number exists now. */
export function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/**
 * Replaces secrets in all that is written to these streams from then on: by amocalls, by what the service said, by
 * Node itself (`NODE_DEBUG=http` prints whole addresses). The streams are asked for at the first secret.
 */
export function maskStreams(streams: () => readonly Writable[]): Pick<Context, 'hide'> {
  const hidden = new Set<string>();
  return {
    hide(secret) {
      const forms = formsOfSecret(secret);
      if (forms.length > 0 && hidden.size === 0) for (const stream of streams()) maskStream(stream, hidden);
      for (const form of forms) hidden.add(form);
    },
  };
}

function maskStream(stream: Writable, hidden: ReadonlySet<string>): void {
  const write = stream.write.bind(stream);
  stream.write = (chunk: unknown, ...rest: unknown[]): boolean =>
    Reflect.apply(write, stream, [masked(chunk, hidden), ...rest]);
}

function masked(chunk: unknown, hidden: ReadonlySet<string>): unknown {
  if (hidden.size === 0) return chunk;
  const text =
    typeof chunk === 'string'
      ? chunk
      : chunk instanceof Uint8Array
        ? Buffer.from(chunk).toString('utf8')
        : '';
  const clean = withoutSecrets(text, hidden);
  return clean === text ? chunk : clean;
}

/** Both halves of the young generation, in bytes. */
const largestYoung = 8 * 1024 * 1024;

/** Milliseconds: V8 grows the young generation no faster. A look takes 0.02 of them. */
const lookEvery = 20;

/**
 * Has V8 keep its heap near to what is in use, once a run is large. The flags hold for the whole process, which must be ours.
 *
 * A run that waits for answers keeps its calls just long enough for them to count as old, and V8 lets the old ones
 * pile up to several times what is in use. A young generation of 8 MB holds what is in flight, and V8 would let it
 * grow to 48. Both together take 123 MB at the most down to 87 (1,000,000 rows without a ledger), for a fifteenth
 * of the time; with 4 MB in place of 8 it would be 83, for a third.
 */
export function keepHeapSmall(): void {
  const looks = setInterval(() => {
    const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if ((young?.space_size ?? 0) < largestYoung) return;
    setFlagsFromString('--heap-growing-percent=20');
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(looks);
  }, lookEvery);
  looks.unref();
}
