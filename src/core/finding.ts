// What was found out about one thing that a run depends on.

import { UserError } from './errors.js';

/** What was found out about one thing. */
export interface Finding {
  readonly check: string;
  /** `problem`: a run would fail, a recording would not play, or either would do what is not wanted. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** Without a full stop. */
  readonly says: string;
  /** What to do about it; absent where all is well. */
  readonly do?: string;
}

/** Makes a finding; `todo` is one sentence with its full stop. */
export function found(check: string, status: Finding['status'], says: string, todo?: string): Finding {
  return { check, status, says, ...(todo !== undefined && { do: todo }) };
}

/** Findings; where looking for them fails, the failure is the finding. */
export async function orProblem(
  check: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [problemOf(check, error)];
  }
}

/** An error as a finding. */
export function problemOf(check: string, { message, hint }: UserError): Finding {
  return found(check, 'problem', message.replace(/\.$/, ''), hint);
}
