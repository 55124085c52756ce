// All settings in one table, by group.

import { callStatuses } from '../core/call.js';
import { contradictionKinds } from '../core/contradiction.js';
import { type Parsed, Problem } from '../core/errors.js';
import { type OutputFormat, outputFormats } from '../core/outcome.js';
import { formats } from '../core/row.js';
import {
  boolean,
  decimal,
  defaultBaseUrl,
  duration,
  names,
  oneOf,
  parseAccountId,
  parseBaseUrl,
  parseCallStatus,
  parsePattern,
  parseUsers,
  parseWebAddress,
  scalar,
  secretText,
  text,
  tokenText,
  wholeNumber,
  wordOrDuration,
  wordOrNumber,
} from './parse.js';
import {
  parseAllow,
  parseCountry,
  parseDelimiter,
  parseEncoding,
  parseInternal,
  parseMap,
  parseSet,
  parseTimezone,
  parseTypeMap,
} from './parse-reading.js';
import {
  type CommandName,
  commandNames,
  forLinks,
  forProfile,
  forReading,
  forSending,
  forService,
  type Setting,
  type ValueOf,
} from './setting.js';

const statusList = Object.entries(callStatuses)
  .map(([name, status]) => `${status} ${name}`)
  .join(', ');

/** The call that `add` sends, raw as the cells of a row are: the records room checks the values. */
const callSettings = {
  uuid: {
    flags: '--uuid <id>',
    parse: text,
    help: 'unique id of the call; by default derived from account, caller, to, date and type',
    commands: ['add'],
  },
  caller: { flags: '--caller <number>', parse: text, help: 'number that called', commands: ['add'] },
  to: { flags: '--to <number>', parse: text, help: 'number that was called', commands: ['add'] },
  date: {
    flags: '--date <when>',
    parse: text,
    help: 'start of the call: unix seconds, or a date such as 2024-11-03T10:15:00+03:00; by default now',
    commands: ['add'],
  },
  type: {
    flags: '--type <type>',
    values: ['inbound', 'outbound'],
    parse: text,
    help: 'inbound or outbound',
    commands: ['add'],
  },
  billsec: {
    flags: '--billsec <seconds>',
    parse: text,
    help: 'talk time in seconds; 0 is a missed call',
    helpFor: { recordings: 'talk time of the call in seconds, to compare the length of its recording with' },
    commands: ['add', 'recordings'],
  },
  link: { flags: '--link <url>', parse: text, help: 'address of the recording', commands: ['add'] },
  callStatus: {
    values: Object.values(callStatuses).map(String),
    flags: '--call-status <n>',
    parse: parseCallStatus,
    requires: { api: 'v4' },
    help: `status of the call (v4): ${statusList}; by default 4 with talk time, 6 without`,
    commands: ['add'],
  },
  callResult: {
    flags: '--call-result <text>',
    parse: text,
    requires: { api: 'v4' },
    help: 'result of the call in your own words (v4)',
    commands: ['add'],
  },
} as const satisfies Record<string, Setting>;

/** `add` reads its --date and its numbers as a file's columns are read. */
const forValues = ['add', 'import', 'check', 'follow'] as const satisfies readonly CommandName[];

const detected = 'by default detected by the file extension, then by the content';

