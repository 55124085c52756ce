// Mutation testing: breaks each rule in small ways and runs its own tests, which have to see it. `npm run mutate`, or with the names
// of some rules. The results are in build/mutation/, a file a rule; docs/mutation.md is made of them.
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { resultOf, writePage } from './mutants/page.mjs';
import { rules } from './mutants/rules.mjs';
import { root } from './typescript.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    concurrency: { type: 'string', default: `${availableParallelism()}` },
    // All mutants are tested, those too of which a result is there.
    force: { type: 'boolean', default: false },
    // Nothing is run: the page is made of the results that are there.
    page: { type: 'boolean', default: false },
  },
});
process.chdir(root);

const chosen = positionals.length > 0 ? positionals : Object.keys(rules);
for (const rule of values.page ? [] : chosen) {
  if (rules[rule] === undefined) throw new Error(`${rule}: it is not in scripts/mutants/rules.mjs`);
  await new Stryker(optionsFor(rule)).runMutationTest();
}
if (values.page || positionals.length === 0) writePage();

/** How the mutants of one rule are made and tested. */
function optionsFor(rule) {
  return {
    mutate: [rule],
    testFiles: rules[rule].map((test) => `test/${test}.test.ts`),
    testRunner: 'vitest',
    vitest: { configFile: 'vitest.mutants.mts', related: false },
    coverageAnalysis: 'perTest',
    // A table of a module is read once: a mutant of it would need a worker of its own.
    ignoreStatic: true,
    concurrency: Number(values.concurrency),
    reporters: ['progress-append-only', 'clear-text'],
    clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
    // Of what was tested before, only what changed is tested again, and what new tests may see.
    incremental: true,
    incrementalFile: resultOf(rule),
    force: values.force,
    tempDirName: join('build/mutants', basename(resultOf(rule))),
    ignorePatterns: ['bench', 'build', 'dist', 'docs'],
    disableTypeChecks: false,
    // There is no such file: Stryker would read tsconfig.json by an interface that TypeScript 7 has no more. Vitest needs none.
    tsconfigFile: 'none',
    // Most of a mutant's time is waiting for a worker to begin anew; a mutant that never ends is known after this.
    timeoutMS: 10_000,
  };
}
