/**
 * The library door: what the commands use, for programs. It is a list of names and does no work of its own.
 *
 * `readTable` opens a file, `readRecords` makes entries of its rows, `deliver` sends them through a destination
 * (`openCallsAdd`) with a ledger (`openLedgerStore`, or `openMemoryLedger` for one run) and tells what became of each;
 * `startSandbox` is a stand-in for the service. docs/library.md has a whole program.
 */
export { type Call, type CallField, type CallType, callFields, callTypes } from './core/call.js';
export {
  type ExitCode,
  exitCodes,
  type Parsed,
  Problem,
  UserError,
  type UserErrorOptions,
} from './core/errors.js';
export type { Format } from './core/formats.js';
export type { Claim, ClaimPolicy, Ledger, LedgerState, Settlement } from './core/ledger.js';
export type {
  Checkpoints,
  History,
  LedgerDeps,
  LedgerStore,
  NewRun,
  Recipient,
  RecordedCall,
  RecordedRun,
  RunLedger,
} from './core/ledger-store.js';
export {
  type CallEntry,
  type Entry,
  type Origin,
  type Outcome,
  type SettledEntry,
  type Status,
  statuses,
} from './core/outcome.js';
export type { Batch, Row, Table } from './core/row.js';
export type {
  LostAnswer,
  NotReceived,
  Refused,
  SendResult,
  Settled,
  Stopped,
  Verdicts,
} from './core/send-result.js';
export {
  count,
  type Effort,
  emptyTally,
  exitOf,
  type Summary,
  summarise,
  type Tally,
} from './core/summary.js';
export { type Delivery, deliver } from './delivery/deliver.js';
export type { DeliveryDeps, DeliveryOptions, EntryBatch } from './delivery/options.js';
export type { Stop } from './delivery/run-state.js';
export { type CallsAddOptions, openCallsAdd } from './destinations/calls-add/calls-add.js';
export type { Destination, RequestBudget, RequestTrace } from './destinations/destination.js';
export { type FilePart, type InputIo, type InputOptions, readTable } from './input/open.js';
export { openMemoryLedger } from './ledger/memory.js';
export { defaultLedgerFile, openLedgerStore } from './ledger/store.js';
export { createLiveness, type Liveness } from './liveness.js';
export { parseBound, parseDate } from './records/dates.js';
export { knownNames } from './records/header-names.js';
export type { RecordOptions } from './records/options.js';
export { allPresets } from './records/presets/index.js';
export type { NamedPreset, Preset } from './records/presets/preset.js';
export { type Plan, type Records, readRecords } from './records/read-records.js';
export { findPreset } from './records/recognise.js';
export type { ApiName } from './sandbox/api.js';
export type { Faults } from './sandbox/faults.js';
export { type Sandbox, type SandboxOptions, startSandbox } from './sandbox/server.js';
export type { QueuedCall, RequestEntry } from './sandbox/store.js';
export type { EntityType, Note } from './sandbox/v4-notes.js';
