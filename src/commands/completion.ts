import { exitCodes, UserError } from '../core/errors.js';
import { suggest } from '../core/suggest.js';
import { print } from '../output/stdout.js';
import { commandNames, longFlag, negatedFlag } from '../settings/setting.js';
import { flagsOf } from '../settings/table.js';
import type { CommandRun, Invocation } from './index.js';

/** A command with what may follow it. */
interface Word {
  readonly name: string;
  readonly help: string;
  readonly flags: readonly { readonly flag: string; readonly help: string }[];
}

/** Prints a completion script, made of the same tables as the commands themselves. */
export const completion: CommandRun = async ({ args, context, commands }) => {
  const shell = args[0] ?? '';
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (script === undefined) {
    const near = suggest(shell, Object.keys(scripts));
    throw new UserError(`there is no completion for "${shell}"`, {
      hint:
        near === undefined ? `Known shells: ${Object.keys(scripts).join(', ')}.` : `Did you mean ${near}?`,
    });
  }
  await print(context.stdout, script(words(commands)));
  return exitCodes.ok;
};

const scripts: Readonly<Record<string, (words: readonly Word[]) => string>> = { bash, zsh, fish, powershell };

function words(commands: Invocation['commands']): readonly Word[] {
  return commandNames.map((name) => ({
    name,
    help: commands[name].summary,
    flags: flagsOf(name).flatMap((setting) => [
      { flag: longFlag(setting) ?? '', help: setting.helpFor?.[name] ?? setting.help },
      ...[negatedFlag(setting, name)].flatMap((flag) =>
        flag === undefined ? [] : [{ flag, help: setting.negatedHelp ?? '' }],
      ),
    ]),
  }));
}

function bash(all: readonly Word[]): string {
  const cases = all.map(
    ({ name, flags }) => `    ${name}) flags="${flags.map(({ flag }) => flag).join(' ')} --help" ;;`,
  );
  return `# bash completion for amocalls
_amocalls() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command="\${COMP_WORDS[1]}" flags=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${all.map(({ name }) => name).join(' ')} --help --version" -- "$word"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
  case "$word" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$word")) ;;
    *) COMPREPLY=($(compgen -f -- "$word")) ;;
  esac
}
complete -o filenames -F _amocalls amocalls
`;
}

function zsh(all: readonly Word[]): string {
  const quote = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll('[', '(').replaceAll(']', ')').replaceAll(':', '\\:');
  const names = all.map(({ name, help }) => `    '${name}:${quote(help)}'`);
  const cases = all.map(
    ({ name, flags }) =>
      `    ${name}) _arguments ${flags.map(({ flag, help }) => `'*${flag}[${quote(help)}]'`).join(' ')} '*:file:_files' ;;`,
  );
  return `#compdef amocalls
_amocalls() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  shift words
  (( CURRENT-- ))
  case "$command" in
${cases.join('\n')}
  esac
}
_amocalls "$@"
`;
}

function fish(all: readonly Word[]): string {
  const quote = (text: string) => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
  const lines = all.flatMap(({ name, help, flags }) => [
    `complete -c amocalls -f -n __fish_use_subcommand -a ${name} -d '${quote(help)}'`,
    ...flags.map(
      ({ flag, help: text }) =>
        `complete -c amocalls -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)} -d '${quote(text)}'`,
    ),
  ]);
  return `# fish completion for amocalls\n${lines.join('\n')}\n`;
}

function powershell(all: readonly Word[]): string {
  const list = (texts: readonly string[]) => texts.map((text) => `'${text}'`).join(', ');
  const cases = all.map(({ name, flags }) => `    '${name}' = @(${list(flags.map(({ flag }) => flag))})`);
  return `# PowerShell completion for amocalls
Register-ArgumentCompleter -Native -CommandName amocalls -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${cases.join('\n')}
  }
  $words = $commandAst.CommandElements | ForEach-Object { $_.ToString() }
  $choices = if ($words.Count -gt 1 -and $flags.ContainsKey($words[1])) { $flags[$words[1]] } else { @(${list(all.map(({ name }) => name))}) }
  $choices | Where-Object { $_ -like "$wordToComplete*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterName', $_) }
}
`;
}