/** Settings that say how a file is read: its dialect first, then its columns, then their values, then which records count. */
export const readingSettings = {
  format: {
    flags: '--format <format>',
    profile: 'format',
    parse: oneOf(formats),
    help: `csv, json, ndjson or xlsx; ${detected}`,
    helpFor: { follow: `csv or ndjson; ${detected}` },
    valuesFor: { follow: ['csv', 'ndjson'] },
    commands: forReading,
  },
  encoding: {
    flags: '--encoding <name>',
    profile: 'encoding',
    parse: parseEncoding,
    help: 'encoding of the file, such as windows-1251; by default detected',
    commands: forReading,
  },
  delimiter: {
    flags: '--delimiter <char>',
    profile: 'delimiter',
    parse: parseDelimiter,
    help: 'separator of CSV columns: one character, or tab; by default detected',
    commands: forReading,
  },
  columns: {
    flags: '--columns <names>',
    profile: 'columns',
    parse: names,
    help: 'names of the columns, a,b,c, for a CSV that has no header; an empty name skips its column',
    commands: forReading,
  },
  path: {
    flags: '--path <path>',
    profile: 'path',
    parse: text,
    help: 'path to the list of calls in a JSON file, such as result.data',
    commands: forReading,
  },
  sheet: {
    flags: '--sheet <sheet>',
    profile: 'sheet',
    parse: text,
    help: 'sheet of an Excel workbook: its name, or its number from 1; by default the first one',
    commands: ['import', 'check'],
  },
  preset: {
    values: 'presets',
    flags: '--preset <name>',
    profile: 'preset',
    parse: text,
    help: 'phone system that wrote the file, see amocalls presets; none ignores the preset of the profile',
    commands: forReading,
  },
  map: {
    values: 'fields',
    flags: '--map <field=column>',
    profile: 'map',
    repeatable: true,
    parse: parseMap,
    help: 'column, or template such as https://pbx.example/{file}, that a field is read from; may be repeated',
    commands: forReading,
  },
  set: {
    values: 'fields',
    flags: '--set <field=value>',
    profile: 'set',
    repeatable: true,
    parse: parseSet,
    help: 'value of a field for every record, or for those whose column is empty; may be repeated',
    commands: forReading,
  },
  uuidFrom: {
    flags: '--uuid-from <columns>',
    profile: 'uuid_from',
    parse: names,
    help: 'columns, a,b,c, from which a uuid is built when the file has none',
    commands: forReading,
  },
  timezone: {
    values: 'zones',
    flags: '--timezone <zone>',
    profile: 'timezone',
    parse: parseTimezone,
    help: 'time zone of times without one, such as Europe/Moscow; ids takes it from the unique id of each row',
    helpFor: { add: 'time zone of a time without one, such as Europe/Moscow' },
    commands: forValues,
  },
  dateOrder: {
    flags: '--date-order <order>',
    profile: 'date_order',
    parse: oneOf(['dmy', 'mdy']),
    help: 'dmy or mdy, for dates such as 03/04/2024 when the file does not show which',
    commands: forValues,
  },
  durations: {
    flags: '--durations <form>',
    profile: 'durations',
    parse: oneOf(['m:ss', 'h:mm', 's', 'ms', 'min', 'days']),
    help: 'm:ss or h:mm for durations such as 0:03, s, ms, min or days for numbers, when the file does not make it clear',
    commands: forReading,
  },
  country: {
    flags: '--country <code>',
    profile: 'country',
    parse: parseCountry,
    help: 'country of numbers without a country code, such as RU; by default digits are kept as they are',
    commands: forValues,
  },
  internal: {
    flags: '--internal <regex>',
    profile: 'internal',
    parse: parseInternal,
    default: /^(?:\d{2,5})$/,
    help: 'pattern that matches a whole number that is an extension',
    commands: forReading,
  },
  typeMap: {
    flags: '--type-map <value=type>',
    profile: 'type_map',
    repeatable: true,
    parse: parseTypeMap,
    help: 'meaning of values in the type column, such as 1=inbound,2=outbound; also missed and internal',
    commands: forReading,
  },
  inboundLayout: {
    flags: '--inbound-layout <layout>',
    profile: 'inbound_layout',
    parse: oneOf(['natural', 'extension-first']),
    default: 'natural',
    help: 'caller of an inbound call: the outside number (natural) or the extension (extension-first)',
    commands: forReading,
  },
  keepRows: {
    flags: '--keep-rows',
    profile: 'keep_rows',
    parse: boolean,
    default: false,
    help: 'treat every row as a call of its own, also where a preset merges rows, or rows are legs that point at each other',
    commands: forReading,
  },
  allow: {
    flags: '--allow <what>',
    profile: 'allow',
    repeatable: true,
    parse: parseAllow,
    help: `send although the file contradicts it: ${contradictionKinds.join(', ')}; may be repeated`,
    commands: forReading,
  },
  settle: {
    flags: '--settle <duration>',
    profile: 'settle',
    parse: duration(4 * 3600),
    default: 120,
    help: 'time to wait for more rows of a call after its last one, such as 90s or 2m; 0 disables it',
    commands: forReading,
  },
  since: {
    flags: '--since <date>',
    profile: 'since',
    parse: text,
    help: 'leave out calls before this date, such as 2024-11-01',
    commands: forReading,
  },
  until: {
    flags: '--until <date>',
    profile: 'until',
    parse: text,
    help: 'leave out calls after this date',
    commands: forReading,
  },
  linkSecretFile: {
    flags: '--link-secret-file <file>',
    env: 'AMOCALLS_LINK_SECRET_FILE',
    profile: 'link_secret_file',
    parse: text,
    path: true,
    help: 'file with the secret that signs links to recordings, see amocalls recordings --help',
    commands: forLinks,
  },
  signLinks: {
    flags: '--sign-links',
    negated: '--no-sign-links',
    negatedHelp: 'build links without a signature this time',
    profile: 'sign_links',
    parse: boolean,
    default: true,
    help: 'sign links to recordings, if there is a secret',
    commands: forReading,
  },
  linkExpires: {
    values: ['never'],
    flags: '--link-expires <duration>',
    profile: 'link_expires',
    parse: wordOrDuration('never', 10 * 365 * 86_400, 60),
    default: 'never',
    help: 'how long a signed link plays, such as 24h or 365d, or never',
    commands: forLinks,
  },
  recordingsRoot: {
    values: 'folders',
    flags: '--recordings-root <folder>',
    profile: 'recordings_root',
    parse: text,
    path: true,
    help: 'folder with the recordings on this machine; calls without a recording in it get no link',
    commands: forLinks,
  },
  recordingsUrl: {
    flags: '--recordings-url <url>',
    profile: 'recordings_url',
    parse: parseWebAddress,
    help: 'address under which a web server serves that folder, such as https://pbx.example/rec/',
    commands: forLinks,
  },
  linkWait: {
    flags: '--link-wait <duration>',
    profile: 'link_wait',
    parse: duration(24 * 3600),
    default: 0,
    help: 'time that a call waits for its recording after its end, such as 5m; then it is sent without a link',
    commands: forReading,
  },
  limit: {
    flags: '--limit <n>',
    profile: 'limit',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'read at most this many records; by default all',
    commands: ['import', 'check'],
  },
} as const satisfies Record<string, Setting>;

