// History export and import: calls carried from one ledger to another.

import { createReadStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { type ExitCode, exitCodes, UserError } from '../../core/errors.js';
import type { LedgerStore, SavedCall } from '../../core/ledger.js';
import { defaultLedgerFile, openLedgerStore } from '../../ledger/store.js';
import { parseSavedCall, transferPage } from '../../ledger/transfer.js';
import { toJson } from '../../output/json.js';
import { print } from '../../output/stdout.js';
import { requireLedger, type Session } from '../../session/session.js';

/** Prints all calls that a ledger knows, a line of JSON each, for `history import` into another one. */
export async function exportCalls(
  { context, messages, args }: Session,
  { history }: Pick<LedgerStore, 'history'>,
): Promise<ExitCode> {
  if (args.length > 1) throw usage('export', 'nothing else');
  let count = 0;
  for await (const calls of history.exportCalls()) {
    count += calls.length;
    await print(context.stdout, calls.map((call) => `${toJson(call)}\n`).join(''));
  }
  messages.note(`${count} ${count === 1 ? 'call' : 'calls'} exported`);
  return exitCodes.ok;
}

/** Takes the calls of another ledger that this one does not know. The ledger is made where there is none. */
export async function importCalls(session: Session): Promise<ExitCode> {
  const { context, messages, args } = session;
  const [, name] = args;
  if (name === undefined || args.length > 2) throw usage('import', 'one file, or - for standard input');
  const where = requireLedger(session, 'history import') ?? defaultLedgerFile(context);
  const store = await openLedgerStore(where, context);
  try {
    let count = 0;
    let taken = 0;
    for await (const calls of pagesOf(session, name)) {
      count += calls.length;
      taken += await store.history.importCalls(calls);
    }
    messages.note(`${taken} of ${count} calls imported into ${store.name}; the others were known`);
    return exitCodes.ok;
  } finally {
    await store.close();
  }
}

async function* pagesOf({ context }: Session, name: string): AsyncGenerator<readonly SavedCall[]> {
  const input = name === '-' ? context.stdin : createReadStream(path.resolve(context.cwd, name));
  const failed = new Promise<never>((_, reject) => {
    input.once('error', (cause: Error) =>
      reject(new UserError(`${name}: it cannot be read: ${cause.message}`, { cause })),
    );
  });
  failed.catch(() => undefined);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
  let page: SavedCall[] = [];
  let number = 0;
  for (;;) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done === true) break;
    number += 1;
    if (next.value.trim() === '') continue;
    const call = parseSavedCall(next.value);
    if (call === undefined) {
      throw new UserError(`${name}:${number}: this is no call of "amocalls history export"`, {
        hint: 'What stands before this line is imported already; importing the file again does no harm.',
      });
    }
    page.push(call);
    if (page.length < transferPage) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function usage(what: string, takes: string): UserError {
  return new UserError(`"history ${what}" takes ${takes}`, {
    hint: 'amocalls history export > calls.ndjson, then amocalls history import calls.ndjson --ledger <another>',
  });
}
