import { formats } from '../core/formats.js';
import { parseMap, parseSet, parseTypeMap } from './fields.js';
import { names, oneOf, text, wholeNumber, yesNo } from './parsers.js';
import {
  parseCountry,
  parseDelimiter,
  parseEncoding,
  parseInternal,
  parseTimezone,
} from './reading-values.js';
import { type CommandName, forReading, type Setting } from './setting.js';

/** `add` reads its --date and its numbers as a file's columns are read. */
const forValues = ['add', 'import', 'check'] as const satisfies readonly CommandName[];

/** Settings that say how a file is read: its dialect first, then its columns, then their values, then which records count. */
export const readingSettings = {
  format: {
    flags: '--format <format>',
    profile: 'format',
    parse: oneOf(formats),
    help: 'csv, json or ndjson; without it by the ending of the file, then by its content',
    commands: forReading,
  },
  encoding: {
    flags: '--encoding <name>',
    profile: 'encoding',
    parse: parseEncoding,
    help: 'encoding of the file, such as windows-1251; without it recognised',
    commands: forReading,
  },
  delimiter: {
    flags: '--delimiter <char>',
    profile: 'delimiter',
    parse: parseDelimiter,
    help: 'what stands between the columns of a CSV: one character, or tab; without it recognised',
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
    help: 'where in a JSON file the list of calls stands, such as result.data',
    commands: forReading,
  },
  preset: {
    flags: '--preset <name>',
    profile: 'preset',
    parse: text,
    help: 'phone system that wrote the file; see: amocalls presets',
    commands: forReading,
  },
  map: {
    flags: '--map <field=column>',
    profile: 'map',
    repeatable: true,
    parse: parseMap,
    help: 'column, or template such as https://pbx.example/{file}, that feeds a field; may be repeated',
    commands: forReading,
  },
  set: {
    flags: '--set <field=value>',
    profile: 'set',
    repeatable: true,
    parse: parseSet,
    help: 'the same value of a field for every record; may be repeated',
    commands: forReading,
  },
  uuidFrom: {
    flags: '--uuid-from <columns>',
    profile: 'uuid_from',
    parse: names,
    help: 'columns, a,b,c, from which a steady uuid is made where the file has none',
    commands: forReading,
  },
  timezone: {
    flags: '--timezone <zone>',
    profile: 'timezone',
    parse: parseTimezone,
    help: 'zone of times that name none, such as Europe/Moscow',
    commands: forValues,
  },
  dateOrder: {
    flags: '--date-order <order>',
    profile: 'date_order',
    parse: oneOf(['dmy', 'mdy']),
    help: 'dmy or mdy, for dates such as 03/04/2026 where the file does not tell',
    commands: forValues,
  },
  country: {
    flags: '--country <code>',
    profile: 'country',
    parse: parseCountry,
    help: 'country of numbers that name none, such as RU; without it digits stay as they are',
    commands: forValues,
  },
  internal: {
    flags: '--internal <regex>',
    profile: 'internal',
    parse: parseInternal,
    default: /^(?:\d{2,5})$/,
    help: 'what a whole number looks like that is an extension',
    commands: forReading,
  },
  typeMap: {
    flags: '--type-map <value=type>',
    profile: 'type_map',
    repeatable: true,
    parse: parseTypeMap,
    help: 'what values of the type column stand for, 1=inbound,2=outbound; also missed, internal',
    commands: forReading,
  },
  inboundLayout: {
    flags: '--inbound-layout <layout>',
    profile: 'inbound_layout',
    parse: oneOf(['natural', 'extension-first']),
    default: 'natural',
    help: 'whether the caller of an inbound call is the outside number (natural) or the extension (extension-first)',
    commands: forReading,
  },
  keepRows: {
    flags: '--keep-rows',
    profile: 'keep_rows',
    parse: yesNo,
    default: false,
    help: 'every row is a call of its own; a preset merges no rows',
    commands: forReading,
  },
  since: {
    flags: '--since <date>',
    profile: 'since',
    parse: text,
    help: 'leave out calls before this date, such as 2026-11-01',
    commands: forReading,
  },
  until: {
    flags: '--until <date>',
    profile: 'until',
    parse: text,
    help: 'leave out calls after this date',
    commands: forReading,
  },
  limit: {
    flags: '--limit <n>',
    profile: 'limit',
    parse: wholeNumber(1, 1_000_000_000),
    help: 'read so many records at most; without it all',
    commands: forReading,
  },
} as const satisfies Record<string, Setting>;
