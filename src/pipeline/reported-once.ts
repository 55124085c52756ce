// Tells problems that were reported before from new ones.

import path from 'node:path';
import { groupBy } from '../core/group.js';
import { hashTexts } from '../core/hash.js';
import { type NewProblem, problemStatuses } from '../core/history.js';
import type { RunLedger } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';

/** Where problems are remembered, and what they are known by beside their record. */
interface ProblemPlace extends Pick<RunLedger, 'reportProblems'> {
  readonly cwd: string;
  /** Names all that decides what the rows become. */
  readonly reading: string;
}

/**
 * The problems among outcomes that an earlier run, or this one, reported already: the same file, record content and settings make
 * the same problem. All of them are remembered as reported.
 */
export async function reportedBefore(
  outcomes: readonly Outcome[],
  { reportProblems, cwd, reading }: ProblemPlace,
): Promise<ReadonlySet<Outcome>> {
  const before = new Set<Outcome>();
  for (const [file, found] of groupBy(outcomes.flatMap(problemIn), (one) => one.file)) {
    const problems = found.map(({ problem }) => problem);
    const areNew = await reportProblems(path.resolve(cwd, file), reading, problems);
    found.forEach(({ outcome }, at) => {
      if (areNew[at] === false) before.add(outcome);
    });
  }
  return before;
}

/**
 * The problem that an outcome is, where it is one of a file. A record without a uuid is known by its reasons, which hold its values,
 * and its line. An unconfirmed call is so for whatever reason: the run that lost its answer names another one than those that
 * find it in the ledger.
 */
function problemIn(outcome: Outcome) {
  const { uuid, account_id: account, reasons = [], origin } = outcome;
  const { file, line } = origin;
  const status = problemStatuses.find((one) => one === outcome.status);
  if (status === undefined || file === undefined || file === '-') return [];
  const known = status === 'unconfirmed' ? [] : reasons;
  const content = uuid === null ? [...reasons, String(line)] : [account ?? '', uuid, ...known];
  const problem: NewProblem = { content: hashTexts(content), status, uuid, account, reasons, line };
  return [{ file, outcome, problem }];
}
