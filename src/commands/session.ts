import type { Context } from '../context.js';
import { type Messages, openMessages } from '../output/messages.js';
import { openProgress, type Progress } from '../output/progress.js';
import { openReporter, type Reporter } from '../output/reporter.js';
import { colourLevel, openStyle, type Style } from '../output/terminal.js';
import { type ResolvedSettings, resolveSettings } from '../settings/resolve.js';
import type { Settings } from '../settings/table.js';
import type { Invocation } from './command.js';

/** What every command begins with: its settings, and the ways to speak. */
export interface Session {
  readonly context: Context;
  readonly args: readonly string[];
  readonly resolved: ResolvedSettings;
  readonly settings: Settings;
  readonly messages: Messages;
  readonly progress: Progress;
  /** The marks for stdout. */
  readonly style: Style;
  /** Opens the report on stdout; nothing is written yet. */
  readonly report: () => Reporter;
}

/**
 * Settles the settings of a command and opens its streams.
 *
 * @throws UserError for whatever is wrong with flags, environment or profile
 */
export async function openSession(invocation: Invocation, withProfile = true): Promise<Session> {
  const { context, flags, args } = invocation;
  const early: (readonly [string, string | undefined])[] = [];
  const resolved = await resolveSettings({
    flags,
    env: context.env,
    cwd: context.cwd,
    homedir: context.homedir,
    withProfile,
    warn: (text, hint) => early.push([text, hint]),
  });
  const settings = resolved.values;
  for (const secret of withProfile ? [settings.key, settings.token] : []) {
    if (secret !== undefined) context.hide(secret);
  }
  const { output: format, quiet, verbose, color } = settings;
  const levelOf = (isTTY: boolean) => colourLevel(color, context.env, isTTY);
  const progress = openProgress({ context, quiet, verbose });
  const before = () => progress.clear();
  const style = await openStyle(levelOf(context.stdout.isTTY));
  const stderrStyle = await openStyle(levelOf(context.stderr.isTTY));
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
    messages,
    progress,
    style,
    report: () => {
      const rows = settings.rows === 'all' ? Number.POSITIVE_INFINITY : settings.rows;
      return openReporter({ format, rows, quiet, stdout: context.stdout, style, before });
    },
  };
}
