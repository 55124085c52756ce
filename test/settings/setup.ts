import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { UserError } from '../../src/core/errors.js';
import { resolveSettings, type SettingsInput } from '../../src/settings/resolve.js';

/** A folder of its own for one test: `home/` is the home folder, `home/work/` the working directory. */
export interface Setup {
  readonly input: SettingsInput;
  readonly warnings: string[];
  /** Absolute path of something in the working directory. */
  readonly at: (path: string) => string;
  readonly home: (path: string) => string;
  /** The same setup with other flags and environment. */
  readonly with: (flags: Record<string, unknown>, env?: Record<string, string>) => SettingsInput;
}

/** Writes files by their path in the working directory, mode 0600, and returns the setup around them. */
export function setupWith(files: Record<string, string> = {}): Setup {
  const home = join(realpathSync(mkdtempSync(join(tmpdir(), 'amocalls-settings-'))), 'home');
  onTestFinished(() => rmSync(dirname(home), { recursive: true, force: true }));
  const cwd = join(home, 'work');
  mkdirSync(cwd, { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content, { mode: 0o600 });
  }
  const warnings: string[] = [];
  const warn = (text: string, hint?: string) => warnings.push(`${text} ${hint ?? ''}`);
  const { uid, gid } = userInfo();
  const input: SettingsInput = { flags: {}, env: {}, cwd, homedir: home, user: { uid, gid }, warn };
  return {
    input,
    warnings,
    at: (path) => join(cwd, path),
    home: (path) => join(home, path),
    with: (flags, env = {}) => ({ ...input, flags, env }),
  };
}

/**
 * The same setup, run by somebody else whose trust its files have, though they are not their own: root's files for a user,
 * or where no root runs the tests, a user's files for root who was called by sudo.
 */
export function forSomebodyElse(setup: Setup): Setup {
  const { uid, gid } = userInfo();
  const user = uid === 0 ? { uid: 1000, gid: 1000 } : { uid: 0, gid: 0, sudo: { uid, gid } };
  const input = { ...setup.input, user };
  return { ...setup, input, with: (flags, env = {}) => ({ ...input, flags, env }) };
}

/** What the user reads when something fails: message and hint; fails the test where nothing does. */
export async function complaint(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => new Error('Nothing was refused.'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof UserError)) throw error;
  if (error.exitCode !== 2) throw new Error(`exit ${error.exitCode}`);
  return `${error.message}\n${error.hint}`;
}

/** The complaint about one flag. */
export function complaintAboutFlag(flags: Record<string, unknown>): Promise<string> {
  return complaint(resolveSettings(setupWith().with(flags)));
}
