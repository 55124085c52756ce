// The library door, a list of names.

/**
 * The library door: what the commands do, a program can do too, in three verbs. docs/library.md has whole programs.
 */
export { type Call, type CallField, type CallType, callFields, callTypes } from './core/call.js';
export { type ExitCode, exitCodes, UserError, type UserErrorOptions } from './core/errors.js';
export {
  type CallEntry,
  type Entry,
  type Origin,
  type Outcome,
  type Status,
  statuses,
} from './core/outcome.js';
export type { Row } from './core/row.js';
export type { Summary } from './core/summary.js';
export {
  type CallSource,
  type CommonOptions,
  type OptionValue,
  openProfile,
  type Profile,
  type ProfileOptions,
  type ReadOptions,
  type Run,
  readCalls,
  type SendOptions,
  sendCalls,
} from './library.js';
export type { ApiName } from './sandbox/api.js';
export type { Faults } from './sandbox/faults.js';
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/server.js';
export type { QueuedCall, RequestEntry } from './sandbox/store.js';
export type { EntityType, Note } from './sandbox/v4-notes.js';
