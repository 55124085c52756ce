// The settings in force with their sources, the key masked.

import { exitCodes } from '../core/errors.js';
import { recordsText } from '../output/json.js';
import { print } from '../output/stdout.js';
import { layTable } from '../output/table.js';
import type { CommandRun } from '../session/command.js';
import { openSession } from '../session/session.js';
import { loadKey } from '../settings/credentials.js';
import { showSettings } from '../settings/resolve.js';

/** Shows every setting that a profile may hold: its value, where it came from, the key masked. */
export const config: CommandRun = async (invocation) => {
  const { resolved, settings, messages, context, page } = await openSession(invocation);
  const loaded = loadKey(resolved, messages.warn);
  for (const secret of [loaded.values.key, loaded.values.token])
    if (secret !== undefined) context.hide(secret);
  const shown = showSettings(loaded);
  const rows = shown.map(({ setting, value, source }) => [setting, value, source]);
  const table = () =>
    layTable(
      ['setting', { title: 'value', least: 16 }, { title: 'from', least: 20, keeps: 'end' }],
      rows,
      page,
    );
  await print(context.stdout, recordsText('settings', shown, settings.output) ?? table());
  if (settings.output === 'table' && resolved.profile === undefined) {
    messages.note(
      'no profile file was found',
      'Run "amocalls init" to write one, or copy .amocallsrc.example to .amocallsrc and fill it in.',
    );
  }
  return exitCodes.ok;
};
