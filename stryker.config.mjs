/** Mutation testing, started by scripts/mutate.mjs for one rule of scripts/mutants/rules.mjs at a time, with the tests of it. */
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'vitest.mutants.mts' },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, skipFull: true },
  jsonReporter: { fileName: 'build/mutation.json' },
  tempDirName: 'build/mutants',
  disableTypeChecks: false,
  // There is no such file: Stryker would read tsconfig.json by an interface that TypeScript 7 has no more. Vitest needs none.
  tsconfigFile: 'none',
  // Most of a mutant's time is waiting for a worker to begin anew; a mutant that never ends is known after this.
  timeoutMS: 10_000,
};
