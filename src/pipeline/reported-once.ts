// Keeps problems from being reported again by unattended runs.

import path from 'node:path';
import { groupBy } from '../core/group.js';
import { hashTexts } from '../core/hash.js';
import { type NewProblem, type ProblemStatus, problemStatuses } from '../core/history.js';
import type { RunLedger } from '../core/ledger-store.js';
import type { Outcome } from '../core/outcome.js';

/**
 * Keeps problems from being reported again by unattended runs: a record that can never be sent is reported by the first
 * run that meets it. The same file, record content and settings make the same problem.
 */
export interface ProblemFilter {
  /** The outcomes; for an unattended run without the problems that an earlier run, or this one, reported already. */
  readonly unknown: (outcomes: readonly Outcome[]) => Promise<readonly Outcome[]>;
  /** How many were left out so far, by status. */
  readonly known: () => Readonly<Record<ProblemStatus, number>>;
}

/** What a problem is known by, beside its record. */
export interface ProblemContext {
  readonly cwd: string;
  /** Names all that decides what the rows become. */
  readonly reading: string;
  /** A person sees each problem each time; they are remembered all the same, for `history --problems`. */
  readonly isUnattended: boolean;
}

/** Opens the filter of a run whose ledger remembers problems. */
export function createProblemFilter(
  report: RunLedger['reportProblems'],
  { cwd, reading, isUnattended }: ProblemContext,
): ProblemFilter {
  const known: Record<ProblemStatus, number> = { invalid: 0, rejected: 0, unconfirmed: 0 };
  return {
    known: () => known,
    async unknown(outcomes) {
      const left = new Set<Outcome>();
      for (const [file, problems] of groupBy(outcomes.flatMap(problemIn), (one) => one.file)) {
        const answers = await report(
          path.resolve(cwd, file),
          reading,
          problems.map(({ problem }) => problem),
        );
        problems.forEach(({ outcome, problem }, at) => {
          if (answers[at] !== false || !isUnattended) return;
          left.add(outcome);
          known[problem.status] += 1;
        });
      }
      return left.size === 0 ? outcomes : outcomes.filter((outcome) => !left.has(outcome));
    },
  };
}

/** The problem that an outcome is, where it is one of a file. */
function problemIn(outcome: Outcome) {
  const { file } = outcome.origin;
  const status = problemStatuses.find((one) => one === outcome.status);
  if (status === undefined || file === undefined || file === '-') return [];
  return [{ file, outcome, problem: problemOf(outcome, status) }];
}

/**
 * A record without a uuid is known by its reasons, which hold its values, and its line. An unconfirmed call is so for whatever
 * reason: the run that lost its answer names another one than those that find it in the ledger.
 */
function problemOf(outcome: Outcome, status: ProblemStatus): NewProblem {
  const { uuid, account_id: account, reasons = [], origin } = outcome;
  const { line } = origin;
  const known = status === 'unconfirmed' ? [] : reasons;
  const content = uuid === null ? [...reasons, String(line)] : [account ?? '', uuid, ...known];
  return { content: hashTexts(content), status, uuid, account, reasons, line };
}
