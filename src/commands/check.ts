import { print } from '../output/stdout.js';
import type { CommandRun } from './command.js';
import { explain, factsOf, importCommand } from './explain.js';
import { preview } from './preview.js';
import { cargoOf, openFiles } from './read.js';
import { openSession } from './session.js';

/** Reads and validates files as import does, says what it made of them and shows what would be sent; sends nothing. */
export const check: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, context, messages } = session;
  try {
    const opened = await openFiles(session);
    if (settings.output === 'table' && !settings.quiet) {
      await print(context.stdout, explain(session, opened));
    }
    const files = opened.map((one) => ({
      file: one.table.file,
      ...Object.fromEntries(factsOf(one, session)),
    }));
    const exit = await preview(session, cargoOf(session, opened), { files });
    messages.note(`to send it: ${importCommand(session)}`);
    return exit;
  } finally {
    session.progress.stop();
  }
};
