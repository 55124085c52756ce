import { version } from '../package.json';
import { commands } from '../src/commands/index.js';
import { exitCodes } from '../src/core/errors.js';
import type { CommandEntry } from '../src/session/command.js';
import {
  type CommandName,
  commandNames,
  helpOf,
  negatedFlag,
  type Setting,
} from '../src/settings/setting.js';
import { flagsOf, settingGroups, settingNames, settingTable } from '../src/settings/table.js';

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'Every call was accepted, or was a duplicate, or was filtered; for check: all are valid.',
  bug: 'A bug in amocalls.',
  usage: 'Wrong usage, wrong configuration, input that cannot be read, or output that cannot be written.',
  notAllAccepted: 'The run ended, but some calls are invalid, rejected, unconfirmed or unsent.',
  refused: 'The service refused the credentials: stopped at once.',
  unreachable: 'The service could not be reached or kept failing: stopped, safe to run again later.',
  sighup: 'Its terminal was closed (SIGHUP); what is known so far is in the ledger.',
  sigint: 'Interrupted by Ctrl-C; what is known so far was printed.',
  sigterm: 'Interrupted by SIGTERM; what is known so far was printed.',
};

/**
 * The man pages, made of the table of settings and the words of the commands: `amocalls.1` and one for each command,
 * `amocalls-import.1`, as text for man(7).
 */
export function manPages(): ReadonlyMap<string, string> {
  const pages = commandNames.map((name) => [`${pageOf(name)}.1`, commandPage(name, commands[name])] as const);
  return new Map([['amocalls.1', mainPage()], ...pages]);
}

function mainPage(): string {
  const inEnvironment = settingNames.map((name) => settingTable[name]).filter(({ env }) => env !== undefined);
  return page('amocalls', [
    section('Name', ['amocalls \\- push call records to amoCRM']),
    section('Synopsis', [
      '.B amocalls\n.I command\n.RI [ flags ]\n.RI [ file ...]',
      '.br\n.B amocalls\n.RB [ \\-\\-help | \\-\\-version ]',
    ]),
    section('Description', [
      text(
        "amocalls sends call records to amoCRM's telephony: one call given by flags, or all calls of files. Every record ends as one outcome that can be seen, and the same command, run again, sends what is left and nothing else.",
      ),
    ]),
    section(
      'Commands',
      commandNames.map((name) => term(`.BR ${escaped(pageOf(name))} (1)`, commands[name].summary)),
    ),
    section(
      'Environment',
      inEnvironment.map(({ env = '', help }) => term(`.B ${escaped(env)}`, help)),
    ),
    section('Files', [
      term(
        '.I .amocallsrc',
        'The profile: YAML or JSON, also .amocallsrc.json, .amocallsrc.yaml, .amocallsrc.yml and the key amocalls of package.json. It is searched in the working directory, then in each folder above it; the nearest file alone counts.',
      ),
      term(
        '.I ~/.config/amocalls/config.yaml',
        'The profile of a user, where none was found above; also config.json and config.yml.',
      ),
      term(
        '.I ~/.local/state/amocalls/',
        'The ledger, which remembers what was sent. XDG_STATE_HOME moves it.',
      ),
    ]),
    exitStatus(),
    seeAlso(commandNames.map(pageOf)),
  ]);
}

function commandPage(name: CommandName, entry: CommandEntry): string {
  const options = settingGroups.flatMap((group) => {
    const flags = flagsOf(name, group);
    return flags.length === 0 ? [] : [`.SS ${group.title}`, ...flags.map((setting) => option(setting, name))];
  });
  const others = commandNames.filter((other) => other !== name).map(pageOf);
  const words = entry.arguments.map(([syntax]) => ` ${flagText(syntax)}`).join('');
  return page(pageOf(name), [
    section('Name', [`${escaped(pageOf(name))} \\- ${text(entry.summary)}`]),
    section('Synopsis', [`\\fBamocalls ${name}\\fR [\\fIflags\\fR]${words}`]),
    section('Description', [
      text(entry.description),
      ...entry.arguments.map(([syntax, help]) => term(flagText(syntax), help)),
    ]),
    section('Options', [...options, term(flagText('-h, --help'), 'print the help of this command')]),
    section(
      'Examples',
      entry.examples.map(
        ([comment, line]) => `${text(comment)}:\n.PP\n.nf\n.RS 4\n${escaped(line)}\n.RE\n.fi`,
      ),
    ),
    exitStatus(),
    seeAlso(['amocalls', ...others]),
  ]);
}

function option(setting: Setting, name: CommandName): string {
  const { flags = '', negatedHelp = '' } = setting;
  const negated = negatedFlag(setting, name);
  const entry = term(flagText(flags), helpOf(setting, name));
  return negated === undefined ? entry : `${entry}\n${term(flagText(negated), negatedHelp)}`;
}

function exitStatus(): string {
  const codes = Object.entries(exitMeanings).map(([name, meaning]) =>
    term(`.B ${Object.entries(exitCodes).find(([known]) => known === name)?.[1]}`, meaning),
  );
  return section('Exit status', codes);
}

function seeAlso(names: readonly string[]): string {
  return section('See also', [names.map((name) => `.BR ${escaped(name)} (1)`).join(' ,\n')]);
}

function page(name: string, sections: readonly string[]): string {
  // No date: the same sources make the same pages.
  return `.TH ${escaped(name.toUpperCase())} 1 "" "amocalls ${version}" "User Commands"\n${sections.join('')}`;
}

function section(title: string, parts: readonly string[]): string {
  return `.SH ${title.toUpperCase()}\n${parts.join('\n').replace(/^\.PP\n/, '')}\n`;
}

/** A word with what it means, one after the other in a list. `word` is already for man(7). */
function term(word: string, meaning: string): string {
  return `.TP\n${word}\n${text(meaning)}`;
}

/** Flags and arguments as man pages print them: what is typed is bold, what stands for something else is italic. */
function flagText(syntax: string): string {
  return syntax
    .split(/(<[^>]*>|\[[^\]]*\]|, )/)
    .filter((part) => part !== '')
    .map((part) => {
      if (part === ', ') return part;
      return /^[<[]/.test(part) ? `\\fI${escaped(part)}\\fR` : bold(part);
    })
    .join('');
}

function bold(part: string): string {
  const word = part.trimEnd();
  return `\\fB${escaped(word)}\\fR${part.slice(word.length)}`;
}

/** A sentence for man(7). */
function text(words: string): string {
  return escaped(words);
}

/** Nothing in it is a command of roff, and a hyphen is the one that can be copied into a shell. */
function escaped(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll("'", '\\(aq')
    .replace(/^\./gm, '\\&.');
}

function pageOf(name: CommandName): string {
  return `amocalls-${name}`;
}
