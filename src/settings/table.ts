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
  orWord,
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
import { type CommandName, commandNames, type Setting, type SettingGroup, takesValue } from './setting.js';

/** A setting as it is written down: its key in a profile follows from its name, what it does not say from its flag or its group. */
type Row = Omit<Setting, 'profile' | 'parse' | 'commands'> & {
  readonly parse?: Setting['parse'];
  readonly commands?: readonly CommandName[];
  readonly inProfile?: boolean;
};

/**
 * A group of settings. Where a row does not say otherwise, it may stand in a profile or on the command line alone, its flag is
 * taken by these commands, a flag without a value is a switch that is off, and every other setting is a text.
 */
function group<const Rows extends Readonly<Record<string, Row>>>(
  title: string,
  place: 'profile' | 'command line',
  commands: readonly CommandName[],
  rows: Rows,
) {
  const settings: Record<string, Setting> = {};
  for (const [name, { inProfile = place === 'profile', ...row }] of Object.entries<Row>(rows)) {
    const key = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const isSwitch = row.flags !== undefined && !takesValue(row.flags);
    const kind = isSwitch ? { parse: boolean, default: false } : { parse: text };
    settings[name] = { commands, ...kind, ...row, ...(inProfile && { profile: key }) };
  }
  return { title, settings, rows };
}

type IsSwitch<R extends Row> = R extends { readonly flags: string }
  ? R extends { readonly flags: `${string}<${string}` }
    ? false
    : true
  : false;

/** The type of a setting's value, as its parser, its flag and its default make it. */
type ValueOf<R extends Row> = R extends { readonly parse: (raw: unknown) => infer Value }
  ? Exclude<Value, Problem> | (R extends { readonly default: unknown } ? never : undefined)
  : IsSwitch<R> extends true
    ? boolean | (R extends { readonly default: undefined } ? undefined : never)
    : string | (R extends { readonly default: unknown } ? never : undefined);

/** Groups of commands that take the same flags. */
const forReading: readonly CommandName[] = ['import', 'check', 'follow'];
const forSending: readonly CommandName[] = ['add', 'import', 'follow'];
/** Commands that talk to the service: those that send, and those that only ask v4. */
const forService: readonly CommandName[] = [...forSending, 'users', 'resolve', 'doctor'];
/** Commands that build links of recordings, or ask for them. */
const forLinks: readonly CommandName[] = [...forReading, 'recordings', 'doctor'];
const withoutProfile: readonly CommandName[] = ['presets', 'sandbox', 'completion', 'licenses'];
const forProfile = commandNames.filter((name) => !withoutProfile.includes(name));

const statusList = Object.entries(callStatuses)
  .map(([name, status]) => `${status} ${name}`)
  .join(', ');

/** The call that `add` sends, raw as the cells of a row are: the records room checks the values. */
const callSettings = group('The call', 'command line', ['add'], {
  uuid: {
    flags: '--uuid <id>',
    help: 'unique id of the call; by default derived from account, caller, to, date and type',
  },
  caller: { flags: '--caller <number>', help: 'number that called' },
  to: { flags: '--to <number>', help: 'number that was called' },
  date: {
    flags: '--date <when>',
    help: 'start of the call: unix seconds, or a date such as 2024-11-03T10:15:00+03:00; by default now',
  },
  type: {
    flags: '--type <type>',
    values: ['inbound', 'outbound'],
    help: 'inbound or outbound',
  },
  billsec: {
    flags: '--billsec <seconds>',
    help: 'talk time in seconds; 0 is a missed call',
    byCommand: {
      recordings: { help: 'talk time of the call in seconds, to compare the length of its recording with' },
    },
    commands: ['add', 'recordings'],
  },
  link: { flags: '--link <url>', help: 'address of the recording' },
  callStatus: {
    values: Object.values(callStatuses).map(String),
    flags: '--call-status <n>',
    parse: parseCallStatus,
    requires: { api: 'v4' },
    help: `status of the call (v4): ${statusList}; by default 4 with talk time, 6 without`,
  },
  callResult: {
    flags: '--call-result <text>',
    requires: { api: 'v4' },
    help: 'result of the call in your own words (v4)',
  },
});

