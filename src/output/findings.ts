// Findings as a table: the state, what was looked at, what was found and what to do about it.

import type { Finding } from '../core/finding.js';
import { type Column, layTable, type Page } from './table.js';

/** A row a finding, its state in colour. */
export function findingsTable(findings: readonly Finding[], page: Page): string {
  const { green, yellow, red } = page.style;
  const colours = new Map([
    ['ok', green],
    ['warning', yellow],
    ['problem', red],
  ]);
  const columns: readonly Column<Finding>[] = [
    { title: 'state', of: ({ status }) => status, paint: (cell) => colours.get(cell)?.(cell) ?? cell },
    { title: 'what', of: ({ check }) => check },
    { title: 'found', of: saidOf, wraps: true },
  ];
  return layTable(columns, findings, page);
}

function saidOf({ says, do: todo }: Finding): string {
  return todo === undefined ? says : `${says}${says.endsWith('?') ? '' : '.'} ${todo}`;
}
