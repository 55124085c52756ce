import {
  problemStatuses,
  type RecordedCall,
  type RecordedProblem,
  type RecordedRun,
} from '../core/ledger-store.js';
import { stateOf } from './call-row.js';
import { listOf, numberOf, optionalNumberOf, receiptOf, textOf } from './cells.js';

/** A call as history tells it: a row of calls with its namespace, its change and its deferral. */
export function recordedCallOf(row: unknown): RecordedCall {
  const billsec = optionalNumberOf(row, 'billsec');
  const receipt = receiptOf(textOf(row, 'receipt'));
  const changedAt = optionalNumberOf(row, 'changed_at');
  const nextTry = optionalNumberOf(row, 'next_try');
  const state = stateOf(numberOf(row, 'state'));
  return {
    uuid: textOf(row, 'uuid') ?? '',
    state,
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    account: textOf(row, 'account') ?? '',
    run: numberOf(row, 'run'),
    at: numberOf(row, 'at'),
    ...(billsec === undefined ? {} : { billsec }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(changedAt === undefined
      ? {}
      : { changed: { billsec: numberOf(row, 'changed_billsec'), at: changedAt } }),
    ...(nextTry === undefined || state !== 'waiting' ? {} : { nextTry }),
  };
}

/** A run as history tells it; `isAlive`: whether the process of a run that has not ended still runs. */
export function recordedRunOf(row: unknown, isAlive: boolean): RecordedRun {
  const profile = textOf(row, 'profile');
  const summary = textOf(row, 'summary');
  const finished = optionalNumberOf(row, 'finished');
  const exit = optionalNumberOf(row, 'exit');
  return {
    id: numberOf(row, 'id'),
    state: finished !== undefined ? 'ended' : isAlive ? 'running' : 'died',
    command: textOf(row, 'command') ?? '',
    files: listOf(textOf(row, 'files')),
    started: numberOf(row, 'started'),
    ...(profile === undefined ? {} : { profile }),
    ...(summary === undefined ? {} : { summary }),
    ...(finished === undefined ? {} : { finished }),
    ...(exit === undefined ? {} : { exit }),
  };
}

/** A problem as history tells it: a row of problems with its namespace. */
export function recordedProblemOf(row: unknown): RecordedProblem {
  const line = optionalNumberOf(row, 'line');
  const status = textOf(row, 'status');
  return {
    file: textOf(row, 'file') ?? '',
    ...(line === undefined ? {} : { line }),
    status: problemStatuses.find((known) => known === status) ?? 'invalid',
    uuid: textOf(row, 'uuid') ?? null,
    account: textOf(row, 'account') ?? '',
    reasons: listOf(textOf(row, 'reasons')),
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    at: numberOf(row, 'at'),
  };
}
