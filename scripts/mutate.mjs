// Breaks each rule in small ways and runs its own tests, which have to see it: `npm run mutate`, or with the names of some rules.
// The results are in build/mutation/, a file a rule.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rules } from './mutants/rules.mjs';
import { root } from './typescript.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: `${availableParallelism()}` } },
});
const results = join(root, 'build/mutation');
mkdirSync(results, { recursive: true });

for (const rule of positionals.length > 0 ? positionals : Object.keys(rules)) {
  const tests = rules[rule];
  if (tests === undefined) throw new Error(`${rule}: it is not in scripts/mutants/rules.mjs`);
  const files = tests.map((name) => `test/${name}.test.ts`);
  const options = ['--mutate', rule, '--testFiles', files.join(','), '--concurrency', values.concurrency];
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', ...options], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = 1;
  const made = join(root, 'build/mutation.json');
  if (existsSync(made)) renameSync(made, join(results, `${rule.slice(4).replaceAll('/', '+')}.json`));
}
