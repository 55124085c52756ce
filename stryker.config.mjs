/**
 * Mutation testing: `npm run mutate`, or `npm run mutate -- --mutate src/core/rate.ts` for some files. Each rule is broken in
 * small ways, and a test has to see it. What survives is printed: a test is missing, or the code does nothing.
 */

/** The pure rules: what decides without a clock, a file or a socket. A room that is rebuilt joins by its name. */
const rules = [
  'src/core/*.ts',
  'src/delivery/{after,chunker,health,request,verdicts,work-list}.ts',
  'src/destinations/*/response.ts',
  'src/ledger/planner.ts',
  'src/pipeline/{reported-once,unattended}.ts',
  'src/records/{contradictions,date-text,dates,directions,durations,grouping,mapping,open-calls,zone-evidence}.ts',
  'src/settings/{credentials,resolve}.ts',
];

export default {
  mutate: rules,
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
  thresholds: { high: 90, low: 85, break: 85 },
};
