// The commands as Commander sees them, no work.

import { Command, CommanderError, Option } from 'commander';
import { version } from '../package.json';
import { commands } from './commands/index.js';
import type { Context } from './context.js';
import { UserError } from './core/errors.js';
import { didYouMean } from './core/suggest.js';
import { print } from './output/stdout.js';
import type { CommandEntry, Invocation } from './session/command.js';
import { type CommandName, commandNames, helpOf, negationOf, type Setting } from './settings/setting.js';

/**
 * Turns arguments into the command to run. No work is done here, and no command is loaded but the one that is asked for.
 *
 * @returns undefined where the arguments asked for help or the version, which is then printed
 * @throws UserError for arguments that make no sense
 */
export async function interpret(args: readonly string[], context: Context): Promise<Invocation | undefined> {
  let chosen: Invocation | undefined;
  const choose: Choose = (name, words, flags) => {
    chosen = { name, args: words, flags, context, commands };
  };
  let said = '';
  const say = (text: string) => {
    said += text;
  };
  const [first, asked] = args;
  if (first === 'help' && asked !== undefined && !asked.startsWith('-')) {
    const near = didYouMean(asked, commandNames);
    if (!commandNames.some((name) => name === asked))
      throw new UserError(`unknown command '${asked}'${near}`, { hint: 'See: amocalls --help' });
  }
  const program = await buildProgram(
    { context, say },
    choose,
    commandNames.filter((name) => args.includes(name)),
  );
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, args);
    await print(context.stdout, said);
  }
  return chosen;
}

type Choose = (name: CommandName, args: readonly string[], flags: Readonly<Record<string, unknown>>) => void;

/** Where the program speaks, and how wide that is. */
export interface Screen {
  readonly context: Pick<Context, 'stdout' | 'stderr'>;
  /** Hears the help, or the version. */
  readonly say: (text: string) => void;
}

/**
 * The program as Commander sees it.
 *
 * @param flagged the commands that get their flags; the others, of which nothing but their line in the list of
 * commands is wanted, do without, which halves the time of help
 */
export async function buildProgram(
  { context, say }: Screen,
  choose: Choose,
  flagged: readonly CommandName[] = commandNames,
): Promise<Command> {
  const program = new Command('amocalls')
    .description(
      'Push call records to amoCRM and Kommo: from flags, CSV, JSON or Excel workbooks (.xlsx); nothing lost, nothing sent twice.',
    )
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureOutput({
      writeOut: say,
      writeErr: (text) => context.stderr.stream.write(text),
      getOutHelpWidth: () => context.stdout.columns,
      getErrHelpWidth: () => context.stderr.columns,
      outputError: () => undefined,
    })
    // Every command has options: saying so in each line would leave too little room for what it does.
    .configureHelp({
      subcommandTerm: (command) =>
        `${command.name()} ${command.usage().replace('[options]', '').trim()}`.trim(),
      minWidthToWrap: 20,
    })
    .helpCommand('help [command]', 'print the help of a command')
    .addHelpText('after', () => examplesOf(programExamples));
  for (const name of commandNames) {
    program.addCommand(buildCommand(name, commands[name], program, choose));
  }
  for (const command of program.commands) {
    const name = flagged.find((known) => known === command.name());
    if (name !== undefined) await addFlags(command, name);
  }
  return program;
}

/** Gives a command the flags that the table of settings has for it, in groups as help shows them. */
async function addFlags(command: Command, name: CommandName): Promise<void> {
  const { flagsOf, settingGroups } = await import('./settings/table.js');
  for (const group of settingGroups) {
    for (const setting of flagsOf(name, group)) {
      for (const option of optionsOf(setting, name)) {
        command.addOption(option.helpGroup(`${group.title}:`));
      }
    }
  }
}

function optionsOf(setting: Setting, command: CommandName): readonly Option[] {
  if (setting.flags === undefined) return [];
  const option = new Option(setting.flags, helpOf(setting, command));
  if (setting.repeatable === true) {
    option.argParser<readonly string[]>((value, before) => [...(Array.isArray(before) ? before : []), value]);
  }
  const no = negationOf(setting, command);
  return no === undefined ? [option] : [option, new Option(no.flag, no.help)];
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
  for (const [syntax, help] of entry.arguments ?? []) command.argument(syntax, help);
  command.allowExcessArguments(entry.takesMore === true);
  command.addHelpText('after', () => examplesOf(entry.examples));
  command.action(() => choose(name, command.args, command.opts()));
  return command;
}

function examplesOf(examples: readonly (readonly [string, string])[]): string {
  return `\nExamples:\n${examples.map(([comment, line]) => `  # ${comment}\n  ${line}`).join('\n')}\n`;
}

function usageError(error: CommanderError, args: readonly string[]): UserError {
  const name = args.find((arg) => commandNames.some((known) => known === arg));
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  // What stands behind the = of a flag that is not known may be a secret: nothing of it is repeated.
  const told = error.code === 'commander.unknownOption' ? message.replace(/=.*'/, "'") : message;
  const shown = error.code === 'commander.help' ? 'no command was given' : told;
  // The help was printed already.
  if (error.code === 'commander.help') return new UserError(shown, { cause: error });
  const help = `See: amocalls ${name === undefined ? '' : `${name} `}--help`;
  return new UserError(shown, { hint: /'--key'/.test(shown) ? keyHint : help, cause: error });
}

const keyHint =
  'Every user of this machine can see a key in a command: write it into a profile, or set AMOCALLS_KEY.';
