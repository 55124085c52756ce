import { appendFileSync, writeSync } from 'node:fs';
import type { Reporter, TestCase } from 'vitest/node';

/**
 * Ends a run with what was skipped and why, and with one plain line of counts, which people and scripts can look for:
 * `120 passed, 0 failed`. The counts go to the file AMOCALLS_COUNTS too, where CI adds up those of its runs. With AMOCALLS_NO_SKIP a run fails in which a tool was missing.
 */
export default class CountsReporter implements Reporter {
  /** `-t` skips all the other tests, which nobody has to hear. */
  private isFiltered = false;

  onInit: NonNullable<Reporter['onInit']> = ({ config, projects }) => {
    const all = [config, ...projects.map((project) => project.config)];
    this.isFiltered = all.some(({ testNamePattern }) => testNamePattern !== undefined);
  };

  onTestRunEnd: NonNullable<Reporter['onTestRunEnd']> = (modules, errors) => {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        const reason = reasonOf(test, this.isFiltered);
        if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
      // A file that fell over while it was loaded has no tests of its own that could have failed.
      if (module.errors().length > 0) count.failed += 1;
    }
    const lines = [...reasons].map(([reason, tests]) => `skipped ${tests}: ${reason}`);
    const skipped = count.skipped + count.pending;
    const isForbidden = Boolean(process.env['AMOCALLS_NO_SKIP']) && [...reasons.keys()].some(isMissing);
    if (isForbidden) lines.push('Nothing may be skipped here: install what is missing.');
    lines.push(`${count.passed} passed, ${count.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    const together = process.env['AMOCALLS_COUNTS'];
    if (together) appendFileSync(together, `${count.passed} ${count.failed}\n`);
    // At exit, so that it stands last, whatever the other reporters print when the run ends.
    process.once('exit', () => {
      if (isForbidden) process.exitCode = 1;
      writeSync(1, `${lines.join('\n')}\n`);
    });
  };
}

/** Why a test was skipped; undefined where it was not, or only because `-t` chose others. */
function reasonOf(test: TestCase, isFiltered: boolean): string | undefined {
  const result = test.result();
  if (result.state !== 'skipped') return undefined;
  return result.note ?? (isFiltered ? undefined : `no reason given: ${test.fullName}`);
}

/** What `needs` says of a tool. */
function isMissing(reason: string): boolean {
  return reason.startsWith('needs ');
}
