// The settings in force with their sources, the key masked.

import { exitCodes } from '../core/errors.js';
import type { CommandRun } from '../session/command.js';
import { openSession, printRecords } from '../session/session.js';
import { loadKey } from '../settings/credentials.js';
import { showSettings } from '../settings/resolve.js';

/** Shows every setting that a profile may hold: its value, where it came from, the key masked. */
export const config: CommandRun = async (invocation) => {
  const session = await openSession(invocation);
  const { resolved, settings, messages, context } = session;
  const loaded = loadKey(resolved, messages.warn);
  for (const secret of [loaded.values.key, loaded.values.token])
    if (secret !== undefined) context.hide(secret);
  await printRecords(session, 'settings', showSettings(loaded), {
    columns: [
      { title: 'setting', of: ({ setting }) => setting },
      { title: 'value', of: ({ value }) => value, least: 16 },
      { title: 'from', of: ({ source }) => source, least: 20, keeps: 'end' },
    ],
  });
  if (settings.output === 'table' && resolved.profile === undefined) {
    messages.note(
      'no profile file was found',
      'Run "amocalls init" to write one, or copy .amocallsrc.example to .amocallsrc and fill it in.',
    );
  }
  return exitCodes.ok;
};
