import type { DateOrder } from './calendar.js';
import type { Direction } from './directions.js';
import type { MappingOptions } from './mapping.js';

/** How the rows of a file are to be read; moments.ts reads the bounds from texts. */
export interface RecordOptions extends MappingOptions {
  /** Whether a file whose rows name no account is refused where no `accountId` is given. */
  readonly requireAccount: boolean;
  /** IANA name or offset, for times without a zone. */
  readonly timezone?: string | undefined;
  /** ISO 3166 code: national numbers of this country become international. */
  readonly country?: string | undefined;
  /** Every row is a call of its own: a preset merges none. */
  readonly keepRows?: boolean | undefined;
  readonly typeMap?: ReadonlyMap<string, Direction> | undefined;
  readonly dateOrder?: DateOrder | undefined;
  readonly inboundLayout: 'natural' | 'extension-first';
  /** Unix seconds; both bounds belong to the span. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** Nobody asks for the raw rows of the records (no `--rejects`): their origins do without, which halves what a run holds. */
  readonly dropRows?: boolean | undefined;
  /** Reading stops after so many records. */
  readonly limit?: number | undefined;
  /** Unix seconds. */
  readonly now: number;
}