/** Settings that say which account calls go to, as whom, and where these settings are kept. */
export const credentialSettings = {
  api: {
    flags: '--api <api>',
    env: 'AMOCALLS_API',
    profile: 'api',
    parse: oneOf(['calls-add', 'v4']),
    default: 'calls-add',
    help: 'API that takes the calls: calls-add, with the key of a service, or v4, with the token of an account',
    commands: [...forService, 'sandbox'],
  },
  profile: {
    values: 'profiles',
    flags: '--profile <name>',
    env: 'AMOCALLS_PROFILE',
    parse: text,
    help: 'profile to use; by default default_profile of the file, its only profile, or the one called default',
    commands: forProfile,
  },
  config: {
    flags: '--config <file>',
    env: 'AMOCALLS_CONFIG',
    parse: text,
    path: true,
    help: 'profile file to use; by default the nearest .amocallsrc from the working directory upwards',
    commands: forProfile,
  },
  code: {
    flags: '--code <code>',
    env: 'AMOCALLS_CODE',
    profile: 'code',
    parse: secretText,
    requires: { api: 'calls-add' },
    help: 'code of the service (widget), from the vendor',
    commands: forSending,
  },
  key: {
    env: 'AMOCALLS_KEY',
    profile: 'key',
    parse: secretText,
    secret: true,
    help: 'key of the service, from the vendor; there is no flag, since flags are visible in the process list',
    commands: forSending,
  },
  keyFile: {
    env: 'AMOCALLS_KEY_FILE',
    profile: 'key_file',
    parse: text,
    path: true,
    help: 'file that holds the key on one line',
    commands: forSending,
  },
  accountId: {
    flags: '--account-id <id>',
    env: 'AMOCALLS_ACCOUNT_ID',
    profile: 'account_id',
    parse: parseAccountId,
    help: 'id of the account that the calls go to',
    commands: [...forSending, 'sandbox'],
  },
  baseUrl: {
    flags: '--base-url <url>',
    env: 'AMOCALLS_BASE_URL',
    profile: 'base_url',
    parse: parseBaseUrl,
    default: defaultBaseUrl,
    v4Default: '',
    help: 'address of the service; https, or http on this machine; with v4 the address of the account, no default',
    commands: forService,
  },
  token: {
    env: 'AMOCALLS_TOKEN',
    profile: 'token',
    parse: tokenText,
    secret: true,
    help: 'long-lived token of a private integration (v4); there is no flag, since flags are visible in the process list',
    commands: forService,
  },
  tokenFile: {
    env: 'AMOCALLS_TOKEN_FILE',
    profile: 'token_file',
    parse: text,
    path: true,
    help: 'file that holds the token on one line (v4)',
    commands: forService,
  },
  source: {
    flags: '--source <name>',
    profile: 'source',
    parse: text,
    default: 'amocalls',
    requires: { api: 'v4' },
    help: 'source of the calls as amoCRM shows it (v4)',
    commands: forSending,
  },
  users: {
    profile: 'users',
    parse: parseUsers,
    help: 'user id for each extension (v4); see: amocalls users',
    commands: forSending,
  },
} as const satisfies Record<string, Setting>;

