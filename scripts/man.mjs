// Makes the man pages, from TypeScript that is the program's own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'rolldown';

/** The pages: a map of file name (`amocalls.1`) to text. */
export async function manPages(root) {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-man-'));
  try {
    const file = join(folder, 'man-pages.mjs');
    await build({
      cwd: root,
      input: 'scripts/man-pages.ts',
      platform: 'node',
      // The words of the commands are wanted, not their work.
      external: (id, importer) => /[\\/]commands[\\/]index\.ts$/.test(importer ?? '') && id.startsWith('./'),
      output: { file, format: 'esm' },
    });
    return (await import(pathToFileURL(file).href)).manPages();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
