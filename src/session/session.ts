// What every command begins with: settings, messages, progress, report.

import type { Context } from '../context.js';
import { UserError } from '../core/errors.js';
import type { OutputFormat, Taker } from '../core/outcome.js';
import { type Messages, openMessages } from '../output/messages.js';
import { openProgress, type Progress } from '../output/progress.js';
import { openReporter, type Reporter } from '../output/reporter.js';
import type { Page } from '../output/table.js';
import { openStyle, type Style, showsColour } from '../output/terminal.js';
import { ledgerOf, passwordOf, refusePasswordInFlag } from '../settings/credentials.js';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.js';
import { type Settings, settingTable } from '../settings/table.js';
import type { Invocation } from './command.js';

/** What every command begins with: its settings, and the ways to speak. */
export interface Session {
  readonly context: Context;
  readonly args: readonly string[];
  readonly resolved: ResolvedSettings;
  readonly settings: Settings & { readonly output: OutputFormat };
  /** `--output yaml` was asked for, by a command that prints it; `output` is then `table`. */
  readonly yaml: boolean;
  readonly messages: Messages;
  readonly progress: Progress;
  /** The marks for stdout. */
  readonly style: Style;
  /** Where tables are printed: the marks, and the width of a terminal. */
  readonly page: Page;
  /** `--unattended`, or the profile, of a command that knows it; a look before sending (`--dry-run`) is a person's. */
  readonly isUnattended: boolean;
  /** Opens the report on stdout; nothing is written yet. With `onlyProblems` a table holds no call that is well. */
  readonly report: (onlyProblems?: boolean) => Reporter;
}

/** How a command differs from most. */
export interface SessionOptions {
  /** false: no profile is read. */
  readonly withProfile?: boolean;
  /** What it prints beside table, json and ndjson. */
  readonly formats?: readonly 'yaml'[];
  /** Hears what settings warn of; by default stderr does. */
  readonly warn?: (text: string, hint?: string) => void;
}

/**
 * Settles the settings of a command and opens its streams.
 *
 * @throws UserError for whatever is wrong with flags, environment or profile
 */
export async function openSession(
  invocation: Invocation,
  { withProfile = true, formats = [], warn }: SessionOptions = {},
): Promise<Session> {
  const { context, flags, args, name } = invocation;
  const early: (readonly [string, string | undefined])[] = [];
  const resolved = await resolveSettings({
    flags,
    env: context.env,
    cwd: context.cwd,
    homedir: context.homedir,
    user: context.user,
    withProfile,
    warn: warn ?? ((text, hint) => early.push([text, hint])),
  });
  const yaml = resolved.values.output === 'yaml';
  if (yaml && !formats.includes('yaml')) {
    throw new UserError(`amocalls ${name}: does not support --output yaml`, {
      hint: 'Use --output table, json or ndjson.',
    });
  }
  const output = resolved.values.output === 'yaml' ? 'table' : resolved.values.output;
  const settings = { ...resolved.values, output };
  const { ledger } = settings;
  const password = typeof ledger === 'string' ? passwordOf(ledger) : undefined;
  for (const secret of withProfile ? [settings.key, settings.token, password] : []) {
    if (secret !== undefined) context.hide(secret);
  }
  refusePasswordInFlag(resolved);
  const { output: format, verbose, color } = settings;
  const isUnattended =
    settings.unattended && !settings.dryRun && settingTable.unattended.commands.includes(name);
  const quiet = settings.quiet || isUnattended;
  const styleOf = (isTTY: boolean) => openStyle(showsColour(color, context.env, isTTY));
  const progress = openProgress({ context, quiet, verbose });
  const before = () => progress.clear();
  const style = await styleOf(context.stdout.isTTY);
  const stderrStyle = await styleOf(context.stderr.isTTY);
  const messages = openMessages({
    stderr: context.stderr,
    format,
    quiet,
    verbose,
    style: stderrStyle,
    before,
  });
  for (const [text, hint] of early) messages.warn(text, hint);
  return {
    context,
    args,
    resolved,
    settings,
    yaml,
    messages,
    progress,
    style,
    page: { style, width: context.stdout.isTTY ? context.stdout.columns : undefined },
    isUnattended,
    report: (onlyProblems = false) => {
      const rows = settings.rows === 'all' ? Number.POSITIVE_INFINITY : settings.rows;
      return openReporter({
        format,
        rows,
        onlyProblems,
        taker: takerOf(settings),
        stdout: context.stdout,
        style,
        before,
      });
    },
  };
}

/** Who takes the calls of a command. */
export function takerOf({ api, sandbox }: Settings): Taker {
  return { queues: api !== 'v4', isSandbox: sandbox };
}

/**
 * The ledger of a command that does nothing without it: the path or the address that the settings name; undefined for the
 * default one.
 *
 * @param command as the user typed it
 * @throws UserError where the settings leave the ledger out
 */
export function requireLedger({ resolved, context, messages }: Session, command: string): string | undefined {
  const ledger = ledgerOf(resolved, context, messages.warn);
  if (ledger !== false) return ledger;
  throw new UserError(`amocalls ${command}: needs a ledger, but the profile has none (ledger: false)`, {
    hint: 'Name a ledger with --ledger.',
  });
}

/**
 * Refuses a command that only v4 can answer.
 *
 * @param hint what to do instead
 * @throws UserError where `api` is not v4
 */
export function requireV4({ settings }: Session, command: string, hint: string): void {
  if (settings.api === 'v4') return;
  throw new UserError(`amocalls ${command}: needs --api v4, since calls-add answers no questions`, { hint });
}
