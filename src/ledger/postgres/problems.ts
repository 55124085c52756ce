import { hashTexts } from '../../core/hash.js';
import type { NewProblem, RecordedProblem } from '../../core/ledger-store.js';
import { maskDigits, maxProblems } from '../kept.js';
import { recordedProblemOf } from '../recorded.js';
import { storableText } from './call-table.js';
import type { Query } from './connection.js';

/** Where problems were found, and when. */
export interface ProblemPlace {
  readonly file: string;
  readonly reading: string;
  /** The id of the namespace of an account. */
  readonly namespaceOf: (query: Query, account: string) => Promise<number>;
  /** Unix seconds. */
  readonly at: number;
}

/** Remembers problems; to run inside a transaction. True for each that was not known before with this status. */
export async function reportProblems(
  query: Query,
  problems: readonly NewProblem[],
  { file, reading, namespaceOf, at }: ProblemPlace,
): Promise<readonly boolean[]> {
  const readingHash = hashTexts([reading]);
  const isNew: boolean[] = [];
  for (const { content, status, uuid, account = '', reasons, line = null } of problems) {
    const words = JSON.stringify(reasons.map(maskDigits));
    const key = [await namespaceOf(query, account), storableText(file), readingHash, content];
    const { count } = await query(
      `INSERT INTO amocalls.problems (namespace, file, reading, content, status, uuid, line, reasons, at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (content, reading, namespace, file) DO UPDATE SET status = excluded.status, uuid = excluded.uuid,
         line = excluded.line, reasons = excluded.reasons, at = excluded.at
         WHERE problems.status <> excluded.status`,
      [...key, status, uuid === null ? null : storableText(uuid), line, words, at],
    );
    isNew.push(count === 1);
  }
  await query('DELETE FROM amocalls.problems WHERE id <= (SELECT max(id) FROM amocalls.problems) - $1', [
    maxProblems,
  ]);
  return isNew;
}

/**
 * The problems whose call was not accepted since. A record without an account belongs to whatever account its recipient
 * knows it by.
 */
export async function knownProblems(query: Query): Promise<readonly RecordedProblem[]> {
  const { rows } = await query(
    `SELECT problems.file, problems.line, problems.status, problems.uuid, problems.reasons, problems.at,
       own.address, own.code, own.account
     FROM amocalls.problems JOIN amocalls.namespaces AS own ON own.id = problems.namespace
     WHERE NOT EXISTS (
       SELECT 1 FROM amocalls.namespaces AS other
       JOIN amocalls.calls ON calls.namespace = other.id AND calls.uuid = problems.uuid AND calls.state = 1
       WHERE other.address = own.address AND other.code = own.code
         AND (own.account = '' OR other.id = own.id)
     )
     ORDER BY problems.at, problems.id`,
  );
  return rows.map(recordedProblemOf);
}
