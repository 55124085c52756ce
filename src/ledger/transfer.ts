// Calls as they are carried from one ledger to another.

import { isObject, parseJson } from '../core/json.js';
import type { SavedCall } from '../core/ledger.js';
import { planRelease } from './planner.js';
import {
  acceptedRow,
  type CallRow,
  callRowOf,
  type Deferral,
  numberOf,
  optionalNumberOf,
  textOf,
} from './rows.js';

/** So many calls are read or written at a time. */
export const transferPage = 1000;

/** A call as it is carried to another ledger, of a row with its namespace and deferral; undefined for one that was never sent. */
export function savedCallOf(row: unknown): SavedCall | undefined {
  const found = callRowOf(row);
  const left = found.state === 'in flight' || found.state === 'held' ? planRelease(found) : found;
  if (left === 'delete' || left.state === 'in flight' || left.state === 'held') return undefined;
  const { state, at, reasons, hash, identity, billsec, receipt } = left;
  const tries = optionalNumberOf(row, 'tries');
  return {
    address: textOf(row, 'address') ?? '',
    code: textOf(row, 'code') ?? '',
    account: textOf(row, 'account') ?? '',
    uuid: textOf(row, 'uuid') ?? '',
    state,
    at,
    ...(reasons !== null && { reasons }),
    ...(hash !== null && { hash }),
    ...(identity !== null && { identity }),
    ...(billsec !== null && { billsec }),
    ...(receipt !== null && { receipt }),
    ...(state === 'waiting' && tries !== undefined && { tries, next_try: numberOf(row, 'next_try') }),
  };
}

/** The row of a call that comes from another ledger: of no run of this one. */
export function rowOfSaved({ state, at, reasons, hash, identity, billsec, receipt }: SavedCall): CallRow {
  return {
    ...acceptedRow,
    state,
    at,
    reasons: reasons ?? null,
    hash: hash ?? null,
    identity: identity ?? null,
    billsec: billsec ?? null,
    receipt: receipt ?? null,
  };
}

/** When a call that comes from another ledger is tried again, where it waits. */
export function deferralOfSaved({ tries, next_try }: SavedCall): Deferral | undefined {
  return tries === undefined || next_try === undefined ? undefined : { tries, nextTry: next_try };
}

/** A line that another ledger wrote; undefined where it is none. */
export function parseSavedCall(line: string): SavedCall | undefined {
  const value = parseJson(line);
  if (!isObject(value)) return undefined;
  const { address, code, account, uuid, state, at, ...rest } = value;
  if (typeof address !== 'string' || typeof code !== 'string' || typeof account !== 'string')
    return undefined;
  if (typeof uuid !== 'string' || typeof at !== 'number' || !isSavedState(state)) return undefined;
  const texts = Object.entries({ reasons: rest['reasons'], receipt: rest['receipt'] });
  const names = ['hash', 'identity', 'billsec', 'tries', 'next_try'];
  return {
    address,
    code,
    account,
    uuid,
    state,
    at,
    ...Object.fromEntries(
      texts.filter(([, text]) => typeof text === 'string' && parseJson(text) !== undefined),
    ),
    ...Object.fromEntries(names.flatMap((name) => (isWhole(rest[name]) ? [[name, rest[name]]] : []))),
  };
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);

function isSavedState(value: unknown): value is SavedCall['state'] {
  return value === 'accepted' || value === 'rejected' || value === 'unconfirmed' || value === 'waiting';
}
