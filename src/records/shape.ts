import type { CallField } from '../core/call.js';
import type { Mapping } from './mapping.js';
import { indexesOf } from './sources.js';
import { plainWord, present } from './text.js';

/** What a CSV row must look like to be a record. */
export interface RowShape {
  /** Cells that a row needs; 0 where rows have no length (JSON). */
  readonly width: number;
  /** The fields whose cells a row is too short to have, each with the reason why it is not there. */
  missing(cells: readonly string[]): ReadonlyMap<CallField, string>;
  /** Tells a blank row or a total: no date, no number, at most a word such as `Итого`. */
  isTotal(cells: readonly string[]): boolean;
}

/** link and account_id may be left out. */
const needed = ['uuid', 'caller', 'to', 'date', 'type', 'billsec'] as const;
/** A total may have the sum of the talk times. */
const telling = ['uuid', 'caller', 'to', 'date', 'type', 'link'] as const;

const totalWords =
  /^(?:итого|итог|всего|сумма|среднее|количество|total|totals|grand total|sum|subtotal|average|count)(?:[ :]|$)/;

/** Works out, once a file, which cells a row needs. */
export function createRowShape(mapping: Mapping, columns: readonly string[], isCsv: boolean): RowShape {
  const cellsOf = (field: CallField) =>
    field === 'uuid' && mapping.sources.uuid.kind === 'built'
      ? mapping.uuidParts.flatMap((part) => ('index' in part ? [part.index] : []))
      : indexesOf(mapping.sources[field]);
  const lastCells = new Map(needed.map((field) => [field, Math.max(-1, ...cellsOf(field))] as const));
  const tellingCells = [...new Set(telling.flatMap(cellsOf))];
  return {
    width: isCsv ? Math.max(...lastCells.values()) + 1 : 0,
    missing(cells) {
      const reasons = new Map<CallField, string>();
      for (const [field, last] of isCsv ? lastCells : []) {
        if (last < cells.length) continue;
        const name = columns[last] ?? '';
        reasons.set(
          field,
          `the row ends before its column "${name}" (${cells.length} cells of ${columns.length})`,
        );
      }
      return reasons;
    },
    isTotal(cells) {
      if (!isCsv || tellingCells.length === 0) return false;
      const texts = tellingCells.map((index) => present(cells[index])).filter((text) => text !== '');
      return texts.length === 0 || (texts.length === 1 && totalWords.test(plainWord(texts[0] ?? '')));
    },
  };
}
