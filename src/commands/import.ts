import type { CommandRun } from './command.js';
import { push } from './push.js';
import { cargoOf, openFiles } from './read.js';
import { openSession } from './session.js';

/** Sends the calls of files. */
export const importFiles: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  return push(session, 'import', async (consignee) => cargoOf(session, await openFiles(session, consignee)));
};
