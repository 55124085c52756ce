import { inputJobOf, openFiles } from '../pipeline/read-calls.js';
import type { CommandRun } from './command.js';
import { send } from './send.js';
import { openSession } from './session.js';

/** Sends the calls of files. */
export const importFiles: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { args } = session;
  return send(session, 'import', async (target) =>
    inputJobOf(session, await openFiles(session, args, target)),
  );
};
