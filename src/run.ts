// Arguments to exit code; what nobody else caught is caught here.

import type { Context } from './context.js';
import { type ExitCode, exitCodes } from './core/errors.js';
import { isOutputFormat } from './core/outcome.js';

/**
 * Runs amocalls: what the program does with these arguments, a program can do too.
 * What nobody caught is caught here: a UserError is worded for the user, anything else is a bug.
 *
 * @param args the words after the program's name
 * @param context everything outside the program
 * @returns the exit code
 */
export async function run(args: readonly string[], context: Context): Promise<ExitCode> {
  try {
    const { interpret } = await import('./program.js');
    const invocation = await interpret(args, context);
    if (invocation === undefined) return exitCodes.ok;
    const command = await invocation.commands[invocation.name].load();
    return await command(invocation);
  } catch (error) {
    return fail(error, args, context);
  }
}

/** Tells a failure in the form that was asked for; the arguments themselves may be what is wrong. */
export async function fail(error: unknown, args: readonly string[], context: Context): Promise<ExitCode> {
  // The settings, which would have hidden it, may be what failed.
  const { AMOCALLS_KEY: key, AMOCALLS_TOKEN: token, PGPASSWORD: password } = context.env;
  for (const secret of [key, token, password]) if (secret) context.hide(secret);
  const { openMessages } = await import('./output/messages.js');
  const { showsColour, openStyle } = await import('./output/terminal.js');
  const said = (flag: string) => args.includes(flag);
  const wanted = outputAsked(args);
  const flag = said('--no-color') ? false : said('--color') ? true : undefined;
  const messages = openMessages({
    stderr: context.stderr,
    format: wanted !== undefined && isOutputFormat(wanted) ? wanted : 'table',
    quiet: false,
    verbose: said('--verbose'),
    style: await openStyle(showsColour(flag, context.env, context.stderr.isTTY)),
  });
  return messages.fail(error);
}

/** What `--output json` or `--output=json` asks for, as far as it can be told before the flags are read. */
function outputAsked(args: readonly string[]): string | undefined {
  const at = args.findLastIndex((arg) => arg === '--output' || arg.startsWith('--output='));
  const said = args[at] === '--output' ? args[at + 1] : args[at]?.slice('--output='.length);
  return said?.toLowerCase();
}
