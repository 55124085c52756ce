import { oneOf, text, wordOrNumber, yesNo } from './parsers.js';
import { commandNames, type Setting } from './setting.js';

/** Settings that say what is printed; none of them may stand in a profile, where it would change what scripts read. */
export const outputSettings = {
  output: {
    flags: '--output <format>',
    parse: oneOf(['table', 'json', 'ndjson']),
    default: 'table',
    help: 'table, json or ndjson',
    commands: commandNames,
  },
  rows: {
    flags: '--rows <n>',
    parse: wordOrNumber('all', 0, 1_000_000_000),
    default: 100,
    help: 'rows that a table prints before it says how many more there are, or all',
    commands: commandNames,
  },
  quiet: {
    flags: '-q, --quiet',
    parse: yesNo,
    default: false,
    help: 'errors only on stderr',
    commands: commandNames,
  },
  verbose: {
    flags: '--verbose',
    parse: yesNo,
    default: false,
    help: 'each request on stderr, the key masked',
    commands: commandNames,
  },
  color: {
    flags: '--color',
    negated: '--no-color',
    negatedHelp: 'never colour',
    parse: yesNo,
    help: 'always colour; without it where a terminal shows it',
    commands: commandNames,
  },
  unconfirmed: {
    flags: '--unconfirmed',
    parse: yesNo,
    default: false,
    help: 'only calls that were sent and never confirmed',
    commands: ['history'],
  },
  before: {
    flags: '--before <date>',
    parse: text,
    help: 'date before which history forget prunes the ledger',
    commands: ['history'],
  },
} as const satisfies Record<string, Setting>;
