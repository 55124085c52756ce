import type { CommandName } from '../settings/setting.js';
import type { CommandRun } from './command.js';

/** Where the work of each command is; a command loads what it runs, nothing else. */
export const loaders: Readonly<Record<CommandName, () => Promise<CommandRun>>> = {
  add: async () => (await import('./add.js')).add,
  import: async () => (await import('./import.js')).importFiles,
  check: async () => (await import('./check.js')).check,
  history: async () => (await import('./history.js')).history,
  presets: async () => (await import('./presets.js')).presets,
  config: async () => (await import('./config.js')).config,
  sandbox: async () => (await import('./sandbox.js')).sandbox,
  completion: async () => (await import('./completion.js')).completion,
  licenses: async () => (await import('./licenses.js')).licenses,
};
