// The extensions of a file that no user is set for, before a note made by a robot stands in the account.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../core/errors.js';
import { type Finding, found } from '../../core/finding.js';
import {
  callsOf,
  countUnmapped,
  describeUnmapped,
  type Unmapped,
  unmappedHint,
} from '../../destinations/v4/unmapped.js';
import { defaultLedgerFile, findLedgerStore } from '../../ledger/store.js';
import { openByGuess } from '../../pipeline/assume.js';
import { knownUsers } from '../../session/preview.js';
import type { Session } from '../../session/session.js';
import { ledgerOf } from '../../settings/credentials.js';

/** So many calls of a file are looked at. */
const seenCalls = 10_000;
/** So many runs are looked through for one that read a file. */
const seenRuns = 20;

/**
 * Which extensions of the calls have no user in the profile, with the counts: of the file that is named, else of the one that was read
 * last. Nothing where there is none, or it cannot be read.
 *
 * @param named the sample that init was given
 */
export async function checkUsersOfFile(
  session: Session,
  named: string | undefined,
): Promise<readonly Finding[]> {
  const file = named ?? (await lastFile(session));
  if (file === undefined) return [];
  const silent = { note: () => undefined, warn: () => undefined, contradict: () => undefined };
  const quiet = { ...session, messages: { ...session.messages, ...silent } };
  const known = knownUsers(session);
  const unmapped: Unmapped = new Map();
  let calls = 0;
  try {
    const { files } = await openByGuess(quiet, [file]);
    for await (const { entries } of files[0]?.batches ?? []) {
      for (const { call } of entries) {
        if (call === undefined) continue;
        calls++;
        countUnmapped(unmapped, call, known);
      }
      if (calls >= seenCalls) break;
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [];
  }
  if (calls === 0) return [];
  const check = 'extensions';
  if (unmapped.size === 0) return [found(check, 'ok', `all calls of ${file} have a user`)];
  const says = `${callsOf(unmapped)} of ${calls} calls of ${file} have no user: ${describeUnmapped(unmapped)}`;
  return [found(check, 'warning', says, unmappedHint)];
}

/** The file that a run of this profile read last, where it is still there. */
async function lastFile({ resolved, context }: Session): Promise<string | undefined> {
  const ledger = ledgerOf(resolved, context, () => undefined);
  if (ledger === false) return undefined;
  const store = await findLedgerStore(ledger ?? defaultLedgerFile(context), context).catch(() => undefined);
  try {
    const runs = (await store?.history.lastRuns(seenRuns)) ?? [];
    return runs
      .filter(({ profile }) => profile === resolved.profile?.name)
      .flatMap(({ files }) => files)
      .find((file) => existsSync(path.resolve(context.cwd, file)));
  } finally {
    await store?.close();
  }
}
