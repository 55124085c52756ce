import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What dist is made of. */
const sources = ['src', 'scripts', 'package.json', 'package-lock.json'];

/** Builds dist where something that it is made of is newer, so that no test ever runs yesterday's program. */
export default function setup(): void {
  const built = existsSync('dist/cli.js') ? statSync('dist/cli.js').mtimeMs : 0;
  if (built > Math.max(...sources.map(changed))) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** When a file, or a folder with all that is below it, was changed last; milliseconds since 1970. */
function changed(file: string): number {
  const stats = statSync(file);
  const below = stats.isDirectory() ? readdirSync(file) : [];
  return Math.max(stats.ctimeMs, ...below.map((name) => changed(path.join(file, name))));
}
