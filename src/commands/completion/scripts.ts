// The scripts of bash, zsh, fish and PowerShell.

import { shellQuoted } from '../../core/display.js';

/** What completion offers in one place of a command line: these words, or what the shell finds. Words that end with `=` are to be typed on. */
export type Completed = readonly string[] | 'files' | 'folders' | 'profiles';

/** A flag with its spellings, the long one first, and what may be its value; absent: it takes none. */
export interface CompletedFlag {
  readonly names: readonly string[];
  readonly help: string;
  readonly value?: Completed;
}

/** A command with what may follow it. */
export interface CompletedCommand {
  readonly name: string;
  readonly help: string;
  readonly flags: readonly CompletedFlag[];
  readonly argument: Completed;
}

const general = ['--help', '--version'];

/** A flag that takes a value, and the only command for which it offers these. */
interface FlagValue {
  readonly names: readonly string[];
  readonly value: Completed;
  /** Absent: all commands that have no value of their own for it. */
  readonly command?: string;
}

/** Values of most flags are the same for all commands: those that differ come first. */
function flagValues(commands: readonly CompletedCommand[]): readonly FlagValue[] {
  const known = new Map<string, FlagValue>();
  const own: FlagValue[] = [];
  for (const { name: command, flags } of commands) {
    for (const { names, value } of flags) {
      if (value === undefined) continue;
      const before = known.get(names.join());
      if (before === undefined) known.set(names.join(), { names, value });
      else if (JSON.stringify(before.value) !== JSON.stringify(value)) own.push({ names, value, command });
    }
  }
  return [...own, ...known.values()];
}

/** The script of bash, 3.2 (macOS) and later. */
export function bash(commands: readonly CompletedCommand[]): string {
  const offer = (place: Completed) =>
    typeof place === 'string' ? `_amocalls_${place}` : `_amocalls_words ${place.map(shellQuoted).join(' ')}`;
  const values = flagValues(commands).map(({ names, value, command = '*' }) => {
    const patterns = names.map((name) => `${command}\\ ${name}`);
    return `    ${patterns.join('|')}) ${offer(value)}; return ;;`;
  });
  const flags = commands.map(
    ({ name, flags: all }) =>
      `      ${name}) _amocalls_words ${all.flatMap(({ names }) => names).join(' ')} ;;`,
  );
  const firsts = commands.map(({ name, argument }) => `    ${name}) ${offer(argument)} ;;`);
  return `# bash completion for amocalls
_amocalls_lines() { COMPREPLY=(); local line; while IFS= read -r line; do COMPREPLY+=("$line"); done; }
_amocalls_words() {
  _amocalls_lines < <(compgen -W "$*" -- "$word")
  case "\${COMPREPLY[0]}" in *=) compopt -o nospace 2>/dev/null ;; esac
}
_amocalls_files() { compopt -o filenames 2>/dev/null; _amocalls_lines < <(compgen -f -- "$word"); }
_amocalls_folders() { compopt -o filenames 2>/dev/null; _amocalls_lines < <(compgen -d -- "$word"); }
_amocalls_profiles() { _amocalls_words "$(amocalls completion profiles 2>/dev/null)"; }
_amocalls() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  # bash takes the = of --preset=x for a word.
  if [ "$word" = '=' ]; then word=''; elif [ "$before" = '=' ]; then before="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [ "$COMP_CWORD" -eq 1 ]; then
    _amocalls_words ${[...commands.map(({ name }) => name), ...general].join(' ')}
    return
  fi
  case "$command $before" in
${values.join('\n')}
  esac
  case "$word" in
    -*) case "$command" in
${flags.join('\n')}
      esac
      return ;;
  esac
  case "$command" in
${firsts.join('\n')}
  esac
}
complete -F _amocalls amocalls
`;
}

