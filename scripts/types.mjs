// Makes the type declarations of the library door.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';

/**
 * The declarations that a program sees through src/index.ts: a map of file name (`index.d.ts`) to text.
 * Throws where one of them leans on a package, because those are not installed with us.
 */
export function typesOf(root) {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-types-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', join(root, 'scripts/tsconfig.types.json'), '--outDir', folder];
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    return reachable(join(folder, 'src'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `import … from '…'` and `export … from '…'` at the start of a line, and `import('…')` inside a type. */
const references = /^(?:import|export)\b[^;'"]*?from\s*['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm;

function reachable(folder) {
  const found = new Map();
  const open = ['index.d.ts'];
  for (const name of open) {
    if (found.has(name)) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    found.set(name, text);
    for (const [, imported, inline] of text.matchAll(references)) {
      const source = imported ?? inline;
      if (source.startsWith('.'))
        open.push(posix.join(posix.dirname(name), source.replace(/\.js$/, '.d.ts')));
      else if (!source.startsWith('node:'))
        throw new Error(`The types of src/index.ts lean on ${source}: see ${name}.`);
    }
  }
  return found;
}
