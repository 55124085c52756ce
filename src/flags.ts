import { type Command, Option } from 'commander';
import type { CommandName, Setting } from './settings/setting.js';
import { flagsOf, helpOf, settingGroups } from './settings/table.js';

/** Gives a command the flags that the table of settings has for it, in groups as help shows them. */
export function addFlags(command: Command, name: CommandName): void {
  for (const group of settingGroups) {
    for (const setting of flagsOf(name, group)) {
      for (const option of optionsOf(setting)) command.addOption(option.helpGroup(`${group.title}:`));
    }
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
