import { version } from '../package.json';
import { commands } from '../src/commands/index.js';
import { exitCodes } from '../src/core/errors.js';
import type { CommandEntry } from '../src/session/command.js';
import {
  type CommandName,
  commandNames,
  helpOf,
  type Setting,
  type SettingGroup,
} from '../src/settings/setting.js';
import { settingGroups, settingNames, settingTable } from '../src/settings/table.js';

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

/** The man page, `amocalls.1`, made of the table of settings and the words of the commands, as text for man(7). */
export function manPage(): string {
  const inEnvironment = settingNames.map((name) => settingTable[name]).filter(({ env }) => env !== undefined);
  const codes = Object.entries(exitMeanings).map(([name, meaning]) =>
    term(`.B ${Object.entries(exitCodes).find(([known]) => known === name)?.[1]}`, meaning),
  );
  return [
    // No date: the same sources make the same page.
    `.TH AMOCALLS 1 "" "amocalls ${version}" "User Commands"\n`,
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
      commandNames.map((name) => commandPart(name, commands[name])),
    ),
    section('Options', [
      ...settingGroups.map(optionsPart),
      term(flagText('-h, --help'), 'print the help of a command'),
    ]),
    section(
      'Environment',
      inEnvironment.map(({ env = '', help }) => term(`.B ${escaped(env)}`, help)),
    ),
    section(
      'Files',
      files.map(([file, what]) => term(`.I ${file}`, what)),
    ),
    section('Exit status', codes),
  ].join('');
}

const files = [
  [
    '.amocallsrc',
    'The profile: YAML or JSON, also .amocallsrc.json, .amocallsrc.yaml, .amocallsrc.yml and the key amocalls of package.json. It is searched in the working directory, then in each folder above it; the nearest file alone counts.',
  ],
  [
    '~/.config/amocalls/config.yaml',
    'The profile of a user, where none was found above; also config.json and config.yml.',
  ],
  ['~/.local/state/amocalls/', 'The ledger, which remembers what was sent. XDG_STATE_HOME moves it.'],
] as const;

function commandPart(name: CommandName, entry: CommandEntry): string {
  const { arguments: taken = [] } = entry;
  const words = taken.map(([syntax]) => ` ${flagText(syntax)}`).join('');
  return [
    `.SS \\fBamocalls ${name}\\fR [\\fIflags\\fR]${words}`,
    text(entry.description),
    ...taken.map(([syntax, help]) => term(flagText(syntax), help)),
    ...entry.examples.map(
      ([comment, line]) => `.PP\n${text(comment)}:\n.PP\n.nf\n.RS 4\n${escaped(line)}\n.RE\n.fi`,
    ),
  ].join('\n');
}

/** The flags of a group, each with the commands that take it. */
function optionsPart(group: SettingGroup): string {
  const settings = Object.values<Setting>(group.settings).filter(({ flags }) => flags !== undefined);
  return [`.SS ${group.title}`, ...settings.map(option)].join('\n');
}

function option(setting: Setting): string {
  const { flags = '', negation, byCommand = {}, commands: takenBy } = setting;
  const others = Object.entries(byCommand).map(([name, { help }]) => ` For ${name}: ${help}.`);
  const taken = `Taken by ${takenBy.join(', ')}.`;
  const entry = term(flagText(flags), `${helpOf(setting)}. ${taken}${others.join('')}`);
  return negation === undefined ? entry : `${entry}\n${term(flagText(negation.flag), negation.help)}`;
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