/** Sending that comes to its end: `follow` has no end at which something could be done once. */
const forOnce = ['add', 'import'] as const satisfies readonly CommandName[];
const forLedger = [
  'add',
  'import',
  'follow',
  'history',
  'resolve',
  'doctor',
] as const satisfies readonly CommandName[];

/** Settings that say how calls are sent, and what happens to those that are not accepted. */
export const sendingSettings = {
  sandbox: {
    flags: '--sandbox',
    parse: boolean,
    default: false,
    help: 'send to a sandbox inside this process, for practice; works without a profile',
    commands: forSending,
  },
  dryRun: {
    flags: '-n, --dry-run',
    parse: boolean,
    default: false,
    help: 'show what would be sent, send nothing',
    commands: forOnce,
  },
  chunkSize: {
    flags: '--chunk-size <n>',
    profile: 'chunk_size',
    parse: wholeNumber(1, 1000),
    default: 100,
    v4Default: 50,
    help: 'calls per request at most, 1 to 1000; with v4 250 at most, and 50 by default',
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
    help: 'requests per second at most, reached step by step; 0 is no limit',
    commands: [...forSending, 'resolve'],
  },
  retries: {
    flags: '--retries <n>',
    profile: 'retries',
    parse: wholeNumber(0, 100),
    default: 5,
    help: 'retries of a request at most; only requests that certainly were not received are sent again',
    commands: forSending,
  },
  timeout: {
    flags: '--timeout <seconds>',
    profile: 'timeout',
    parse: decimal(0.1, 3600),
    default: 30,
    help: 'seconds to wait for an answer at most',
    commands: forService,
  },
  onLostAnswer: {
    flags: '--on-lost-answer <what>',
    profile: 'on_lost_answer',
    parse: oneOf(['hold', 'resend']),
    default: 'hold',
    help: 'calls whose answer was lost: keep them as unconfirmed (hold), or send them again with the same uuid (resend)',
    commands: forSending,
  },
  unknown: {
    flags: '--unknown <what>',
    profile: 'unknown',
    parse: oneOf(['wait', 'reject', 'lead']),
    default: 'wait',
    requires: { api: 'v4' },
    help: 'what to do when no contact has the number (v4): wait for a contact, reject the call, or create an incoming lead',
    commands: forSending,
  },
  unknownDirection: {
    flags: '--unknown-direction <which>',
    profile: 'unknown_direction',
    parse: oneOf(['inbound', 'both']),
    default: 'inbound',
    requires: { api: 'v4', unknown: 'lead' },
    help: 'calls for which --unknown lead creates leads (v4): inbound or both; others wait',
    commands: forSending,
  },
  pipelineId: {
    flags: '--pipeline-id <id>',
    profile: 'pipeline_id',
    parse: wholeNumber(1, 999_999_999_999_999),
    requires: { api: 'v4', unknown: 'lead' },
    help: 'pipeline of incoming leads (v4); by default amoCRM chooses it',
    commands: forSending,
  },
  maxErrors: {
    flags: '--max-errors <n>',
    profile: 'max_errors',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'stop after this many calls that were not accepted; by default never',
    commands: forSending,
  },
  ledger: {
    values: 'files',
    flags: '--ledger <file|url>',
    negated: '--no-ledger',
    negatedHelp: 'record nothing: the next run sends everything again',
    negatedCommands: forSending,
    env: 'AMOCALLS_LEDGER',
    profile: 'ledger',
    parse: (raw: unknown) =>
      raw === false ? false : raw === true ? new Problem('names no file') : text(raw),
    path: true,
    help: 'file that records what was sent, or postgres:// address of a database that several hosts share; by default a file in your state folder',
    commands: forLedger,
  },
  ledgerFile: {
    env: 'AMOCALLS_LEDGER_FILE',
    profile: 'ledger_file',
    parse: text,
    path: true,
    help: 'file that holds the address of a PostgreSQL ledger with its password, on one line',
    commands: forLedger,
  },
  resend: {
    flags: '--resend',
    parse: boolean,
    default: false,
    help: 'send again calls that were accepted before',
    commands: forOnce,
  },
  resendChanged: {
    flags: '--resend-changed',
    parse: boolean,
    default: false,
    help: 'send accepted calls again whose content has changed, with the same uuid; amoCRM may then show two notes',
    commands: forOnce,
  },
  correct: {
    flags: '--correct',
    profile: 'correct',
    parse: boolean,
    default: false,
    requires: { api: 'v4' },
    help: 'overwrite the notes of accepted calls whose content has changed (v4); whether the card shows the new duration is not known',
    commands: forSending,
  },
  unattended: {
    flags: '--unattended',
    negated: '--no-unattended',
    negatedHelp: 'read files from the start and print every problem, even if the profile says unattended',
    profile: 'unattended',
    parse: boolean,
    default: false,
    help: 'for cron: read on from where the last run stopped, report each problem once, print nothing while all is well',
    commands: ['add', 'import'],
  },
  rejects: {
    flags: '--rejects <file>',
    profile: 'rejects',
    parse: text,
    path: true,
    help: 'write records that are rejected, invalid, unconfirmed or unsent to this file, to be fixed and imported again; the file is only created if there are any',
    commands: forOnce,
  },
} as const satisfies Record<string, Setting>;

