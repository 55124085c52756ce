import type { Cell, IsExtension, Look, Rule } from './preset.js';

/** The first of these columns that holds a text. */
export function firstOf(...columns: readonly string[]): Rule {
  return { columns, read: (cell) => firstText(cell, columns) };
}

/** A text made of several columns. */
export function from(columns: readonly string[], read: Rule['read']): Rule {
  return { columns, read };
}

/** No file of this system has the field. */
export const nothing: Rule = { columns: [], read: () => '' };

/** The first filled text of these columns, '' where all are empty. */
export function firstText(cell: Cell, columns: readonly string[]): string {
  for (const column of columns) {
    const text = cell(column);
    if (text !== '') return text;
  }
  return '';
}

/** The extension in the name of a channel, `SIP/113-000000c5` or `Local/101@from-queue-00000012;1`; '' where there is none. */
export function extensionOf(channel: string, isExtension: IsExtension): string {
  const number = /^(?:PJSIP|SIP|IAX2?|Local|SCCP|Skinny|USER)\/(\d+)(?=[-@;/]|$)/i.exec(channel)?.[1] ?? '';
  return isExtension(number) ? number : '';
}

/** A number in whatever brackets, `Desk (101)`, `"Desk" <101>`, `101`; '' where there is none. */
export function bracketed(text: string): string {
  return /[(<](?:from )?(\+?\d+)[)>]\s*$/.exec(text)?.[1] ?? (/^\+?\d+$/.test(text) ? text : '');
}

/** Sure where a file has all of these columns. */
export function ifAll(look: Look, columns: readonly string[], sure = 0.9): number {
  return columns.every((column) => look.has(column)) ? sure : 0;
}

/** Narrows a value of a JSON file to an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