/** `add` reads its --date and its numbers as a file's columns are read. */
const forValues: readonly CommandName[] = ['add', ...forReading];

const detected = 'by default detected by the file extension, then by the content';

/** Settings that say how a file is read: its dialect first, then its columns, then their values, then which records count. */
export const readingSettings = group('Reading', 'profile', forReading, {
  format: {
    flags: '--format <format>',
    parse: oneOf(formats),
    help: `csv, json, ndjson or xlsx; ${detected}`,
    byCommand: { follow: { help: `csv or ndjson; ${detected}`, values: ['csv', 'ndjson'] } },
  },
  encoding: {
    flags: '--encoding <name>',
    parse: parseEncoding,
    help: 'encoding of the file, such as windows-1251; by default detected',
  },
  delimiter: {
    flags: '--delimiter <char>',
    parse: parseDelimiter,
    help: 'separator of CSV columns: one character, or tab; by default detected',
  },
  columns: {
    flags: '--columns <names>',
    parse: names,
    help: 'names of the columns, a,b,c, for a CSV that has no header; an empty name skips its column',
  },
  path: {
    flags: '--path <path>',
    help: 'path to the list of calls in a JSON file, such as result.data',
  },
  sheet: {
    flags: '--sheet <sheet>',
    help: 'sheet of an Excel workbook: its name, or its number from 1; by default the first one',
    commands: ['import', 'check'],
  },
  preset: {
    values: 'presets',
    flags: '--preset <name>',
    help: 'phone system that wrote the file, see amocalls presets; none ignores the preset of the profile',
  },
  map: {
    values: 'fields',
    flags: '--map <field=column>',
    repeatable: true,
    parse: parseMap,
    help: 'column, or template such as https://pbx.example/{file}, that a field is read from; may be repeated',
  },
  set: {
    values: 'fields',
    flags: '--set <field=value>',
    repeatable: true,
    parse: parseSet,
    help: 'value of a field for every record, or for those whose column is empty; may be repeated',
  },
  uuidFrom: {
    flags: '--uuid-from <columns>',
    parse: names,
    help: 'columns, a,b,c, from which a uuid is built when the file has none',
  },
  timezone: {
    values: 'zones',
    flags: '--timezone <zone>',
    parse: parseTimezone,
    help: 'time zone of times without one, such as Europe/Moscow; ids takes it from the unique id of each row',
    byCommand: { add: { help: 'time zone of a time without one, such as Europe/Moscow' } },
    commands: forValues,
  },
  dateOrder: {
    flags: '--date-order <order>',
    parse: oneOf(['dmy', 'mdy']),
    help: 'dmy or mdy, for dates such as 03/04/2024 when the file does not show which',
    commands: forValues,
  },
  durations: {
    flags: '--durations <form>',
    parse: oneOf(['m:ss', 'h:mm', 's', 'ms', 'min', 'days']),
    help: 'm:ss or h:mm for durations such as 0:03, s, ms, min or days for numbers, when the file does not make it clear',
  },
  country: {
    flags: '--country <code>',
    parse: parseCountry,
    help: 'country of numbers without a country code, such as RU; by default digits are kept as they are',
    commands: forValues,
  },
  internal: {
    flags: '--internal <regex>',
    parse: parseInternal,
    default: /^(?:\d{2,5})$/,
    help: 'pattern that matches a whole number that is an extension',
  },
  typeMap: {
    flags: '--type-map <value=type>',
    repeatable: true,
    parse: parseTypeMap,
    help: 'meaning of values in the type column, such as 1=inbound,2=outbound; also missed and internal',
  },
  inboundLayout: {
    flags: '--inbound-layout <layout>',
    parse: oneOf(['natural', 'extension-first']),
    default: 'natural',
    help: 'caller of an inbound call: the outside number (natural) or the extension (extension-first)',
  },
  keepRows: {
    flags: '--keep-rows',
    help: 'treat every row as a call of its own, also where a preset merges rows, or rows are legs that point at each other',
  },
  allow: {
    flags: '--allow <what>',
    repeatable: true,
    parse: parseAllow,
    help: `send although the file contradicts it: ${contradictionKinds.join(', ')}; may be repeated`,
  },
  settle: {
    flags: '--settle <duration>',
    parse: duration(4 * 3600),
    default: 120,
    help: 'time to wait for more rows of a call after its last one, such as 90s or 2m; 0 disables it',
  },
  since: {
    flags: '--since <date>',
    help: 'leave out calls before this date, such as 2024-11-01',
  },
  until: {
    flags: '--until <date>',
    help: 'leave out calls after this date',
  },
  linkSecretFile: {
    flags: '--link-secret-file <file>',
    env: 'AMOCALLS_LINK_SECRET_FILE',
    path: true,
    help: 'file with the secret that signs links to recordings, see amocalls recordings --help',
    commands: forLinks,
  },
  signLinks: {
    flags: '--sign-links',
    negation: { flag: '--no-sign-links', help: 'build links without a signature this time' },
    default: true,
    help: 'sign links to recordings, if there is a secret',
  },
  linkExpires: {
    flags: '--link-expires <duration>',
    parse: orWord('never', duration(10 * 365 * 86_400, 60)),
    default: 'never',
    help: 'how long a signed link plays, such as 24h or 365d, or never',
    commands: forLinks,
  },
  recordingsRoot: {
    values: 'folders',
    flags: '--recordings-root <folder>',
    path: true,
    help: 'folder with the recordings on this machine; calls without a recording in it get no link',
    commands: forLinks,
  },
  recordingsUrl: {
    flags: '--recordings-url <url>',
    parse: parseWebAddress,
    help: 'address under which a web server serves that folder, such as https://pbx.example/rec/',
    commands: forLinks,
  },
  linkWait: {
    flags: '--link-wait <duration>',
    parse: duration(24 * 3600),
    default: 0,
    help: 'time that a call waits for its recording after its end, such as 5m; then it is sent without a link',
  },
  limit: {
    flags: '--limit <n>',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'read at most this many records; by default all',
    commands: ['import', 'check'],
  },
});

