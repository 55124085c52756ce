// The known word that a mistyped one was meant to be.

/**
 * The known word that a mistyped one was most likely meant to be.
 *
 * Letter case does not count; one slip (a letter too many, too few, wrong, or two swapped) is allowed for every
 * three letters, and at least one.
 *
 * @returns undefined where no known word is near enough to be worth naming
 */
export function suggest<W extends string>(word: string, known: readonly W[]): W | undefined {
  const most = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly word: W; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance <= most && distance < (best?.distance ?? Number.POSITIVE_INFINITY))
      best = { word: candidate, distance };
  }
  return best?.word;
}

/** `. Did you mean "caller"?`, or nothing where no known word is near; to be put behind an error. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = suggest(word, known);
  return near === undefined ? '' : `. Did you mean "${near}"?`;
}

/** Damerau-Levenshtein distance in its restricted form (optimal string alignment), in UTF-16 units. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const options = [
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      ];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) options.push(at(beforeLast, column - 2) + 1);
      current.push(Math.min(...options));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(distances: readonly number[], index: number): number {
  return distances[index] ?? Number.POSITIVE_INFINITY;
}
