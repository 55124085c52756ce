// What completion offers, made of the tables of commands and settings.

import { mappableFields } from '../../core/call.js';
import { exitCodes, UserError } from '../../core/errors.js';
import { didYouMean } from '../../core/suggest.js';
import { print } from '../../output/stdout.js';
import type { CommandRun, Invocation } from '../../session/command.js';
import { findProfileFile } from '../../settings/profile-file.js';
import { commandNames, negatedFlag, typedFlags, type Values, valuesOf } from '../../settings/setting.js';
import { flagsOf } from '../../settings/table.js';
import {
  bash,
  type Completed,
  type CompletedCommand,
  type CompletedFlag,
  fish,
  powershell,
  zsh,
} from './scripts.js';

const scripts = { bash, zsh, fish, powershell } as const satisfies Record<
  string,
  (commands: readonly CompletedCommand[]) => string
>;

/**
 * Prints a completion script, made of the same tables as the commands themselves; or, for these scripts, the names of the
 * profiles that are found from the working directory.
 */
export const completion: CommandRun = async ({ args, context, commands }) => {
  const shell = args[0] ?? '';
  if (shell === 'profiles') {
    await print(context.stdout, (await profileNames(context)).map((name) => `${name}\n`).join(''));
    return exitCodes.ok;
  }
  const make = new Map(Object.entries(scripts)).get(shell);
  if (make === undefined) {
    const known = Object.keys(scripts);
    throw new UserError(`completion: "${shell}" is not a known shell${didYouMean(shell, known)}`, {
      hint: `Use one of ${known.join(', ')}.`,
    });
  }
  await print(context.stdout, make(await completedCommands(commands)));
  return exitCodes.ok;
};

/** The names in the profile file that a command would use here; none where it cannot be read. */
async function profileNames(context: Invocation['context']): Promise<readonly string[]> {
  const found = await findProfileFile(context, context.env['AMOCALLS_CONFIG'] || undefined).catch(
    () => undefined,
  );
  const profiles = found?.content['profiles'];
  return typeof profiles === 'object' && profiles !== null ? Object.keys(profiles) : [];
}

/** All commands with what may follow each. */
async function completedCommands(commands: Invocation['commands']): Promise<readonly CompletedCommand[]> {
  const lists = await wordLists();
  const placeOf = (values: Values): Completed => {
    if (values === 'files' || values === 'folders' || values === 'profiles') return values;
    return typeof values === 'string' ? lists[values] : values;
  };
  return commandNames.map((name) => {
    const flags = flagsOf(name).flatMap((setting): readonly CompletedFlag[] => {
      const values = valuesOf(setting, name);
      const help = setting.helpFor?.[name] ?? setting.help;
      const said = { names: typedFlags(setting), help, ...(values && { value: placeOf(values) }) };
      const no = negatedFlag(setting, name);
      return no === undefined ? [said] : [said, { names: [no], help: setting.negatedHelp ?? '' }];
    });
    const help = { names: ['--help', '-h'], help: 'print the help of this command' };
    const { summary, arguments: taken, words = taken === undefined ? [] : 'files' } = commands[name];
    return { name, help: summary, flags: [...flags, help], argument: placeOf(words) };
  });
}

/** The words that stand in tables elsewhere. */
async function wordLists(): Promise<
  Readonly<Record<'presets' | 'zones' | 'faults' | 'fields', readonly string[]>>
> {
  const { allPresets } = await import('../../records/presets/index.js');
  const { faultTable } = await import('../../sandbox/faults.js');
  return {
    presets: allPresets.map(({ name }) => name),
    zones: ['ids', 'UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')],
    faults: ['list', ...faultTable.map(({ name }) => `${name}=`)],
    fields: mappableFields.map((field) => `${field}=`),
  };
}
