// What speaks against the zone of a file, in words with the flag that decides it; how a contradiction stops a row or a file.

import type { Contradiction } from '../core/contradiction.js';
import { durationText, offsetText, utcOffset } from '../core/display.js';
import { Problem, UserError } from '../core/errors.js';
import type { ZoneFinding, ZoneVerdict } from './zone-evidence.js';

/** A value of a row that something else in the file contradicts. */
export class Contradicted extends Problem {
  constructor(readonly contradiction: Contradiction) {
    super(`${contradiction.sentence}: ${contradiction.hint}`);
  }
}

/** A file of which nothing is sent. */
export class ContradictedFile extends UserError {
  /** What its ids say of its clock. */
  readonly finding: ZoneFinding;

  constructor(
    readonly file: string,
    readonly contradiction: Contradiction,
    { finding, isReported }: { readonly finding: ZoneFinding; readonly isReported?: boolean },
  ) {
    super(`${file}: ${contradiction.sentence}`, { hint: contradiction.hint, isReported });
    this.finding = finding;
  }
}

/** So many lines are named as proof. */
const shown = 3;

/**
 * What the first rows of a file say against the zone that its times are read in; undefined where most of them do not.
 *
 * @param asked each row that was asked
 */
export function zoneContradiction(
  zone: string,
  { rows, offset }: ZoneVerdict,
  asked: readonly { readonly line: number }[],
): Contradiction | undefined {
  if (rows.length * 2 <= asked.length) return undefined;
  const named = rows.slice(0, shown).map((row) => asked[row]?.line ?? 0);
  const more = rows.length > named.length ? ' …' : '';
  const proof = `${named.length === 1 ? 'line' : 'lines'} ${named.join(', ')}${more}`;
  const says = offset === undefined ? 'that calls began before they were made' : offsetText(offset);
  return {
    kind: 'zone',
    scope: 'file',
    sentence: `its times cannot be in ${zone}: the unique ids of ${rows.length} of ${asked.length} rows say ${says} (${proof})`,
    hint: 'To take the offset of each row from its id: --timezone ids',
  };
}

/** What the header of the times says against the zone that was given for them. */
export function headerContradiction(column: string, named: string, given: string): Contradiction {
  return {
    kind: 'zone',
    scope: 'file',
    sentence: `the header "${column}" says ${named}, but --timezone or the profile says ${given}`,
    hint: `To read the times as the header says: --timezone ${named}. To read them as given: --allow zone`,
  };
}

/** A column of zones, beside a zone that was given for the times, or that a header names. */
export interface ZoneColumn {
  readonly name: string;
  /** The dates with their zones, as --map takes them. */
  readonly template: string;
  /** What names the other zone; undefined where it was given. */
  readonly header: string | undefined;
}

/** What such a column says of a time, seconds east of UTC, against that zone. */
export function columnContradiction(
  { name, template, header }: ZoneColumn,
  says: number,
  { zone, scope }: { readonly zone: string; readonly scope: Contradiction['scope'] },
): Contradiction {
  const by = header === undefined ? '--timezone or the profile' : `the header "${header}"`;
  const flags = header === undefined ? '--allow zone' : `--timezone ${zone} --allow zone`;
  return {
    kind: 'zone',
    scope,
    sentence: `the column "${name}" says ${utcOffset(says)}, but ${by} says ${zone}`,
    hint: `To read the times as the column says: --map 'date=${template}'. To read them in ${zone}: ${flags}`,
  };
}

/** Rows that agree with each other against the zone that a date was read in. */
export function dateContradiction(
  text: string,
  zone: string,
  { lateness, offset }: { readonly lateness: number; readonly offset: number | undefined },
): Contradiction {
  const when = `${durationText(Math.abs(lateness))} ${lateness < 0 ? 'before' : 'after'} the time in its unique id`;
  const says = offset === undefined ? '' : `, which says ${offsetText(offset)}`;
  return {
    kind: 'zone',
    scope: 'row',
    sentence: `"${text}" in ${zone} is ${when}${says}`,
    hint: 'use --timezone ids',
  };
}