const forSandbox = ['sandbox'] as const satisfies readonly CommandName[];

/** How the sandbox behaves; `add` and `import` take none of it: with `--sandbox` it has no faults. */
const sandboxSettings = {
  port: {
    flags: '--port <n>',
    parse: wholeNumber(0, 65_535),
    default: 0,
    help: 'port to listen on; 0 takes a free one',
    commands: forSandbox,
  },
  fault: {
    values: 'faults',
    flags: '--fault <name=share>',
    repeatable: true,
    parse: (raw: unknown): readonly string[] => (Array.isArray(raw) ? raw.map(String) : [String(raw)]),
    help: 'let a share of requests (0 to 1) fail in this way; may be repeated; list shows all names',
    commands: forSandbox,
  },
  seed: {
    flags: '--seed <n>',
    parse: wholeNumber(0, 4_294_967_295),
    default: 1,
    help: 'the same seed and the same requests give the same faults',
    commands: forSandbox,
  },
  latency: {
    flags: '--latency <ms>',
    parse: decimal(0, 600_000),
    default: 0,
    help: 'milliseconds to wait before each answer',
    commands: forSandbox,
  },
  unknownNumber: {
    flags: '--unknown-number <regex>',
    parse: parsePattern,
    requires: { api: 'v4' },
    help: 'numbers (digits only) that no contact has (v4)',
    commands: forSandbox,
  },
  contacts: {
    flags: '--contacts <file>',
    parse: text,
    path: true,
    requires: { api: 'v4' },
    help: 'CSV file with all numbers that contacts have, in a column named phone; it is read again when it changes (v4)',
    commands: forSandbox,
  },
  rejectUuid: {
    flags: '--reject-uuid <regex>',
    parse: parsePattern,
    help: 'reject calls whose uuid matches',
    commands: forSandbox,
  },
  forgetUuid: {
    flags: '--forget-uuid <regex>',
    parse: parsePattern,
    help: 'leave calls whose uuid matches out of the answer, as if the service had lost them',
    commands: forSandbox,
  },
  refuseUuid: {
    flags: '--refuse-uuid <regex>',
    parse: parsePattern,
    help: 'answer 400 to every request that contains a matching uuid',
    commands: forSandbox,
  },
  maxPerSecond: {
    flags: '--max-per-second <n>',
    parse: wholeNumber(1, 1_000_000),
    help: 'answer 429 when more requests than this arrive within a second',
    commands: forSandbox,
  },
} as const satisfies Record<string, Setting>;

