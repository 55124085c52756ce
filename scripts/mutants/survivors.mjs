// Why no test sees a mutant that is left: `what stands there → what it became`, by the rule that it is in.

/** Mutants without an entry are words for people, or were not thought about yet. */
export const survivors = {
  'src/core/display.ts': { 'seconds < 0 → seconds <= 0': '0 is told before' },
};
