import { Problem } from '../core/errors.js';
import { decimal, oneOf, text, wholeNumber, yesNo } from './parsers.js';
import { type CommandName, forSending, type Setting } from './setting.js';

const forLedger = ['add', 'import', 'history'] as const satisfies readonly CommandName[];

/** Settings that say how calls are sent, and what happens to those that are not accepted. */
export const sendingSettings = {
  sandbox: {
    flags: '--sandbox',
    parse: yesNo,
    default: false,
    help: 'send to a stand-in for the service inside this process, for practice; needs no profile',
    commands: forSending,
  },
  dryRun: {
    flags: '-n, --dry-run',
    parse: yesNo,
    default: false,
    help: 'show what would be sent, send nothing',
    commands: forSending,
  },
  chunkSize: {
    flags: '--chunk-size <n>',
    profile: 'chunk_size',
    parse: wholeNumber(1, 1000),
    default: 100,
    help: 'calls in a request at most, 1 to 1000',
    commands: forSending,
  },
  concurrency: {
    flags: '--concurrency <n>',
    profile: 'concurrency',
    parse: wholeNumber(1, 64),
    default: 4,
    help: 'requests in flight at the same time at most, 1 to 64',
    commands: forSending,
  },
  rate: {
    flags: '--rate <n>',
    profile: 'rate',
    parse: decimal(0, 1000),
    default: 6.5,
    help: 'requests a second at most, reached step by step; 0 is no limit',
    commands: forSending,
  },
  retries: {
    flags: '--retries <n>',
    profile: 'retries',
    parse: wholeNumber(0, 100),
    default: 5,
    help: 'times that a request is sent again at most, where the service surely has not received it',
    commands: forSending,
  },
  timeout: {
    flags: '--timeout <seconds>',
    profile: 'timeout',
    parse: decimal(0.1, 3600),
    default: 30,
    help: 'seconds to wait for an answer at most',
    commands: forSending,
  },
  onLostAnswer: {
    flags: '--on-lost-answer <what>',
    profile: 'on_lost_answer',
    parse: oneOf(['hold', 'resend']),
    default: 'hold',
    help: 'calls whose answer was lost: hold them back as unconfirmed, or resend them with the same uuid',
    commands: forSending,
  },
  maxErrors: {
    flags: '--max-errors <n>',
    profile: 'max_errors',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'stop after so many calls that were not accepted; without it never',
    commands: forSending,
  },
  ledger: {
    flags: '--ledger <file>',
    negated: '--no-ledger',
    negatedHelp: 'remember nothing: a second run sends everything again',
    env: 'AMOCALLS_LEDGER',
    profile: 'ledger',
    parse: (raw: unknown) =>
      raw === false ? false : raw === true ? new Problem('names no file') : text(raw),
    path: true,
    help: "file that remembers what was sent; without it one in the user's state folder",
    commands: forLedger,
  },
  resend: {
    flags: '--resend',
    parse: yesNo,
    default: false,
    help: 'send again what the ledger says was accepted',
    commands: forSending,
  },
  rejects: {
    flags: '--rejects <file>',
    profile: 'rejects',
    parse: text,
    path: true,
    help: 'write every record that was not accepted to this file, to be mended and imported again',
    commands: forSending,
  },
} as const satisfies Record<string, Setting>;