/** A format of results; `yaml` is known to `users` alone, so that the message for a wrong word does not name it. */
function parseOutput(raw: unknown): Parsed<OutputFormat | 'yaml'> {
  return scalar(raw)?.toLowerCase() === 'yaml' ? 'yaml' : oneOf(outputFormats)(raw);
}

/** Commands that print results; the others print one text, which has no other form. */
const forResults: readonly CommandName[] = commandNames.filter(
  (name) => name !== 'completion' && name !== 'licenses',
);

/** Settings that say what is printed; none is allowed in a profile, where it would change what scripts read. */
const outputSettings = {
  output: {
    values: outputFormats,
    flags: '--output <format>',
    parse: parseOutput,
    default: 'table',
    help: 'table, json or ndjson',
    helpFor: { users: 'table, json or ndjson; yaml prints a users: block for a profile' },
    commands: forResults,
  },
  rows: {
    values: ['all'],
    flags: '--rows <n>',
    parse: wordOrNumber('all', 1, 1_000_000_000),
    default: 100,
    help: 'rows that a table prints at most, or all',
    commands: ['add', 'import', 'check', 'history', 'users', 'resolve'],
  },
  report: {
    flags: '--report <file>',
    parse: text,
    path: true,
    help: 'write a report of the run to this HTML file, with charts, tables and every problem',
    commands: forReading,
  },
  reportNumbers: {
    flags: '--report-numbers',
    parse: boolean,
    default: false,
    help: 'show phone numbers in the report; by default only their last two digits',
    commands: forReading,
  },
  lang: {
    flags: '--lang <language>',
    parse: oneOf(['en', 'ru']),
    help: 'language of the report: en or ru; by default that of the locale',
    commands: forReading,
  },
  reportEvery: {
    flags: '--report-every <duration>',
    parse: duration(24 * 3600, 1),
    help: 'also write the report at this interval, such as 15m; by default only when follow ends',
    commands: ['follow'],
  },
  quiet: {
    flags: '-q, --quiet',
    parse: boolean,
    default: false,
    help: 'no notes, no warnings and no progress on stderr',
    helpFor: {
      follow: 'print only problems: no notes, warnings or lines for accepted calls',
      doctor: 'show only warnings and problems',
    },
    commands: commandNames,
  },
  verbose: {
    flags: '--verbose',
    parse: boolean,
    default: false,
    help: 'log each request on stderr, the key masked',
    commands: commandNames,
  },
  color: {
    flags: '--color',
    negated: '--no-color',
    negatedHelp: 'never use colour',
    parse: boolean,
    help: 'always use colour; by default only on a terminal',
    commands: commandNames,
  },
} as const satisfies Record<string, Setting>;

