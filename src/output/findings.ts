// Findings as a table: the state, what was looked at, what was found and what to do about it.

import type { Finding } from '../core/finding.js';
import { layTable, type Page } from './table.js';

/** A row a finding, its state in colour. */
export function findingsTable(findings: readonly Finding[], page: Page): string {
  const { green, yellow, red } = page.style;
  const colours = new Map([
    ['ok', green],
    ['warning', yellow],
    ['problem', red],
  ]);
  const columns = [
    { title: 'state', paint: (cell: string) => colours.get(cell)?.(cell) ?? cell },
    { title: 'what' },
    { title: 'found', wraps: true },
  ];
  const rows = findings.map(({ status, check, says, do: todo }) => [
    status,
    check,
    todo === undefined ? says : `${says}${says.endsWith('?') ? '' : '.'} ${todo}`,
  ]);
  return layTable(columns, rows, page);
}
