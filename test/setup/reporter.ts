import { writeSync } from 'node:fs';
import type { Reporter } from 'vitest/node';

/** Ends a run with one plain line of counts, which people and scripts can look for: `120 passed, 0 failed`. */
export default class CountsReporter implements Reporter {
  onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = (modules, errors) => {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that fell over while it was loaded has no tests of its own that could have failed.
      if (module.errors().length > 0) count.failed += 1;
    }
    const skipped = count.skipped + count.pending;
    const line = `${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    // At exit, so that it stands last, whatever the other reporters print when the run ends.
    process.once('exit', () => writeSync(1, `${line}\n`));
  };
}
