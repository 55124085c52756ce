import type { OutputStream } from '../context.js';
import { UserError } from '../core/errors.js';
import { openWriter } from './writer.js';

/** Prints a result on stdout. Throws a UserError where it cannot be written; that nobody reads it any more is no failure. */
export async function print({ stream }: OutputStream, text: string): Promise<void> {
  const writer = openWriter(stream);
  await writer.write(text);
  if (writer.failure !== undefined) throw unwritable(writer.failure);
}

/** The error of a result that stdout does not take; `meanwhile` is what happened all the same. */
export function unwritable(cause: Error, meanwhile = ''): UserError {
  return new UserError(`the result cannot be written to stdout: ${cause.message}`, {
    hint: `Make room there, or write it elsewhere.${meanwhile}`,
    cause,
  });
}