/** Settings that say which account calls go to, as whom, and where these settings are kept. */
export const credentialSettings = group('Account', 'profile', forSending, {
  api: {
    flags: '--api <api>',
    env: 'AMOCALLS_API',
    parse: oneOf(['calls-add', 'v4']),
    default: 'calls-add',
    help: 'API that takes the calls: calls-add, with the key of a service, or v4, with the token of an account',
    commands: [...forService, 'sandbox'],
  },
  profile: {
    values: 'profiles',
    flags: '--profile <name>',
    env: 'AMOCALLS_PROFILE',
    inProfile: false,
    help: 'profile to use; by default default_profile of the file, its only profile, or the one called default',
    commands: forProfile,
  },
  config: {
    flags: '--config <file>',
    env: 'AMOCALLS_CONFIG',
    inProfile: false,
    path: true,
    help: 'profile file to use; by default the nearest .amocallsrc from the working directory upwards',
    commands: forProfile,
  },
  code: {
    flags: '--code <code>',
    env: 'AMOCALLS_CODE',
    parse: secretText,
    requires: { api: 'calls-add' },
    help: 'code of the service (widget), from the vendor',
  },
  key: {
    env: 'AMOCALLS_KEY',
    parse: secretText,
    secret: true,
    help: 'key of the service, from the vendor; there is no flag, since flags are visible in the process list',
  },
  keyFile: {
    env: 'AMOCALLS_KEY_FILE',
    path: true,
    help: 'file that holds the key on one line',
  },
  accountId: {
    flags: '--account-id <id>',
    env: 'AMOCALLS_ACCOUNT_ID',
    parse: parseAccountId,
    help: 'id of the account that the calls go to',
    commands: [...forSending, 'sandbox'],
  },
  baseUrl: {
    flags: '--base-url <url>',
    env: 'AMOCALLS_BASE_URL',
    parse: parseBaseUrl,
    default: defaultBaseUrl,
    v4Default: '',
    help: 'address of the service; https, or http on this machine; with v4 the address of the account, no default',
    commands: forService,
  },
  token: {
    env: 'AMOCALLS_TOKEN',
    parse: tokenText,
    secret: true,
    help: 'long-lived token of a private integration (v4); there is no flag, since flags are visible in the process list',
    commands: forService,
  },
  tokenFile: {
    env: 'AMOCALLS_TOKEN_FILE',
    path: true,
    help: 'file that holds the token on one line (v4)',
    commands: forService,
  },
  source: {
    flags: '--source <name>',
    default: 'amocalls',
    requires: { api: 'v4' },
    help: 'source of the calls as amoCRM shows it (v4)',
  },
  users: {
    parse: parseUsers,
    help: 'user id for each extension (v4); see: amocalls users',
  },
});

