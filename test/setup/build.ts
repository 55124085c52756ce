import { execFileSync } from 'node:child_process';

/** Builds dist before the tests that run the built program, so that they never test yesterday's. */
export default function setup(): void {
  if (process.env['AMOCALLS_SKIP_BUILD']) return;
  execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: ['ignore', 'ignore', 'inherit'] });
}
