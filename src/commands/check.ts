import { print } from '../output/stdout.js';
import { inputJobOf, openFiles } from '../pipeline/read-calls.js';
import type { CommandRun } from './command.js';
import { describeFiles, factsOfFiles, importCommand } from './describe-file.js';
import { preview } from './preview.js';
import { openReportFile } from './report-file.js';
import { openSession } from './session.js';

/** Reads and validates files as import does, says what it made of them and shows what would be sent; sends nothing. */
export const check: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, messages } = session;
  try {
    const reportFile = await openReportFile(session, 'check');
    const opened = await openFiles(session, session.args);
    if (settings.output === 'table' && !settings.quiet) {
      await print(context.stdout, describeFiles(session, opened));
    }
    const files = factsOfFiles(opened, session);
    const job = { ...inputJobOf(session, opened), describe: () => files };
    const exit = await preview(session, job, { files, reportFile });
    messages.note(`to send it: ${importCommand(session)}`);
    return exit;
  } finally {
    session.progress.stop();
  }
};