/** Sending that comes to its end: `follow` has no end at which something could be done once. */
const forOnce: readonly CommandName[] = ['add', 'import'];
const forLedger: readonly CommandName[] = [...forSending, 'history', 'resolve', 'doctor'];

/** Settings that say how calls are sent, and what happens to those that are not accepted. */
export const sendingSettings = group('Sending', 'profile', forSending, {
  sandbox: {
    flags: '--sandbox',
    inProfile: false,
    help: 'send to a sandbox inside this process, for practice; works without a profile',
  },
  dryRun: {
    flags: '-n, --dry-run',
    inProfile: false,
    help: 'show what would be sent, send nothing',
    commands: forOnce,
  },
  chunkSize: {
    flags: '--chunk-size <n>',
    parse: wholeNumber(1, 1000),
    default: 100,
    v4Default: 50,
    help: 'calls per request at most, 1 to 1000; with v4 250 at most, and 50 by default',
  },
  concurrency: {
    flags: '--concurrency <n>',
    parse: wholeNumber(1, 64),
    default: 4,
    help: 'requests in flight at the same time at most, 1 to 64',
  },
  rate: {
    flags: '--rate <n>',
    parse: decimal(0, 1000),
    default: 6.5,
    help: 'requests per second at most, reached step by step; 0 is no limit',
    commands: [...forSending, 'resolve'],
  },
  retries: {
    flags: '--retries <n>',
    parse: wholeNumber(0, 100),
    default: 5,
    help: 'retries of a request at most; what the service may have received is sent again only with --on-lost-answer resend',
  },
  timeout: {
    flags: '--timeout <seconds>',
    parse: decimal(0.1, 3600),
    default: 30,
    help: 'seconds to wait for an answer at most',
    commands: forService,
  },
  onLostAnswer: {
    flags: '--on-lost-answer <what>',
    parse: oneOf(['hold', 'resend']),
    default: 'hold',
    help: 'calls whose answer was lost: keep them as unconfirmed (hold), or send them again with the same uuid (resend)',
  },
  unknown: {
    flags: '--unknown <what>',
    parse: oneOf(['wait', 'reject', 'lead']),
    default: 'wait',
    requires: { api: 'v4' },
    help: 'what to do when no contact has the number (v4): wait for a contact, reject the call, or create an incoming lead',
  },
  unknownDirection: {
    flags: '--unknown-direction <which>',
    parse: oneOf(['inbound', 'both']),
    default: 'inbound',
    requires: { api: 'v4', unknown: 'lead' },
    help: 'calls for which --unknown lead creates leads (v4): inbound or both; others wait',
  },
  pipelineId: {
    flags: '--pipeline-id <id>',
    parse: wholeNumber(1, 999_999_999_999_999),
    requires: { api: 'v4', unknown: 'lead' },
    help: 'pipeline of incoming leads (v4); by default amoCRM chooses it',
  },
  maxErrors: {
    flags: '--max-errors <n>',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'stop after this many calls that were not accepted; by default never',
  },
  ledger: {
    flags: '--ledger <file|url>',
    negation: {
      flag: '--no-ledger',
      help: 'record nothing: the next run sends everything again',
      commands: forSending,
    },
    env: 'AMOCALLS_LEDGER',
    parse: (raw: unknown) =>
      raw === false ? false : raw === true ? new Problem('names no file') : text(raw),
    path: true,
    help: 'file that records what was sent, or postgres:// address of a database that several hosts share; by default a file in your state folder',
    commands: forLedger,
  },
  ledgerFile: {
    env: 'AMOCALLS_LEDGER_FILE',
    path: true,
    help: 'file that holds the address of a PostgreSQL ledger with its password, on one line',
    commands: forLedger,
  },
  resend: {
    flags: '--resend',
    inProfile: false,
    help: 'send again calls that were accepted before',
    commands: forOnce,
  },
  resendChanged: {
    flags: '--resend-changed',
    inProfile: false,
    help: 'send accepted calls again whose content has changed, with the same uuid; amoCRM may then show two notes',
    commands: forOnce,
  },
  correct: {
    flags: '--correct',
    requires: { api: 'v4' },
    help: 'overwrite the notes of accepted calls whose content has changed (v4); whether the card shows the new duration is not known',
  },
  unattended: {
    flags: '--unattended',
    negation: {
      flag: '--no-unattended',
      help: 'read files from the start and print every problem, even if the profile says unattended',
    },
    help: 'for cron: read on from where the last run stopped, report each problem once, print nothing while all is well',
    commands: forOnce,
  },
  rejects: {
    flags: '--rejects <file>',
    path: true,
    help: 'write records that are rejected, invalid, unconfirmed or unsent to this file, to be fixed and imported again; the file is only created if there are any',
    commands: forOnce,
  },
});

