// What every command begins with: settings, messages, progress, report.

import type { Context } from '../context.js';
import { UserError } from '../core/errors.js';
import type { OutputFormat, Taker } from '../core/outcome.js';
import { recordsText } from '../output/json.js';
import { type Messages, openMessages } from '../output/messages.js';
import { openProgress, type Progress } from '../output/progress.js';
import { openReporter, type Reporter } from '../output/reporter.js';
import { print } from '../output/stdout.js';
import { type Column, layTable, moreLine, type Page } from '../output/table.js';
import { openStyle, showsColour } from '../output/terminal.js';
import { ledgerOf, passwordOf, refusePasswordInFlag } from '../settings/credentials.js';
import { isLoopback } from '../settings/parse.js';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.js';
import { type Settings, settingTable } from '../settings/table.js';
import type { Invocation } from './command.js';

/** What every command begins with: its settings, and the ways to speak. */
export interface Session {
  readonly context: Context;
  readonly args: readonly string[];
  readonly resolved: ResolvedSettings;
  /** `output` is `table` where `users` is to print yaml. */
  readonly settings: Settings & { readonly output: OutputFormat };
  readonly messages: Messages;
  readonly progress: Progress;
  /** Where tables are printed: the marks, and the width of a terminal. */
  readonly page: Page;
  /** `--unattended`, or the profile, of a command that knows it; a look before sending (`--dry-run`) is a person's. */
  readonly isUnattended: boolean;
}

/** How a command differs from most. */
export interface SessionOptions {
  /** false: no profile is read. */
  readonly withProfile?: boolean;
  /** Hears what settings warn of; by default stderr does. */
  readonly warn?: (text: string, hint?: string) => void;
}

/**
 * Resolves the settings of a command and opens its streams.
 *
 * @throws UserError for whatever is wrong with flags, environment or profile
 */
export async function openSession(invocation: Invocation, options: SessionOptions = {}): Promise<Session> {
  const { context, args, name } = invocation;
  const early: (readonly [string, string | undefined])[] = [];
  const warn = options.warn ?? ((text: string, hint?: string) => void early.push([text, hint]));
  const resolved = await resolveFor(invocation, options, warn);
  const { output } = resolved.values;
  const settings = { ...resolved.values, output: output === 'yaml' ? 'table' : output };
  const { output: format, verbose, color } = settings;
  const isUnattended =
    settings.unattended && !settings.dryRun && settingTable.unattended.commands.includes(name);
  const quiet = settings.quiet || isUnattended;
  const styleOf = (isTTY: boolean) => openStyle(showsColour(color, context.env, isTTY));
  const progress = openProgress({ context, quiet, verbose });
  const before = () => progress.clear();
  const { stdout, stderr } = context;
  const page = { style: await styleOf(stdout.isTTY), width: stdout.isTTY ? stdout.columns : undefined };
  const messages = openMessages({
    stderr,
    format,
    quiet,
    verbose,
    style: await styleOf(stderr.isTTY),
    before,
  });
  for (const [text, hint] of early) messages.warn(text, hint);
  return { context, args, resolved, settings, messages, progress, page, isUnattended };
}

/** Resolves the settings, and hides what is secret in them. */
async function resolveFor(
  { context, flags, name }: Invocation,
  { withProfile = true }: SessionOptions,
  warn: (text: string, hint?: string) => void,
): Promise<ResolvedSettings> {
  const { env, cwd, homedir, user } = context;
  const resolved = await resolveSettings({ flags, env, cwd, homedir, user, withProfile, warn });
  const { output, ledger, key, token } = resolved.values;
  if (output === 'yaml' && name !== 'users') {
    throw new UserError(`amocalls ${name}: does not support --output yaml`, {
      hint: 'Use --output table, json or ndjson.',
    });
  }
  const password = typeof ledger === 'string' ? passwordOf(ledger) : undefined;
  for (const secret of withProfile ? [key, token, password] : []) {
    if (secret !== undefined) context.hide(secret);
  }
  refusePasswordInFlag(resolved);
  return resolved;
}

/**
 * Opens the report of a run on stdout; nothing is written yet.
 *
 * @param onlyProblems a table holds no call that is well
 */
export function reporterOf({ settings, context, progress, page }: Session, onlyProblems = false): Reporter {
  return openReporter({
    format: settings.output,
    rows: settings.rows === 'all' ? Number.POSITIVE_INFINITY : settings.rows,
    onlyProblems,
    taker: takerOf(settings),
    stdout: context.stdout,
    ...page,
    before: () => progress.clear(),
  });
}

/** How records are shown to people, and what is said where there are none. */
interface Listing<T> {
  readonly columns: readonly Column<T>[];
  readonly none?: string;
}

/** Prints records: for programs in a list of this name, or a line each; for people as a table of `--rows` rows. */
export async function printRecords<T extends object>(
  { settings, context, page }: Session,
  name: string,
  records: readonly T[],
  { columns, none = '' }: Listing<T>,
): Promise<void> {
  const shown = settings.rows === 'all' ? records : records.slice(0, settings.rows);
  const table = () => layTable(columns, shown, page) + moreLine(records.length - shown.length, page.style);
  const forPeople = records.length === 0 ? () => none : table;
  await print(context.stdout, recordsText(name, records, settings.output) ?? forPeople());
}

/** Who takes the calls of a command: what listens on this machine is never amoCRM. */
export function takerOf({ api, sandbox, baseUrl }: Settings): Taker {
  const isHere = URL.canParse(baseUrl) && isLoopback(new URL(baseUrl));
  return { queues: api !== 'v4', isSandbox: sandbox || isHere };
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
