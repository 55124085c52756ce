// Writes the pages of docs/ that are made of the program: of its tables, and of a session that is played with it. Needs a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importTypeScript, root } from './typescript.mjs';

const { generatedPages } = await importTypeScript('scripts/docs/pages.ts');
const { firstStepsPage } = await importTypeScript('scripts/docs/first-steps.ts');
const program = [process.execPath, join(root, 'bin/amocalls.js')];
const firstSteps = await firstStepsPage(root, program);

for (const [name, text] of [...generatedPages(), ['docs/first-steps.md', firstSteps]]) {
  const file = join(root, name);
  if (textOf(file) === text) continue;
  writeFileSync(file, text);
  console.log(name);
}

/** The text of a file; undefined where there is none. */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