/** How the sandbox behaves; `add` and `import` take none of it: with `--sandbox` it has no faults. */
const sandboxSettings = group('Sandbox', 'command line', ['sandbox'], {
  port: {
    flags: '--port <n>',
    parse: wholeNumber(0, 65_535),
    default: 0,
    help: 'port to listen on; 0 takes a free one',
  },
  fault: {
    values: 'faults',
    flags: '--fault <name=share>',
    repeatable: true,
    parse: (raw: unknown): readonly string[] => (Array.isArray(raw) ? raw.map(String) : [String(raw)]),
    help: 'let a share of requests (0 to 1) fail in this way; may be repeated; list shows all names',
  },
  seed: {
    flags: '--seed <n>',
    parse: wholeNumber(0, 4_294_967_295),
    default: 1,
    help: 'the same seed and the same requests give the same faults',
  },
  latency: {
    flags: '--latency <ms>',
    parse: decimal(0, 600_000),
    default: 0,
    help: 'milliseconds to wait before each answer',
  },
  unknownNumber: {
    flags: '--unknown-number <regex>',
    parse: parsePattern,
    requires: { api: 'v4' },
    help: 'numbers (digits only) that no contact has (v4)',
  },
  contacts: {
    flags: '--contacts <file>',
    path: true,
    requires: { api: 'v4' },
    help: 'CSV file with all numbers that contacts have, in columns whose names contain phone; it is read again when it changes (v4)',
  },
  rejectUuid: {
    flags: '--reject-uuid <regex>',
    parse: parsePattern,
    help: 'reject calls whose uuid matches',
  },
  forgetUuid: {
    flags: '--forget-uuid <regex>',
    parse: parsePattern,
    help: 'leave calls whose uuid matches out of the answer, as if the service had lost them',
  },
  refuseUuid: {
    flags: '--refuse-uuid <regex>',
    parse: parsePattern,
    help: 'answer 400 to every request that contains a matching uuid',
  },
  maxPerSecond: {
    flags: '--max-per-second <n>',
    parse: wholeNumber(1, 1_000_000),
    help: 'answer 429 when more requests than this arrive within a second',
  },
});

/** A format of results; `yaml` is known to `users` alone, so that the message for a wrong word does not name it. */
function parseOutput(raw: unknown): Parsed<OutputFormat | 'yaml'> {
  return scalar(raw)?.toLowerCase() === 'yaml' ? 'yaml' : oneOf(outputFormats)(raw);
}

/** Commands that print results; the others print one text, which has no other form. */
const forResults: readonly CommandName[] = commandNames.filter(
  (name) => name !== 'completion' && name !== 'licenses',
);

