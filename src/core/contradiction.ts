// What can be contradicted, and a contradiction as a value.

/** What of a file can be contradicted by what else stands in it; the values of `--allow`. */
export const contradictionKinds = ['zone', 'direction', 'columns', 'uuid', 'cells', 'numbers'] as const;
export type ContradictionKind = (typeof contradictionKinds)[number];

/** Something that a file says of itself and that cannot be, as it is understood: what it concerns is not sent. */
export interface Contradiction {
  readonly kind: ContradictionKind;
  /** Whether nothing of the file is sent, or not this row. */
  readonly scope: 'file' | 'row';
  /** Both facts, in one sentence without the name of the file. */
  readonly sentence: string;
  /** What is to be done: flags that are right as they stand, in a sentence. */
  readonly hint: string;
}

/** What stands in place of a zone where each row has the offset of its own id: `--timezone ids`. */
export const zoneByIds = 'ids';
