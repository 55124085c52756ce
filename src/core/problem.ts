/** Why a text is not the value it should be. Parsers of the core return it instead of throwing. */
export class Problem {
  constructor(readonly text: string) {}
}

/** What a parser of the core yields: the value, or the reason why there is none. */
export type Parsed<T> = T | Problem;
