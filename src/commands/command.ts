import type { Context } from '../context.js';
import type { ExitCode } from '../core/errors.js';
import type { CommandName } from '../settings/setting.js';
import type { CommandEntry } from './index.js';

/** A command that was asked for, with its words and flags still raw. */
export interface Invocation {
  readonly name: CommandName;
  readonly args: readonly string[];
  /** By the camelCase names of the settings. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly context: Context;
  /** All commands, for the completion scripts. */
  readonly commands: Readonly<Record<CommandName, CommandEntry>>;
}

/** Does the work of a command; a UserError may be thrown, an exit code comes back. */
export type CommandRun = (invocation: Invocation) => Promise<ExitCode>;