/** What `history` shows, or forgets. */
const historySettings = {
  unconfirmed: {
    flags: '--unconfirmed',
    parse: boolean,
    default: false,
    help: 'only calls that were sent but not confirmed',
    commands: ['history'],
  },
  waiting: {
    flags: '--waiting',
    parse: boolean,
    default: false,
    help: 'only calls that a later run tries again, with the time of the next try',
    commands: ['history'],
  },
  changed: {
    flags: '--changed',
    parse: boolean,
    default: false,
    help: 'only accepted calls whose content changed later',
    commands: ['history'],
  },
  problems: {
    flags: '--problems',
    parse: boolean,
    default: false,
    help: 'only records that were reported as invalid, rejected or unconfirmed and have not been accepted since',
    commands: ['history'],
  },
  before: {
    flags: '--before <date>',
    parse: text,
    help: 'history forget removes calls that were sent before this date, in the time zone of the profile, else in UTC',
    commands: ['history'],
  },
} as const satisfies Record<string, Setting>;

/** Of `recordings nginx`. */
const recordingSettings = {
  write: {
    flags: '--write <file>',
    parse: text,
    path: true,
    help: 'write the block with the secret to this file (mode 600)',
    commands: ['recordings'],
  },
} as const satisfies Record<string, Setting>;

/** The one table of settings: flags, environment names, profile keys, defaults, help and types come from here. */
const settings = {
  ...callSettings,
  ...readingSettings,
  ...credentialSettings,
  ...sendingSettings,
  ...sandboxSettings,
  ...historySettings,
  ...recordingSettings,
  ...outputSettings,
} as const satisfies Record<string, Setting>;

/** The name of a setting in code, which is the name under which Commander hands over its flag: `chunkSize`. */
export type SettingName = keyof typeof settings;

/** The value of every setting. Paths are absolute, `timeout` is in seconds, `rate` in requests a second. */
export type Settings = { readonly [Name in SettingName]: ValueOf<(typeof settings)[Name]> };

/** The same table where the type of a single value does not matter. */
export const settingTable: Readonly<Record<SettingName, Setting>> = settings;

/** Whether a word is the name of a setting. */
function isSettingName(word: string): word is SettingName {
  return Object.hasOwn(settings, word);
}

/** All names, in the order of help. */
export const settingNames: readonly SettingName[] = Object.keys(settings).filter(isSettingName);

/** Settings that help shows under one title. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: Readonly<Record<string, Setting>>;
}

/** All groups, in the order of help; together they are the table. */
export const settingGroups: readonly SettingGroup[] = [
  { title: 'The call', settings: callSettings },
  { title: 'Reading', settings: readingSettings },
  { title: 'Account', settings: credentialSettings },
  { title: 'Sending', settings: sendingSettings },
  { title: 'Sandbox', settings: sandboxSettings },
  { title: 'History', settings: historySettings },
  { title: 'Recordings', settings: recordingSettings },
  { title: 'Output', settings: outputSettings },
];

/** The settings that a command takes as flags, in the order of help: all of them, or those of one group. */
export function flagsOf(command: CommandName, group?: SettingGroup): readonly Setting[] {
  return Object.values<Setting>(group?.settings ?? settingTable).filter(
    ({ flags, commands }) => flags !== undefined && commands.includes(command),
  );
}
