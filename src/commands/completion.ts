// Completion: scripts of the shells, and what may follow the words that were typed.

import { mappableFields } from '../core/call.js';
import { exitCodes, UserError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import { print } from '../output/stdout.js';
import type { CommandRun, Invocation } from '../session/command.js';
import { profilesIn } from '../settings/profile.js';
import { findProfileFile } from '../settings/profile-file.js';
import { commandNames, negationOf, typedFlags, type Values, valuesOf, wordsOf } from '../settings/setting.js';
import { flagsOf } from '../settings/table.js';

/**
 * Each script asks the program, by `completion words -- <word>...` with the word that is being typed as the last one. It gets
 * a line `word<tab>help` for each word that fits, or one of the lines `:files` and `:folders`, which a shell finds better.
 * A word that ends with `=` is to be typed on.
 */
const scripts: Readonly<Record<string, string>> = {
  // 3.2 (macOS) and later.
  bash: `# bash completion for amocalls
_amocalls() {
  local word="\${COMP_WORDS[COMP_CWORD]}" line found
  [ "$word" = '=' ] && word=''
  COMPREPLY=()
  found="$(amocalls completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)"
  case "$found" in
    '') return ;;
    :files) compopt -o filenames 2>/dev/null; found="$(compgen -f -- "$word")" ;;
    :folders) compopt -o filenames 2>/dev/null; found="$(compgen -d -- "$word")" ;;
    *=$'\\t'*) compopt -o nospace 2>/dev/null ;;
  esac
  while IFS= read -r line; do COMPREPLY+=("\${line%%$'\\t'*}"); done <<< "$found"
}
complete -F _amocalls amocalls
`,
  zsh: `#compdef amocalls
_amocalls() {
  local -a found
  found=("\${(@f)$(amocalls completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case "$found[1]" in
    '') ;;
    :files) _files ;;
    :folders) _files -/ ;;
    *=$'\\t'*) compadd -S '' -- "\${(@)found%%$'\\t'*}" ;;
    *) found=("\${(@)found//:/\\\\:}"); found=("\${(@)found/$'\\t'/:}"); _describe amocalls found ;;
  esac
}
if [ "$funcstack[1]" = "_amocalls" ]; then _amocalls "$@"; else compdef _amocalls amocalls; fi
`,
  fish: `# fish completion for amocalls
function __amocalls_words
  set -l words (commandline -opc) "$(commandline -ct)"
  set -l found (amocalls completion words -- $words[2..] 2>/dev/null)
  switch "$found[1]"
    case :files
      __fish_complete_path $words[-1]
    case :folders
      __fish_complete_directories $words[-1]
    case '*'
      string join \\n -- $found
  end
end
complete -c amocalls -f -a '(__amocalls_words)'
`,
  // 5.1 and later. Where nothing is found, it completes the names of files by itself.
  powershell: `# PowerShell completion for amocalls
Register-ArgumentCompleter -Native -CommandName amocalls -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  # Until 7.3 an empty word is lost on its way to a program, unless it is in quotes.
  if ($wordToComplete -eq '') { $words += if ($PSVersionTable.PSVersion -lt [version]'7.3') { '""' } else { '' } }
  amocalls completion words -- @words 2>$null | Where-Object { $_ -notlike ':*' } | ForEach-Object {
    $word, $help = $_ -split "\`t", 2
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $(if ($help) { $help } else { $word }))
  }
}
`,
};

/** Prints the completion script of a shell or, for these scripts, what may follow the words that were typed. */
export const completion: CommandRun = async ({ args, context, commands }) => {
  const [shell = '', ...typed] = args;
  const known = Object.keys(scripts);
  const text = shell === 'words' ? await offered(typed, { context, commands }) : scripts[shell];
  if (shell !== 'words' && typed.length > 0)
    throw new UserError(`completion ${shell}: takes no further word`, { hint: 'Name one shell.' });
  if (text === undefined) {
    throw new UserError(`completion: "${shell}" is not a known shell${didYouMean(shell, known)}`, {
      hint: `Use one of ${known.join(', ')}.`,
    });
  }
  await print(context.stdout, text);
  return exitCodes.ok;
};

/** A word that may stand in a place, and what it does. */
interface Offer {
  readonly word: string;
  readonly help?: string;
}

/** The lines for the last of these words, which is being typed. bash takes the `=` of `--preset=x` for a word of its own. */
async function offered(typed: readonly string[], deps: Deps): Promise<string> {
  const last = typed.at(-1) === '=' ? '' : (typed.at(-1) ?? '');
  const [, flag, value] = /^(--[^=]+=)(.*)$/s.exec(last) ?? [];
  const before = typed.slice(0, -1).filter((word) => word !== '=');
  if (flag !== undefined) before.push(flag.slice(0, -1));
  const offers = await offersAfter(before, value ?? last, deps);
  if (typeof offers === 'string') return `:${offers}\n`;
  return offers
    .map(({ word, help = '' }) => ({ word: `${flag ?? ''}${word}`, help }))
    .filter(({ word }) => word.startsWith(last))
    .map(({ word, help }) => `${word}\t${help}\n`)
    .join('');
}

type Deps = Pick<Invocation, 'context' | 'commands'>;

/** What may stand behind these words: the value of a flag, a flag, or a word of the command. */
async function offersAfter(
  before: readonly string[],
  word: string,
  deps: Deps,
): Promise<readonly Offer[] | 'files' | 'folders'> {
  const [first] = before;
  const name = commandNames.find((known) => known === first);
  if (first === undefined) {
    const all = commandNames.map((known) => ({ word: known, help: deps.commands[known].summary }));
    return [...all, { word: '--help' }, { word: '--version' }];
  }
  if (name === undefined) return [];
  const flags = flagsOf(name);
  const asked = flags.find((setting) => typedFlags(setting).includes(before.at(-1) ?? ''));
  const values = asked && valuesOf(asked, name);
  if (values !== undefined) return offersOf(values, deps.context);
  if (!word.startsWith('-')) {
    const { arguments: taken, words = taken === undefined ? [] : 'files' } = deps.commands[name];
    return offersOf(words, deps.context);
  }
  const offers = flags.flatMap((setting): readonly Offer[] => {
    const no = negationOf(setting, name);
    const yes = typedFlags(setting).map((spelt) => ({ word: spelt, help: wordsOf(setting, name) }));
    return no === undefined ? yes : [...yes, { word: no.flag, help: no.help }];
  });
  return [...offers, { word: '--help', help: 'print the help of this command' }, { word: '-h' }];
}

/** What may stand in a place, with the words that only a table elsewhere knows. */
async function offersOf(
  values: Values,
  context: Invocation['context'],
): Promise<readonly Offer[] | 'files' | 'folders'> {
  switch (values) {
    case 'files':
    case 'folders':
      return values;
    case 'profiles':
      return (await profileNames(context)).map((word) => ({ word }));
    case 'presets': {
      const { allPresets } = await import('../records/presets/index.js');
      return allPresets.map(({ name, title }) => ({ word: name, help: title }));
    }
    case 'faults': {
      const { faultTable } = await import('../sandbox/faults.js');
      return [{ word: 'list' }, ...faultTable.map(({ name, does }) => ({ word: `${name}=`, help: does }))];
    }
    case 'zones':
      return ['ids', 'UTC', ...Intl.supportedValuesOf('timeZone')].map((word) => ({ word }));
    case 'fields':
      return mappableFields.map((field) => ({ word: `${field}=` }));
    default:
      return values.map((word) => ({ word }));
  }
}

/** The names in the profile file that a command would use here; none where it cannot be read. */
async function profileNames(context: Invocation['context']): Promise<readonly string[]> {
  const found = await findProfileFile(context, context.env['AMOCALLS_CONFIG'] || undefined).catch(
    () => undefined,
  );
  return Object.keys(profilesIn(found?.content ?? {}));
}
