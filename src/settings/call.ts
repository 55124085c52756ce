import { text } from './parsers.js';
import type { Setting } from './setting.js';

/** The call that `add` sends, raw as the cells of a row are: the records room checks the values. */
export const callSettings = {
  uuid: {
    flags: '--uuid <id>',
    parse: text,
    help: 'unique id of the call; without it derived from account, caller, to, date and type',
    commands: ['add'],
  },
  caller: { flags: '--caller <number>', parse: text, help: 'number that called', commands: ['add'] },
  to: { flags: '--to <number>', parse: text, help: 'number that was called', commands: ['add'] },
  date: {
    flags: '--date <when>',
    parse: text,
    help: 'start of the call: unix seconds, or a date such as 2026-11-03T10:15:00+03:00; without it now',
    commands: ['add'],
  },
  type: { flags: '--type <type>', parse: text, help: 'inbound or outbound', commands: ['add'] },
  billsec: {
    flags: '--billsec <seconds>',
    parse: text,
    help: 'talk time in seconds; 0 is a missed call',
    commands: ['add'],
  },
  link: { flags: '--link <url>', parse: text, help: 'address of the recording', commands: ['add'] },
} as const satisfies Record<string, Setting>;
