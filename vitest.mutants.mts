import { defineConfig } from 'vitest/config';

/** How mutants are tested: without the program and the database that other tests want, which would see no mutant. */
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, isolate: false },
});
