import { defineConfig } from 'vitest/config';

/** The tests that see a mutant: those in whose process the rules run. A child process runs the program as it was built. */
export default defineConfig({
  test: {
    include: ['test/{core,delivery,destinations,ledger,pipeline,records,settings}/**/*.test.ts'],
    exclude: ['**/*.campaign.test.ts', 'test/delivery/{chaos,model}.test.ts', 'test/ledger/postgres.test.ts'],
  },
});
