// When the rows of a file were first seen.

import type { FirstSeen } from '../../core/row.js';

/** So many steps are kept; with more, every second is left out: its rows count as seen a little later. */
const mostSteps = 500;

/**
 * When the rows of a file were first seen, after those before a line were at a time (milliseconds since 1970, counted in
 * whole seconds).
 */
export function seenUpTo(seen: FirstSeen, line: number, at: number): FirstSeen {
  const second = Math.ceil(at / 1000) * 1000;
  const last = seen.at(-1);
  if (last !== undefined && line <= last[0]) return seen;
  const before = last !== undefined && last[1] === second ? seen.slice(0, -1) : seen;
  const all: FirstSeen = [...before, [line, second]];
  return all.length <= mostSteps
    ? all
    : all.filter((_, index) => index % 2 === 1 || index === all.length - 1);
}

/** The same without the times of rows that were first seen before a time: those were seen long ago. */
export function seenSince(seen: FirstSeen, time: number): FirstSeen {
  const old = seen.findLastIndex(([, at]) => at < time);
  const [line] = seen[old] ?? [];
  return line === undefined ? seen : [[line, 0], ...seen.slice(old + 1)];
}
