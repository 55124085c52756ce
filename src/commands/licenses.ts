// Prints the licences of the program and of what it holds.

import { exitCodes } from '../core/errors.js';
import { print } from '../output/stdout.js';
import type { CommandRun } from '../session/command.js';

/** Prints the licence of amocalls and those of the packages that are delivered inside it. */
export const licenses: CommandRun = async ({ context }) => {
  await print(context.stdout, await context.licenses());
  return exitCodes.ok;
};
