// Two columns of a file of a phone system under each other's name.

import { Problem, UserError } from '../core/errors.js';
import { cellText } from './cell-text.js';
import { Contradicted } from './contradictions.js';
import type { FileRules } from './file-rules.js';
import { compileSides } from './sides.js';

/** So many rows are looked at. */
const lookedAt = 100;
/** In a file that grows, one strange row is no reason to stop at the others. */
const leastOfLog = 3;

/**
 * Throws a UserError where a tenth of the first rows at least contradict themselves, as a preset reads them, and none would if two
 * columns had each other's name: then the rows that say nothing against it are wrong as well.
 */
export function refuseExchanged(rules: FileRules): void {
  const { table, options, mapping } = rules;
  const { file, columns } = table;
  const { preset, sample } = mapping;
  if (preset === undefined) return;
  const readSides = compileSides(rules);
  const isWrong = (cells: readonly string[]): boolean => {
    const { problem, kind, caller, to } = preset.read(cells);
    if (problem !== undefined || kind instanceof Problem || (caller !== '' && caller === to)) return true;
    // What the user says of the direction beats the file.
    return options.typeMap === undefined && readSides(cells).direction instanceof Contradicted;
  };
  /** What stands in the way of a call; some rows have it for reasons of their own. */
  const faultsOf = (cells: readonly string[]): number => {
    const { uuid, skip } = preset.read(cells);
    const { caller, to } = readSides(cells);
    const faults = [uuid === '', caller instanceof Problem, to instanceof Problem];
    return skip === undefined ? faults.filter((isFault) => isFault).length : 0;
  };
  const rows = sample.rows.slice(0, lookedAt).map((cells) => columns.map((_, at) => cells[at] ?? ''));
  const wrong = rows.filter(isWrong);
  const isLog = options.isGrowing === true;
  const least = Math.max(isLog ? leastOfLog : 1, rows.length / 10);
  if (wrong.length < least) return;
  const right = rows.filter((cells) => !wrong.includes(cells));
  for (const [one, other] of pairsOf(columns.length)) {
    const exchanged = (cells: readonly string[]) =>
      cells.with(one, cells[other] ?? '').with(other, cells[one] ?? '');
    const isAsGood = (cells: readonly string[]) =>
      !isWrong(exchanged(cells)) && faultsOf(exchanged(cells)) <= faultsOf(cells);
    const mended = wrong.filter(isAsGood);
    const areFilled = (cells: readonly string[]) =>
      cellText(cells[one]) !== '' && cellText(cells[other]) !== '';
    if (mended.length < least || !mended.some(areFilled) || !right.every(isAsGood)) continue;
    const [name, otherName] = [one, other].map((at) => columns[at] || `column ${at + 1}`);
    throw new UserError(
      `${file}: "${name}" and "${otherName}" look exchanged: rows contradict themselves as they stand`,
      {
        hint: 'Give each column the name of what it holds, or export the file again. If the names are right: --allow columns',
      },
    );
  }
}

function* pairsOf(count: number): Generator<readonly [number, number]> {
  for (let one = 0; one < count; one++) for (let other = one + 1; other < count; other++) yield [one, other];
}
