// The users of the account, or a block of them for a profile.

import { exitCodes } from '../core/errors.js';
import type { AccountUser } from '../destinations/v4/account.js';
import { print } from '../output/stdout.js';
import { openV4Account } from '../pipeline/service.js';
import type { CommandRun } from '../session/command.js';
import { openSession, printRecords, requireV4 } from '../session/session.js';

/** Lists the users of the account, or prints a `users:` block for a profile. */
export const users: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { settings, resolved, context, progress } = session;
  requireV4(session, 'users', 'Give --api v4, or set api: v4 in the profile.');
  const account = await openV4Account(session);
  try {
    progress.update({ doing: `asking ${settings.baseUrl}` });
    const found = await account.users();
    progress.stop();
    if (resolved.values.output === 'yaml') await print(context.stdout, yamlBlock(found));
    else
      await printRecords(session, 'users', found, {
        columns: [
          { title: 'id', of: ({ id }) => `${id}` },
          { title: 'name', of: ({ name }) => name },
          { title: 'email', of: ({ email }) => email },
        ],
      });
    return exitCodes.ok;
  } finally {
    progress.stop();
    await account.close();
  }
};

/** A `users:` block for a profile, each user a comment until somebody puts an extension before the id. */
function yamlBlock(found: readonly AccountUser[]): string {
  const lines = found.map(
    ({ id, name, email }) => `  # EXTENSION: ${id} # ${oneLine(name)} ${oneLine(email)}`,
  );
  return [
    'users:',
    '  # Replace EXTENSION with the extension of the user, and remove the # before it.',
    ...lines,
    '',
  ].join('\n');
}

/** Names come from anywhere: nothing of them may end the comment. */
function oneLine(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
