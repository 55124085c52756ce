// The three verbs of the library: readCalls, sendCalls, openProfile.

import type { Context } from './context.js';
import type { Call } from './core/call.js';
import { type ExitCode, UserError } from './core/errors.js';
import type { Entry, Outcome } from './core/outcome.js';
import type { Summary } from './core/summary.js';
import type { Environment, Notices, ReadTarget } from './pipeline/environment.js';
import { type InputJob, type InputSource, inputJobOf, openFiles } from './pipeline/input-job.js';
import { beginRun, closeRun, openRun, type SendRun } from './pipeline/send-run.js';
import { processContext } from './process-context.js';
import { resolveSettings } from './settings/resolve.js';
import type { credentialSettings, readingSettings, sendingSettings } from './settings/table.js';

/** A value of an option: as on the command line, or as in a profile file (numbers, lists, maps). */
export type OptionValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string | number>>;

/** What both verbs take beside the options of the command line. */
export interface CommonOptions {
  /** The profile whose values are used where no option says otherwise, from `openProfile`. */
  readonly profile?: Profile | undefined;
  /** Ends the run early and well: what is in flight is waited for, the ledger is right. */
  readonly signal?: AbortSignal | undefined;
  /** Relative file names start here; by default the working directory of the process. */
  readonly cwd?: string | undefined;
  /** Called with notes and warnings; by default they are dropped. */
  readonly onNotice?: ((text: string, hint?: string) => void) | undefined;
}

/** How files are read: the names and defaults of the flags of `import` (docs/settings.md), in camelCase. */
export type ReadOptions = CommonOptions & {
  readonly [Name in keyof typeof readingSettings.rows]?: OptionValue | undefined;
};

type Secret = 'key' | 'keyFile' | 'token' | 'tokenFile';
type SendName =
  | Exclude<keyof typeof sendingSettings.rows, 'dryRun' | 'rejects'>
  | Exclude<keyof typeof credentialSettings.rows, 'profile' | 'config' | Secret>;

/** How calls are sent, and to whom: the names and defaults of the flags of `import`, in camelCase. */
export type SendOptions = CommonOptions & { readonly [Name in SendName]?: OptionValue | undefined } & {
  /** The key of calls/add, where no profile has it. */
  readonly key?: string | undefined;
  /** The token of v4 (`api: 'v4'`), where no profile has it. */
  readonly token?: string | undefined;
};

/** A profile that was found, as the command line would find it. */
export interface Profile {
  readonly name: string;
  readonly file: string;
}

/** What `openProfile` looks for. */
export interface ProfileOptions {
  /** Name of the profile; by default the `default_profile` of the file. */
  readonly name?: string | undefined;
  /** The profile file; by default the nearest one, from `cwd` upwards. */
  readonly config?: string | undefined;
  readonly cwd?: string | undefined;
  readonly onNotice?: CommonOptions['onNotice'];
}

/**
 * Finds a profile as the commands do, environment included.
 *
 * @throws UserError where there is none, or where something in it is wrong
 */
export async function openProfile(options: ProfileOptions = {}): Promise<Profile> {
  const { name, config: file, ...common } = options;
  const { context, resolved } = await environmentOf({ ...common, profile: { name, file } });
  const { profile } = resolved;
  if (profile === undefined) {
    throw new UserError(`no profile file was found in ${context.cwd} and the folders above it`, {
      hint: 'Run "amocalls init" to write one, or name it: openProfile({ config })',
    });
  }
  return { name: profile.name, file: profile.file };
}

/** Calls that are read when somebody asks for them: by `for await`, or by `sendCalls`; once. */
export interface CallSource extends AsyncIterable<Entry> {
  /** Opens them for a run that sends; `sendCalls` does this. */
  readonly open: (target?: ReadTarget) => Promise<InputJob>;
}

/**
 * Reads calls as `import` does: files ('-' is standard input), or objects with fields of any known names.
 * A bad record is an entry with `status: 'invalid'` and its reasons; it never throws.
 *
 * @throws UserError, when it is read, for an option, a file or a column that is wrong
 */
export function readCalls(
  source: string | readonly string[] | AsyncIterable<object> | Iterable<object>,
  options: ReadOptions = {},
): CallSource {
  const open = async (target?: ReadTarget) => {
    const environment = await environmentOf(options);
    return inputJobOf(environment, await openFiles(environment, sourcesOf(source), target));
  };
  return {
    open,
    async *[Symbol.asyncIterator]() {
      const { batches } = await open();
      for await (const { entries } of batches) yield* entries;
    },
  };
}

