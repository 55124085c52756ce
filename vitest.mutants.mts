import { defineConfig } from 'vitest/config';

/**
 * The tests that see a mutant: those in whose process the rules run. A child process runs the program as it was built, and what
 * waits for a database or plays for long would be played once for every mutant.
 */
/** `AMOCALLS_MUTANT_TESTS`: only these files, so that a rule is seen to be held by its own tests, in minutes instead of hours. */
const own = process.env['AMOCALLS_MUTANT_TESTS']?.split(' ');

export default defineConfig({
  test: {
    include: own ?? [
      'test/{core,delivery,destinations,pipeline,records,settings}/**/*.test.ts',
      'test/ledger/{planner,memory,sqlite}.test.ts',
    ],
    exclude: ['**/*.campaign.test.ts'],
    testTimeout: 60_000,
    isolate: false,
  },
});