/** The script of zsh. */
export function zsh(commands: readonly CompletedCommand[]): string {
  const quote = (text: string) =>
    text.replaceAll("'", "'\\''").replaceAll('[', '(').replaceAll(']', ')').replaceAll(':', '\\:');
  const offer = (place: Completed) => {
    if (place === 'files') return '_files';
    if (place === 'folders') return '_files -/';
    if (place === 'profiles') return `{compadd -- \${(f)"$(amocalls completion profiles 2>/dev/null)"}}`;
    if (place.length === 0) return ' ';
    const words = place.map(quote).join(' ');
    return place.every((word) => word.endsWith('=')) ? `{compadd -S "" -- ${words}}` : `(${words})`;
  };
  const specs = ({ names, help, value }: CompletedFlag) =>
    names.map((name) => `'*${name}[${quote(help)}]${value === undefined ? '' : `:value:${offer(value)}`}'`);
  const names = commands.map(({ name, help }) => `    '${name}:${quote(help)}'`);
  const cases = commands.map(
    ({ name, flags, argument }) =>
      `    ${name}) _arguments ${flags.flatMap(specs).join(' ')} '*:argument:${offer(argument)}' ;;`,
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
if [ "$funcstack[1]" = "_amocalls" ]; then _amocalls "$@"; else compdef _amocalls amocalls; fi
`;
}

/** The script of fish. */
export function fish(commands: readonly CompletedCommand[]): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const offer = (place: Completed) => {
    if (place === 'files') return '-r -F';
    if (place === 'folders') return `-x -a '(__fish_complete_directories)'`;
    if (place === 'profiles') return `-x -a '(amocalls completion profiles 2>/dev/null)'`;
    return place.length === 0 ? '-x' : `-x -a ${quote(place.join(' '))}`;
  };
  const lines = commands.flatMap(({ name, help, flags, argument }) => {
    const seen = `complete -c amocalls -n '__fish_seen_subcommand_from ${name}'`;
    const words =
      typeof argument === 'string' || argument.length === 0 ? '' : ` -a ${quote(argument.join(' '))}`;
    return [
      `complete -c amocalls -f -n __fish_use_subcommand -a ${name} -d ${quote(help)}`,
      ...(argument === 'files' ? [] : [`${seen} -f${words}`]),
      ...flags.map(({ names, help: text, value }) => {
        const spelt = names.map((one) =>
          one.startsWith('--') ? `-l ${one.slice(2)}` : `-s ${one.slice(1)}`,
        );
        return `${seen} ${spelt.join(' ')}${value === undefined ? '' : ` ${offer(value)}`} -d ${quote(text)}`;
      }),
    ];
  });
  return `# fish completion for amocalls\n${lines.join('\n')}\n`;
}

/** The script of PowerShell, 5.1 and later. */
export function powershell(commands: readonly CompletedCommand[]): string {
  const list = (texts: readonly string[]) =>
    `@(${texts.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')})`;
  const flags = commands.map(
    ({ name, flags: all }) => `    '${name}' = ${list(all.flatMap(({ names }) => names))}`,
  );
  const values = flagValues(commands).flatMap(({ names, value, command }) =>
    typeof value !== 'string' && command === undefined
      ? names.map((name) => `    '${name}' = ${list(value)}`)
      : [],
  );
  const firsts = commands.flatMap(({ name, argument }) =>
    typeof argument === 'string' ? [] : [`    '${name}' = ${list(argument)}`],
  );
  return `# PowerShell completion for amocalls
Register-ArgumentCompleter -Native -CommandName amocalls -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $flags = @{
${flags.join('\n')}
  }
  $values = @{
${values.join('\n')}
  }
  $arguments = @{
${firsts.join('\n')}
  }
  $words = @($commandAst.CommandElements | ForEach-Object { $_.ToString() })
  $before = if ($wordToComplete -eq '') { $words[-1] } else { $words[-2] }
  $command = $words[1]
  $choices = if ($words.Count -lt 2 -or ($words.Count -eq 2 -and $wordToComplete -ne '')) { ${list(commands.map(({ name }) => name))} }
    elseif ($before -in '--profile') { amocalls completion profiles 2>$null }
    elseif ($values.ContainsKey($before)) { $values[$before] }
    elseif ($wordToComplete -like '-*') { $flags[$command] }
    else { $arguments[$command] }
  # Nothing to offer: PowerShell completes file names by itself.
  $choices | Where-Object { $_ -like "$wordToComplete*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}
