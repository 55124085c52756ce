// What a command gets and gives, and what help says of it.

import type { Context } from '../context.js';
import type { ExitCode } from '../core/errors.js';
import type { CommandName, Values } from '../settings/setting.js';

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

/** One command: what help says of it, and where its work is. Its flags stand in the table of settings. */
export interface CommandEntry {
  /** One line in the list of commands. */
  readonly summary: string;
  /** The first words of its own help. */
  readonly description: string;
  readonly arguments?: readonly (readonly [syntax: string, help: string])[];
  /** It takes words behind its arguments that help does not speak of. */
  readonly takesMore?: true;
  /** What completion offers as its first word; by default files, or nothing where it takes no arguments. */
  readonly words?: Values;
  readonly examples: readonly (readonly [comment: string, line: string])[];
  /** Loads the work: a command loads what it runs, nothing else. */
  readonly load: () => Promise<CommandRun>;
}
