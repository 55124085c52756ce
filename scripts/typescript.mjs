// Runs TypeScript that is the program's own: scripts that make pages of it are written in it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';

/** The root of this project. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** What a module exports, bundled with all that it imports; `file` begins at the root. */
export async function importTypeScript(file) {
  const folder = mkdtempSync(join(tmpdir(), 'amocalls-script-'));
  try {
    const bundle = join(folder, 'bundle.mjs');
    await build({
      cwd: root,
      input: file,
      platform: 'node',
      // The words of the commands are wanted, not their work.
      external: (id, importer) => /[\\/]commands[\\/]index\.ts$/.test(importer ?? '') && id.startsWith('./'),
      output: { file: bundle, format: 'esm', codeSplitting: false },
      logLevel: 'warn',
    });
    return await import(pathToFileURL(bundle).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
