// Turns samples into the rows of a table: medians, spread, ratio, goal.

/**
 * A row of the table: what was measured, its ratio (of its median to that of `against`, unless it is given), and the
 * goal of that ratio, or of the median where there is none.
 */
export function row({ what, unit = 'ms', value, against, goal, ...given }) {
  const ratio = against === undefined ? given.ratio : value.median / against.median;
  return {
    what,
    unit,
    median: value.median,
    least: value.least,
    most: value.most,
    runs: value.samples.length,
    ...(ratio === undefined ? {} : { ratio }),
    ...(goal === undefined ? {} : { goal: goalText(goal), met: isMet(ratio ?? value.median, goal) }),
  };
}

/** The median, the least and the most of some numbers. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1), samples: values };
}

/** What could not be measured here, and why. */
export const skipped = (what, why) => ({ what, skipped: why });

/** The same samples as another number each: milliseconds as rows a second. */
export function mapped(value, convert) {
  const samples = value.samples.map(convert);
  const sorted = [...samples].sort((a, b) => a - b);
  return { median: convert(value.median), least: sorted[0], most: sorted.at(-1), samples };
}

/** Milliseconds for so many rows, as rows a second. */
export const perSecond = (value, rows) => mapped(value, (milliseconds) => rows / (milliseconds / 1000));

function goalText({ atMost, atLeast, unit = '' }) {
  return atMost === undefined ? `>= ${atLeast}${unit}` : `<= ${atMost}${unit}`;
}

function isMet(value, { atMost, atLeast }) {
  return atMost === undefined ? value >= atLeast : value <= atMost;
}

const titles = ['', 'median', 'spread', 'ratio', 'goal', ''];

/** The rows as text, columns aligned. */
export function tableText(rows) {
  const cells = [titles, ...rows.map(cellsOf)];
  const widths = titles.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  const laid = cells.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
  return `${laid.join('\n')}\n`;
}

function cellsOf({ what, skipped: why, unit, median, least, most, ratio, goal, met }) {
  if (why !== undefined) return [`${what}: skipped, ${why}`, '', '', '', '', ''];
  const verdict = met === undefined ? '' : met ? 'met' : 'MISSED';
  const number = (value) => shown(value, unit);
  return [
    what,
    `${number(median)} ${unit}`,
    `${number(least)}-${number(most)}`,
    ratio?.toFixed(2) ?? '',
    goal ?? '',
    verdict,
  ];
}

function shown(value, unit) {
  if (unit === 'rows/s') return Math.round(value).toLocaleString('en');
  return value >= 100 ? String(Math.round(value)) : value.toFixed(1);
}
