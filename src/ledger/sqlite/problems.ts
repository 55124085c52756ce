import { hashTexts } from '../../core/hash.js';
import type { NewProblem, RecordedProblem } from '../../core/ledger-store.js';
import { maskDigits, maxProblems } from '../kept.js';
import { recordedProblemOf } from '../recorded.js';
import type { Database } from './driver.js';

/** Where problems were found, and when. */
export interface ProblemPlace {
  readonly file: string;
  readonly reading: string;
  /** The id of the namespace of an account. */
  readonly namespaceOf: (account: string) => number;
  /** Unix seconds. */
  readonly at: number;
}

/** Remembers problems; to run inside a transaction. True for each that was not known before with this status. */
export function reportProblems(
  database: Database,
  problems: readonly NewProblem[],
  { file, reading, namespaceOf, at }: ProblemPlace,
): readonly boolean[] {
  const save = database.prepare(
    `INSERT INTO problems (namespace, file, reading, content, status, uuid, line, reasons, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET status = excluded.status, uuid = excluded.uuid, line = excluded.line,
       reasons = excluded.reasons, at = excluded.at WHERE status <> excluded.status`,
  );
  const readingHash = hashTexts([reading]);
  const found = problems.map(({ content, status, uuid, account = '', reasons, line = null }) => {
    const words = JSON.stringify(reasons.map(maskDigits));
    const key = [namespaceOf(account), file, readingHash, content] as const;
    return Number(save.run(...key, status, uuid, line, words, at).changes) === 1;
  });
  database.prepare('DELETE FROM problems WHERE id <= (SELECT max(id) FROM problems) - ?').run(maxProblems);
  return found;
}

/**
 * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
 * knows it by.
 */
export function knownProblems(database: Database): readonly RecordedProblem[] {
  const rows = database
    .prepare(
      `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
         own.address, own.code, own.account
       FROM problems JOIN namespaces AS own ON own.id = problems.namespace
       WHERE NOT EXISTS (
         SELECT 1 FROM namespaces AS other
         JOIN calls ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
         WHERE other.address = own.address AND other.code = own.code
           AND (own.account = '' OR other.id = own.id)
       )
       ORDER BY problems.at, problems.id`,
    )
    .all();
  return rows.map(recordedProblemOf);
}
