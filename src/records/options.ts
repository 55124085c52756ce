import type { MappableField } from '../core/call.js';
import type { DateOrder } from './date-text.js';
import type { Direction } from './directions.js';
import type { Position } from './open-calls.js';
import type { InternalTest } from './phone-numbers.js';
import type { NamedPreset } from './presets/preset.js';

/** `--map field=source`: the source is the name of a column, or a template with `{column}` in it; '' is no column at all. */
export interface FieldMap {
  readonly field: MappableField;
  readonly source: string;
}

/** `--set field=value`: every record has this value. */
export interface FieldConstant {
  readonly field: MappableField;
  readonly value: string;
}

/** Where the fields of a call come from. */
export interface MappingOptions {
  readonly map: readonly FieldMap[];
  readonly set: readonly FieldConstant[];
  /** Names of fields, whose values count, or of columns, whose texts count. */
  readonly uuidFrom?: readonly string[] | undefined;
  readonly accountId?: string | undefined;
  /** What words for the direction mean, beside those that are known. */
  readonly typeMap?: ReadonlyMap<string, Direction> | undefined;
  /** Left out: 2 to 5 digits. */
  readonly internal?: InternalTest | undefined;
  /** What is known of the phone system that wrote the file. */
  readonly preset?: NamedPreset | undefined;
}

/** How the rows of a file are to be read; `parseBound` of dates.ts reads the bounds from texts. */
export interface RecordOptions extends MappingOptions {
  /** Whether a file whose rows name no account is refused where no `accountId` is given. */
  readonly requireAccount: boolean;
  /** IANA name or offset, for times without a zone. */
  readonly timezone?: string | undefined;
  /** ISO 3166 code: national numbers of this country become international. */
  readonly country?: string | undefined;
  /** Every row is a call of its own: a preset merges none. */
  readonly keepRows?: boolean | undefined;
  readonly dateOrder?: DateOrder | undefined;
  /** Where zone or order of dates are not given and not certain, go on with a guess that the plan names: for `check` alone. */
  readonly assume?: boolean | undefined;
  readonly inboundLayout: 'natural' | 'extension-first';
  /** Unix seconds; both bounds belong to the span. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Nobody asks for the raw rows of the records (no `--rejects`): their origins do without, which halves what a run holds. */
  readonly dropRows?: boolean | undefined;
  /** Reading stops after so many records. */
  readonly limit?: number | undefined;
  /**
   * Where the reading of the file begins. Left out where it is unknown; then the records of the first rows wait until calls of later
   * rows are the oldest ones.
   */
  readonly start?: Position | undefined;
  /** Whether earlier runs may have read rows before `start`, and sent the calls that they made. */
  readonly isEntered?: boolean;
  /** A call that a preset makes of rows is complete so many seconds after its last sign; 0: at once. Left out: 120. */
  readonly settle?: number | undefined;
  /** The clock, in unix seconds: how old calls are, and which dates lie in the future. */
  readonly now: () => number;
}
