// One call given by flags, sent like the rows of a file.

import { type Call, type CallType, callFields } from '../core/call.js';
import { type Parsed, Problem, UserError } from '../core/errors.js';
import { didYouMean } from '../core/suggest.js';
import type { InputJob } from '../pipeline/input-job.js';
import { parseDate } from '../records/dates.js';
import { parseDirection } from '../records/directions.js';
import { parseBillsec } from '../records/durations.js';
import { createLinkReader } from '../records/links.js';
import { createNumberReader } from '../records/phone-numbers.js';
import { describeWarning } from '../records/warnings.js';
import type { CommandRun } from '../session/command.js';
import { send } from '../session/send.js';
import { openSession, type Session } from '../session/session.js';

/** Sends one call given by flags. */
export const add: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const call = await callOf(session);
  return send(session, 'add', async ({ accountId }) => jobOf(await completed(call, accountId)));
};

/** A call as the flags give it; its uuid may still have to be derived. */
type GivenCall = Omit<Call, 'uuid' | 'account_id'> & { readonly uuid: string | undefined };

/**
 * Reads the flags as the cells of a row are read.
 *
 * @throws UserError that names every flag that is missing or wrong
 */
async function callOf(session: Session): Promise<GivenCall> {
  const { settings, context } = session;
  const required = ['caller', 'to', 'type', 'billsec'] as const;
  const missing = required.filter((field) => settings[field] === undefined);
  if (missing.length > 0) {
    throw new UserError(`missing: ${missing.map((field) => `--${field}`).join(', ')}`, {
      hint: 'See the examples in: amocalls add --help',
    });
  }
  const now = Math.floor(context.now() / 1000);
  const readNumber = await createNumberReader(settings.country);
  const rules = { timezone: settings.timezone, order: settings.dateOrder, now };
  const direction = parseType(settings.type ?? '');
  const parsed = {
    caller: readNumber(settings.caller ?? ''),
    to: readNumber(settings.to ?? ''),
    date: settings.date === undefined ? now : parseDate(settings.date, rules),
    type: direction,
    billsec: parseBillsec(settings.billsec ?? ''),
  };
  const { caller, to, date, type, billsec } = parsed;
  if (
    caller instanceof Problem ||
    to instanceof Problem ||
    date instanceof Problem ||
    type instanceof Problem ||
    billsec instanceof Problem
  ) {
    const problems = Object.entries(parsed).flatMap(([field, value]) =>
      value instanceof Problem ? [`--${field} ${value.text}`] : [],
    );
    throw new UserError(problems.join('; '), { hint: 'See: amocalls add --help' });
  }
  const link = linkOf(session);
  const { uuid, callStatus, callResult } = settings;
  return {
    caller,
    to,
    date,
    type,
    billsec,
    uuid,
    ...(link === undefined ? {} : { link }),
    ...(callStatus === undefined ? {} : { call_status: callStatus }),
    ...(callResult === undefined ? {} : { call_result: callResult }),
  };
}

function parseType(text: string): Parsed<CallType> {
  const direction = parseDirection(text);
  if (direction === 'inbound' || direction === 'outbound') return direction;
  return new Problem(`"${text}" is neither inbound nor outbound${didYouMean(text, ['inbound', 'outbound'])}`);
}

/** The link, read as that of a row: what is no URL is left out, since the call counts more than its recording. */
function linkOf({ settings, messages }: Session): string | undefined {
  const read = createLinkReader((kind) => messages.note(`--link: the ${describeWarning(kind)}`));
  return read(settings.link ?? '', 1);
}

async function completed({ uuid, ...given }: GivenCall, account_id: string): Promise<Call> {
  const call = { ...given, account_id };
  if (uuid !== undefined) return { ...call, uuid };
  const { deriveUuid } = await import('../records/uuids.js');
  return { ...call, uuid: deriveUuid(call) };
}

/** One call, on its way like the rows of a file: its row is what `--rejects` writes. */
function jobOf(call: Call): InputJob {
  const row = { line: 1, cells: callFields.map((field) => String(call[field] ?? '')) };
  return {
    files: [],
    sources: [{ format: 'csv', columns: callFields, delimiter: ',', headerLine: 1 }],
    batches: once({ entries: [{ call, origin: { row } }] }),
    progress: () => ({}),
  };
}

async function* once<T>(item: T): AsyncGenerator<T> {
  yield item;
}
