import { faultTable } from '../../src/sandbox/faults.js';

/** The whole text of docs/faults.md. */
export function faultsPage(): string {
  const rows = faultTable
    .map(({ name, does, apis }) => `| \`${name}\` | ${apis.length > 1 ? '' : apis.join()} | ${does} |`)
    .join('\n');
  return `# Faults of the sandbox

This page is made of the table in the code; \`npm run docs\` writes it anew. How to use them: [sandbox](sandbox.md#faults).

| fault | only with \`--api\` | what it does |
| --- | --- | --- |
${rows}
`;
}
