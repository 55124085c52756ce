import { decimal, wholeNumber } from './parsers.js';
import { parsePattern } from './reading-values.js';
import type { CommandName, Setting } from './setting.js';

const forSandbox = ['sandbox'] as const satisfies readonly CommandName[];

/** How the sandbox behaves; `add` and `import` with `--sandbox` take none of these. */
export const sandboxSettings = {
  port: {
    flags: '--port <n>',
    parse: wholeNumber(0, 65_535),
    default: 0,
    help: 'port to listen on; 0 takes a free one',
    commands: forSandbox,
  },
  fault: {
    flags: '--fault <name=share>',
    repeatable: true,
    parse: (raw: unknown): readonly string[] => (Array.isArray(raw) ? raw.map(String) : [String(raw)]),
    help: 'let a share of requests (0 to 1) fail in this way; may be repeated; "list" lists the names',
    commands: forSandbox,
  },
  seed: {
    flags: '--seed <n>',
    parse: wholeNumber(0, 4_294_967_295),
    default: 1,
    help: 'with the same seed the same requests meet the same faults',
    commands: forSandbox,
  },
  latency: {
    flags: '--latency <ms>',
    parse: decimal(0, 600_000),
    default: 0,
    help: 'milliseconds to wait before each answer',
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
    help: 'name calls whose uuid matches nowhere in the answer, as if they were lost',
    commands: forSandbox,
  },
  refuseUuid: {
    flags: '--refuse-uuid <regex>',
    parse: parsePattern,
    help: 'answer 400 to a whole request with a uuid that matches',
    commands: forSandbox,
  },
  maxPerSecond: {
    flags: '--max-per-second <n>',
    parse: wholeNumber(1, 1_000_000),
    help: 'answer 429 when more requests than this come within a second',
    commands: forSandbox,
  },
} as const satisfies Record<string, Setting>;
