import { aliases } from '../../src/records/header-names.js';

/** The whole text of docs/header-names.md. */
export function headerNamesPage(): string {
  const parts = Object.entries(aliases).map(([field, { sure, perhaps }]) => {
    const weak = perhaps.length === 0 ? '' : `\nIf none of these is there: ${list(perhaps)}\n`;
    return `## ${field}\n\n\`${field}\`, ${list(sure)}\n${weak}`;
  });
  const intro = `# Header names that are known

This page is made of the table in the code; \`npm run docs\` writes it anew.

Names are compared whole, without regard to case, spaces, punctuation, \`ё\`/\`е\` and what qualifies them
(\`Duration (sec)\`, \`Date/Time (UTC)\`, \`calldate_gmt\`). The field's own name comes first, then these, best first; where
two columns may feed a field, what they hold decides. \`--map field=column\` beats them all; see [inputs](inputs.md#which-column-feeds-which-field).
`;
  return [
    intro,
    ...parts,
    `## A date column and a time column

A column that holds days without a time of day is joined with the one that holds times of a clock, whatever their names:
one of a beginning or of a time first, never one of a duration, an answer or an end.
`,
  ].join('\n');
}

function list(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}
