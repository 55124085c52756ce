import type { UserError } from '../core/errors.js';

/** What doctor found out about one thing. */
export interface Finding {
  readonly check: string;
  /** `problem`: a run would fail, or do what is not wanted. */
  readonly status: 'ok' | 'warning' | 'problem';
  /** Without a full stop. */
  readonly says: string;
  /** What to do about it; absent where all is well. */
  readonly do?: string;
}

/** An error as a finding. */
export function problemOf(check: string, { message, hint }: UserError): Finding {
  const says = message.replace(/\.$/, '');
  return hint === undefined
    ? { check, status: 'problem', says }
    : { check, status: 'problem', says, do: hint };
}
