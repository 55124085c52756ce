// How the rows of a file are to be read, as it was asked for or as earlier runs found out.

import type { MappableField } from '../core/call.js';
import type { ContradictionKind } from '../core/contradiction.js';
import type { DateOrder } from './date-text.js';
import type { Direction } from './directions.js';
import type { DurationForm } from './durations.js';
import type { InternalTest } from './phone-numbers.js';
import type { Preset } from './presets/preset.js';
import type { ZoneFinding } from './zone-evidence.js';

/** Reports something that is no error, with a hint what to do about it. */
export type Note = (text: string, hint?: string) => void;

/**
 * Of which columns the uuids of a file are: of one, or built of several. It stays as an earlier run found it, whatever later
 * rules or new columns would say: else calls that were sent would be other calls.
 */
export interface UuidColumns {
  /** What they are built of, as it was asked for; none: they stand in a column. */
  readonly from: readonly string[];
  /** The names of the columns, a list for each part. */
  readonly columns: readonly (readonly string[])[];
}

/** What a record says of its call, and where it stands. */
export interface CallContent {
  /** Its account and uuid. */
  readonly key: string;
  readonly file: string;
  readonly line: number;
  /** Caller, callee, date, direction and talk time. */
  readonly said: string;
  /** Talk time in seconds. */
  readonly billsec: number;
}

/** Calls of an input that share their uuid and differ, by account and uuid; of each, two that do. */
export type ContestedUuids = Map<string, readonly [CallContent, CallContent]>;

/** How the rows of a file are to be read; `parseBound` of dates.ts reads the bounds from texts. */
export interface RecordOptions {
  /** `--map field=source`: the source is the name of a column, or a template with `{column}` in it; '' is no column at all. */
  readonly map: readonly { readonly field: MappableField; readonly source: string }[];
  /** `--set field=value`: every record has this value. */
  readonly set: readonly { readonly field: MappableField; readonly value: string }[];
  /** Names of fields, whose values count, or of columns, whose texts count. */
  readonly uuidFrom?: readonly string[] | undefined;
  /** What an earlier run took the uuids of this file from. */
  readonly uuidColumns?: UuidColumns | undefined;
  readonly accountId?: string | undefined;
  /** Whether a file whose rows name no account is refused where no `accountId` is given. */
  readonly requireAccount: boolean;
  /** What words for the direction mean, beside those that are known. */
  readonly typeMap?: ReadonlyMap<string, Direction> | undefined;
  /** What durations mean that do not say it: `0:03`, `63000`. */
  readonly durations?: DurationForm | undefined;
  /** Left out: 2 to 5 digits. */
  readonly internal?: InternalTest | undefined;
  /** What is known of the phone system that wrote the file. */
  readonly preset?: Preset | undefined;
  /** The user said that the file is to be read without a preset, whatever it looks like. */
  readonly noPreset?: boolean | undefined;
  /** IANA name, offset, or `ids`, for times without a zone. */
  readonly timezone?: string | undefined;
  /** ISO 3166 code: national numbers of this country become international. */
  readonly country?: string | undefined;
  /** Address under which recordings are served. */
  readonly recordingsUrl?: string | undefined;
  /** Every row is a call of its own: a preset merges none. */
  readonly keepRows?: boolean | undefined;
  readonly dateOrder?: DateOrder | undefined;
  /**
   * Where zone or order of dates are not given and not certain, or contradicted, go on with a guess that the plan names: for
   * `check` alone. Gives the zone of this machine.
   */
  readonly assume?: { readonly machineZone: () => string } | undefined;
  /** What is read as it stands although something in the file contradicts it. */
  readonly allow?: readonly ContradictionKind[] | undefined;
  /** The file grows, and nobody looks: a call that is written again is a change of it. */
  readonly isGrowing?: boolean | undefined;
  /** Calls of the input that share their uuid and differ: filled before the first row is read. */
  readonly contested?: ContestedUuids | undefined;
  /** The file is followed: its reader waits where too many calls may still get rows, and none is put off. */
  readonly isFollowed?: boolean | undefined;
  /** What earlier runs found out about the clock of this file. */
  readonly finding?: ZoneFinding | undefined;
  readonly inboundLayout: 'natural' | 'extension-first';
  /** Unix seconds; both bounds belong to the span. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Nobody asks for the raw rows of the records (no `--rejects`): their origins do without, which halves what a run holds. */
  readonly dropRows?: boolean | undefined;
  /** Whether earlier runs may have read rows before the first ones, and sent the calls that they made. */
  readonly isEntered?: boolean;
  /** A call that a preset makes of rows is complete so many seconds after its last sign; 0: at once. Left out: 120. */
  readonly settle?: number | undefined;
  /** The clock, in unix seconds: how old calls are, and which dates lie in the future. */
  readonly now: () => number;
}