/** A run of `sendCalls`: its outcomes as they are known, to be read once; then its summary and exit code. */
export interface Run extends AsyncIterable<Outcome> {
  /** The counts so far, or of the whole run. */
  readonly summary: Summary;
  /** What the command would exit with; for a run that has not ended, as if it ended now. */
  readonly exitCode: ExitCode;
  /** Why the run ended before its input did, if it did. */
  readonly stopped: { readonly message: string; readonly hint: string } | undefined;
}

/**
 * Sends calls as `import` does and reports what became of each: ledger, rate, retries and all. It begins when it is
 * read. Leaving the loop early (`break`) ends the run well: requests in flight are waited for and recorded.
 *
 * @param calls what `readCalls` gives, or calls that need no reading
 * @throws UserError, when it is read, for credentials, ledger or input that cannot be used
 */
export function sendCalls(
  calls: CallSource | Iterable<Omit<Call, 'account_id'>> | AsyncIterable<Omit<Call, 'account_id'>>,
  options: SendOptions = {},
): Run {
  let run: SendRun | undefined;
  const started = (): SendRun => {
    if (run === undefined) throw new Error('read the outcomes first: for await (const outcome of run)');
    return run;
  };
  return {
    async *[Symbol.asyncIterator]() {
      const leaving = new AbortController();
      const environment = await environmentOf(options, leaving.signal);
      const kind = { command: 'library', files: [], isUnattended: environment.settings.unattended };
      const source = isCallSource(calls) ? calls : readCalls(calls, { onNotice: options.onNotice });
      const base = await openRun(environment, kind);
      try {
        run = await beginRun(base, await source.open(base.target));
        yield* outcomesOf(run, leaving);
      } finally {
        await closeRun(base);
      }
    },
    get summary() {
      return started().summary();
    },
    get exitCode() {
      return started().exitCode();
    },
    get stopped() {
      return run?.delivery.stop();
    },
  };
}

/** The outcomes of a run; where the caller leaves the loop, what is in flight is still waited for. */
async function* outcomesOf(run: SendRun, leaving: AbortController): AsyncGenerator<Outcome> {
  const batches = run.outcomes();
  try {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) yield* next.value;
  } finally {
    leaving.abort('SIGINT');
    await batches.return(undefined);
  }
}

function isCallSource(value: object): value is CallSource {
  return 'open' in value && typeof value.open === 'function';
}

function sourcesOf(source: Parameters<typeof readCalls>[0]): readonly InputSource[] {
  if (typeof source === 'string') return [source];
  if (isFileNames(source)) return source;
  return [{ name: '(objects)', objects: source }];
}

function isFileNames(source: object): source is readonly string[] {
  return Array.isArray(source) && source.length > 0 && source.every((one) => typeof one === 'string');
}

/** Options of a verb, and the profile that is wanted: by default the one that the command line would use. */
type GivenOptions = Omit<ReadOptions | SendOptions, 'profile'> & {
  readonly profile?: { readonly [Name in keyof Profile]: string | undefined } | undefined;
};

/**
 * What a verb works with. Options are read as flags are; the environment counts where a profile is wanted. A secret is no flag.
 *
 * @param leaving aborts where the caller leaves early
 */
async function environmentOf(options: GivenOptions, leaving?: AbortSignal): Promise<Environment> {
  const { profile, signal, cwd, onNotice: notify = () => undefined, ...given } = options;
  const { key, token, ...flags }: Readonly<Record<string, unknown>> = given;
  const context = contextOf(cwd, AbortSignal.any([signal, leaving].filter((one) => one !== undefined)));
  const sources = Object.entries(flags).map(([name, value]) => [
    name,
    value instanceof RegExp ? value.source : value,
  ]);
  const resolved = await resolveSettings({
    cwd: context.cwd,
    homedir: context.homedir,
    user: context.user,
    flags: { ...Object.fromEntries(sources), profile: profile?.name, config: profile?.file },
    env: {
      ...(profile === undefined ? {} : context.env),
      ...(typeof key === 'string' && { AMOCALLS_KEY: key }),
      ...(typeof token === 'string' && { AMOCALLS_TOKEN: token }),
    },
    withProfile: profile !== undefined,
    warn: notify,
  });
  const messages: Notices = { note: notify, warn: notify, verbose: () => undefined };
  return { context, resolved, settings: resolved.values, messages };
}

/** The context of this process, but for what belongs to its command line: signals are the caller's. */
function contextOf(cwd: string | undefined, interrupt: AbortSignal): Context {
  const context = processContext(interrupt);
  // Nothing here writes to the streams of the process, so nothing has to be masked there.
  return Object.create(context, {
    hide: { value: () => undefined },
    cwd: { value: cwd ?? context.cwd },
  });
}