/** Settings that say what is printed; none is allowed in a profile, where it would change what scripts read. */
const outputSettings = group('Output', 'command line', forReading, {
  output: {
    values: outputFormats,
    flags: '--output <format>',
    parse: parseOutput,
    default: 'table',
    help: 'table, json or ndjson',
    byCommand: { users: { help: 'table, json or ndjson; yaml prints a users: block for a profile' } },
    commands: forResults,
  },
  rows: {
    flags: '--rows <n>',
    parse: orWord('all', wholeNumber(1, 1_000_000_000)),
    default: 100,
    help: 'rows that a table prints at most, or all',
    commands: ['add', 'import', 'check', 'history', 'users', 'resolve'],
  },
  report: {
    flags: '--report <file>',
    path: true,
    help: 'write a report of the run to this HTML file, with charts, tables and every problem',
  },
  reportNumbers: {
    flags: '--report-numbers',
    help: 'show phone numbers in the report; by default only their last two digits',
  },
  lang: {
    flags: '--lang <language>',
    parse: oneOf(['en', 'ru']),
    help: 'language of the report: en or ru; by default that of the locale',
  },
  reportEvery: {
    flags: '--report-every <duration>',
    parse: duration(24 * 3600, 1),
    help: 'also write the report at this interval, such as 15m; by default only when follow ends',
    commands: ['follow'],
  },
  quiet: {
    flags: '-q, --quiet',
    help: 'no notes, no warnings and no progress on stderr',
    byCommand: {
      follow: { help: 'print only problems: no notes, warnings or lines for accepted calls' },
      doctor: { help: 'show only warnings and problems' },
    },
    commands: commandNames,
  },
  verbose: {
    flags: '--verbose',
    help: 'log each request on stderr, the key masked',
    commands: commandNames,
  },
  color: {
    flags: '--color',
    negation: { flag: '--no-color', help: 'never use colour' },
    default: undefined,
    help: 'always use colour; by default only on a terminal',
    commands: commandNames,
  },
});

/** What `history` shows, or forgets. */
const historySettings = group('History', 'command line', ['history'], {
  unconfirmed: {
    flags: '--unconfirmed',
    help: 'only calls that were sent but not confirmed',
  },
  waiting: {
    flags: '--waiting',
    help: 'only calls that a later run tries again, with the time of the next try',
  },
  changed: {
    flags: '--changed',
    help: 'only accepted calls whose content changed later',
  },
  problems: {
    flags: '--problems',
    help: 'only records that were reported as invalid, rejected or unconfirmed and have not been accepted since',
  },
  before: {
    flags: '--before <date>',
    help: 'history forget removes calls that were sent before this date, in the time zone of the profile, else in UTC',
  },
});

/** Of `recordings nginx`. */
const recordingSettings = group('Recordings', 'command line', ['recordings'], {
  write: {
    flags: '--write <file>',
    path: true,
    help: 'write the block with the secret to this file (mode 600)',
  },
});

/** All groups, in the order of help; together they are the table. */
export const settingGroups: readonly SettingGroup[] = [
  callSettings,
  readingSettings,
  credentialSettings,
  sendingSettings,
  sandboxSettings,
  historySettings,
  recordingSettings,
  outputSettings,
];

type Rows = typeof callSettings.rows &
  typeof readingSettings.rows &
  typeof credentialSettings.rows &
  typeof sendingSettings.rows &
  typeof sandboxSettings.rows &
  typeof historySettings.rows &
  typeof recordingSettings.rows &
  typeof outputSettings.rows;

/** The name of a setting in code, which is the name under which Commander hands over its flag: `chunkSize`. */
export type SettingName = keyof Rows;

/** The value of every setting. Paths are absolute, `timeout` is in seconds, `rate` in requests a second. */
export type Settings = { readonly [Name in SettingName]: ValueOf<Rows[Name]> };

/** The one table of settings: flags, environment names, profile keys, defaults, help and types come from here. */
export const settingTable: Readonly<Record<SettingName, Setting>> = tableOf(settingGroups);

/** All names, in the order of help. */
export const settingNames: readonly SettingName[] = Object.keys(settingTable).filter(isSettingName);

function isSettingName(word: string): word is SettingName {
  return Object.hasOwn(settingTable, word);
}

function tableOf(groups: readonly SettingGroup[]): Readonly<Record<SettingName, Setting>> {
  return Object.assign({}, ...groups.map(({ settings }) => settings));
}

/** The settings that a command takes as flags, in the order of help: all of them, or those of one group. */
export function flagsOf(command: CommandName, group?: SettingGroup): readonly Setting[] {
  return Object.values<Setting>(group?.settings ?? settingTable).filter(
    ({ flags, commands }) => flags !== undefined && commands.includes(command),
  );
}
