// What was read of a row, or of the rows of one call.

import type { CallStatus } from '../core/call.js';
import type { Parsed } from '../core/errors.js';
import type { Row } from '../core/row.js';
import type { CallDate } from './dates.js';
import type { Direction } from './directions.js';
import type { RowKind } from './presets/preset.js';
import type { RecordPlace } from './warnings.js';

/**
 * The values of a row, or of the rows of one call, merged: each what it should be, or the reason why it is not. Its place is that of
 * the first of its rows.
 */
export interface ParsedRecord extends RecordPlace {
  /** The row that is shown for the record. */
  readonly row: Row;
  /** How many rows it is made of. */
  readonly rows: number;
  readonly uuid: Parsed<string>;
  readonly caller: Parsed<string>;
  readonly to: Parsed<string>;
  readonly date: Parsed<CallDate>;
  /** null where it would be derived of numbers that are not there. */
  readonly direction: Parsed<Direction> | null;
  readonly billsec: Parsed<number>;
  readonly account: Parsed<string>;
  /** Text of the link, not yet checked. */
  readonly link: string;
  /** What became of the call, where the user or the preset knows it; undefined: what the talk time says. */
  readonly callStatus: Parsed<CallStatus> | undefined;
  /** '' for none. */
  readonly callResult: string;
  /** Whether the uuid was built here: it then belongs to this row alone. */
  readonly isBuilt: boolean;
  /** The uuid that earlier versions of amocalls would have given the call, where it is another one. */
  readonly formerUuid: string | undefined;
  readonly kind: RowKind;
  /** Why a preset does not send this row. */
  readonly skip: string | undefined;
  /** Why nobody can tell what the row says; its call is invalid. */
  readonly problem: string | undefined;
}
