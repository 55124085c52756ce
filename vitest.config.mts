import { defineConfig } from 'vitest/config';

/** Tests that run the built program, as a user would; all the others go through the front door of one room. */
const program = ['test/*.test.ts', 'test/program/**/*.test.ts'];

export default defineConfig({
  test: {
    reporters: ['default', './test/setup/reporter.ts'],
    testTimeout: 60_000,
    // Most tests wait for a program or a socket: one worker a core, where vitest would leave a core free.
    maxWorkers: '100%',
    projects: [
      { extends: true, test: { name: 'rooms', include: ['test/*/**/*.test.ts'], exclude: program } },
      { extends: true, test: { name: 'program', include: program, globalSetup: './test/setup/build.ts' } },
    ],
  },
});
