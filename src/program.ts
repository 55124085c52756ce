import { Command, CommanderError, Option } from 'commander';
import { type CommandEntry, commands } from './commands/catalogue.js';
import type { Invocation } from './commands/command.js';
import type { Context } from './context.js';
import { UserError } from './core/errors.js';
import type { Setting } from './settings/setting.js';
import { type CommandName, commandNames } from './settings/setting.js';
import { flagsOf, helpOf, type Theme, themes } from './settings/table.js';
import { version } from './version.js';

/**
 * Turns arguments into the command to run. No work is done here, and no command is loaded but the one that is asked for.
 *
 * @returns undefined where the arguments asked for help or the version, which is then printed
 * @throws UserError for arguments that make no sense
 */
export async function interpret(args: readonly string[], context: Context): Promise<Invocation | undefined> {
  let chosen: Invocation | undefined;
  const program = buildProgram(context, (name, words, flags) => {
    chosen = { name, args: words, flags, context };
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw usageError(error, args);
  }
  return chosen;
}

type Choose = (name: CommandName, args: readonly string[], flags: Readonly<Record<string, unknown>>) => void;

/** The whole program as Commander sees it; also what completion scripts are made of. */
export function buildProgram(context: Pick<Context, 'stdout' | 'stderr'>, choose: Choose): Command {
  const program = new Command('amocalls')
    .description(
      "Push call records to amoCRM's telephony queue: from flags, CSV or JSON; nothing lost, nothing sent twice.",
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.stream.write(text),
      writeErr: (text) => context.stderr.stream.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
      outputError: () => undefined,
    })
    .addHelpText('after', () => examplesOf(programExamples));
  for (const name of commandNames) {
    program.addCommand(buildCommand(name, commands[name], program, choose));
  }
  return program;
}

const programExamples = [
  ['try it without an account', 'amocalls import calls.csv --sandbox'],
  ['see what a file holds, send nothing', 'amocalls check calls.csv'],
  ['send it', 'amocalls import calls.csv'],
] as const;

function buildCommand(name: CommandName, entry: CommandEntry, program: Command, choose: Choose): Command {
  const command = new Command(name)
    .copyInheritedSettings(program)
    .description(entry.description)
    .summary(entry.summary);
  for (const [syntax, help] of entry.arguments) command.argument(syntax, help);
  for (const theme of themes) addFlags(command, theme, name);
  command.addHelpText('after', () => examplesOf(entry.examples));
  command.action(() => choose(name, command.args, command.opts()));
  return command;
}

function addFlags(command: Command, theme: Theme, name: CommandName): void {
  for (const setting of flagsOf(name, theme)) {
    for (const option of optionsOf(setting)) command.addOption(option.helpGroup(`${theme.title}:`));
  }
}

function optionsOf(setting: Setting): readonly Option[] {
  if (setting.flags === undefined) return [];
  const option = new Option(setting.flags, helpOf(setting));
  if (setting.repeatable === true) {
    option.argParser<readonly string[]>((value, before) => [...(Array.isArray(before) ? before : []), value]);
  }
  if (setting.negated === undefined) return [option];
  return [option, new Option(setting.negated, setting.negatedHelp)];
}

function examplesOf(examples: readonly (readonly [string, string])[]): string {
  return `\nExamples:\n${examples.map(([comment, line]) => `  # ${comment}\n  ${line}`).join('\n')}\n`;
}

function usageError(error: CommanderError, args: readonly string[]): UserError {
  const name = commandNames.find((known) => args.includes(known));
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  const shown = error.code === 'commander.help' ? 'no command was given' : message;
  return new UserError(shown, {
    hint: `See: amocalls ${name === undefined ? '' : `${name} `}--help`,
    cause: error,
  });
}
