// Sends the calls of files.

import { inputJobOf, openFiles } from '../pipeline/input-job.js';
import type { CommandRun } from '../session/command.js';
import { send } from '../session/send.js';
import { openSession } from '../session/session.js';

/** Sends the calls of files. */
export const importFiles: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { args } = session;
  return send(session, 'import', async (target) => {
    const opened = await openFiles(session, args, target);
    const job = inputJobOf(session, opened);
    if (session.settings.report === undefined) return job;
    const { factsOfFiles } = await import('../session/describe-file.js');
    return { ...job, describe: () => factsOfFiles(opened.files, session) };
  });
};
