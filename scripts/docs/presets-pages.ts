import { allPresets } from '../../src/records/presets/index.js';
import type { Preset } from '../../src/records/presets/preset.js';

const zones = {
  values: 'The file says its zone, or holds unix times; `--timezone` is not needed.',
  asked: 'The times name no zone: say it with `--timezone`.',
} as const satisfies Record<Preset['zone'], string>;

const certainties = {
  file: 'A real file was read.',
  code: "The system's own code was read; no real file.",
  doc: "The vendor's documentation was read; no real file.",
  literal: 'Programs that read such files were read; no real file.',
} as const satisfies Record<Preset['certainty'], string>;

const generated = 'This page is made of the preset itself; `npm run docs` writes it anew.';

/** The whole text of docs/presets/<name>.md. */
export function presetPage({ name, title, versions, looks, clock, zone, certainty, guide }: Preset): string {
  return `# ${name}

${text(title)}

${generated} The same: \`amocalls presets ${name}\`.

- **Versions**: ${text(versions)}
- **File**: ${text(looks)}
- **Clock**: ${text(clock)}. ${zones[zone]}
- **Certainty**: ${certainties[certainty]}

## How to export

${guide.steps.map((step, at) => `${at + 1}. ${text(step)}`).join('\n')}

## Import it

\`\`\`sh
${guide.example}
${guide.example.replace('amocalls check', 'amocalls import')}
\`\`\`

## What becomes what

| field | from |
| --- | --- |
${Object.entries(guide.becomes)
  .map(([field, from]) => `| \`${field}\` | ${text(from).replaceAll('|', '\\|')} |`)
  .join('\n')}

## What is lost

${guide.lost.map((loss) => `- ${text(loss)}`).join('\n')}

All presets: [presets](README.md).
`;
}

/** Words as Markdown shows them to the letter: \`<name>\`, \`_\` and \`*\` are no marks. */
function text(words: string): string {
  return words.replace(/[<>*_[\]]/g, (mark) => `\\${mark}`);
}

/** The whole text of docs/presets/README.md. */
export function presetList(): string {
  const rows = allPresets.map(
    ({ name, title, zone }) =>
      `| [${name}](${name}.md) | ${text(title)} | ${zone === 'asked' ? '`--timezone`' : 'in the file'} |`,
  );
  return `# Presets: phone systems whose files are known

${generated} The same: \`amocalls presets\`.

A preset knows the columns of a system, its zone rule, its direction rule, and which rows belong to one call. It is never used
unless you name it: \`--preset <name>\`. Where \`check\` recognises a file, it names the preset and the command to run; \`import\` and
\`follow\` do not send such a file without a preset, since its rows may be parts of calls. \`--preset none\` sends every row as a call.
\`--map\`, \`--set\`, \`--type-map\`, \`--timezone\` and \`--internal\` beat what the preset says; \`--keep-rows\` makes every row a call of its own.

| preset | phone system | zone |
| --- | --- | --- |
${rows.join('\n')}

Your system is not here? [Recipes](../recipes.md) show how to map its columns. [Add a preset](../add-a-preset.md) tells how to teach it.
`;
}
