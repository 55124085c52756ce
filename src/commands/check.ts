import { print } from '../output/stdout.js';
import { inputJobOf, openFiles } from '../pipeline/read-calls.js';
import type { CommandRun } from './command.js';
import { describeFiles, factsOf, importCommand } from './describe-file.js';
import { preview } from './preview.js';
import { openSession } from './session.js';

/** Reads and validates files as import does, says what it made of them and shows what would be sent; sends nothing. */
export const check: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, messages } = session;
  try {
    const opened = await openFiles(session, session.args);
    if (settings.output === 'table' && !settings.quiet) {
      await print(context.stdout, describeFiles(session, opened));
    }
    const files = opened.map((one) => ({
      file: one.table.file,
      ...Object.fromEntries(factsOf(one, session)),
    }));
    const exit = await preview(session, inputJobOf(session, opened), { files });
    messages.note(`to send it: ${importCommand(session)}`);
    return exit;
  } finally {
    session.progress.stop();
  }
};
