import { aliases, dateAndTime } from '../../src/records/header-names.js';

/** The whole text of docs/header-names.md. */
export function headerNamesPage(): string {
  const parts = Object.entries(aliases).map(([field, { sure, perhaps }]) => {
    const weak = perhaps.length === 0 ? '' : `\nIf none of these is there: ${list(perhaps)}\n`;
    return `## ${field}\n\n\`${field}\`, ${list(sure)}\n${weak}`;
  });
  const pairs = dateAndTime.map((pair) => `- ${list(pair)}`).join('\n');
  const intro = `# Header names that are known

This page is made of the table in the code; \`npm run docs\` writes it anew.

Names are compared whole, without regard to case, spaces, punctuation and \`ё\`/\`е\`. The field's own name comes first, then these, best
first. \`--map field=column\` beats them all; see [inputs](inputs.md#which-column-feeds-which-field).
`;
  return [
    intro,
    ...parts,
    `## A date column and a time column\n\nThese pairs are joined to one date:\n\n${pairs}\n`,
  ].join('\n');
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
