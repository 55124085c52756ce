// Rows of which nobody surely knows the call: the calls beside them in the file may be without one of their rows.

/** A row with the call that it is of, or may be of. */
interface SeenRow {
  readonly line: number;
  readonly id: string | undefined;
}

/** What was seen of such rows so far. */
export interface LostRows {
  /** The row before. */
  before: SeenRow | undefined;
  isBeforeLost: boolean;
  /** Calls with such a row before or behind one of theirs, and its line. */
  readonly beside: Map<string, number>;
}

export function noLostRows(): LostRows {
  return { before: undefined, isBeforeLost: false, beside: new Map() };
}

/** Takes note of a row whose call is known: phone systems write the rows of a call one after the other. */
export function seeRow(rows: LostRows, row: SeenRow): void {
  if (rows.isBeforeLost && rows.before !== undefined) doubt(rows, row, rows.before);
  rows.before = row;
  rows.isBeforeLost = false;
}

/** Takes note of a row that was cut, or has no id for another reason: what looks like its id may be that of something else. */
export function seeLostRow(rows: LostRows, row: SeenRow): void {
  if (!rows.isBeforeLost && rows.before !== undefined) doubt(rows, rows.before, row);
  rows.before = row;
  rows.isBeforeLost = true;
}

function doubt({ beside }: LostRows, row: SeenRow, lost: SeenRow): void {
  if (row.id !== undefined && row.id !== lost.id) beside.set(row.id, lost.line);
}

/** Why a call that is over may lack a row, in words; undefined where none was lost beside it. It is then forgotten. */
export function whyIncomplete({ beside }: LostRows, id: string): string | undefined {
  const line = beside.get(id);
  if (line === undefined) return undefined;
  beside.delete(id);
  return `line ${line} beside it cannot be read, and may be a part of this call`;
}
