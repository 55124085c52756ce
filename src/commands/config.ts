import { exitCodes } from '../core/errors.js';
import { layTable } from '../output/layout.js';
import { toJson } from '../output/text.js';
import { loadKey } from '../settings/key.js';
import { showSettings } from '../settings/show.js';
import type { CommandRun } from './command.js';
import { openSession } from './session.js';

/** Shows every setting that a profile may hold: its value, where it came from, the key masked. */
export const config: CommandRun = async (invocation) => {
  const { resolved, settings, messages, context, style } = await openSession(invocation);
  const loaded = loadKey(resolved, messages.warn);
  if (loaded.values.key !== undefined) context.hide(loaded.values.key);
  const shown = showSettings(loaded);
  const { stream } = context.stdout;
  if (settings.output === 'ndjson') stream.write(shown.map((one) => `${toJson(one)}\n`).join(''));
  else if (settings.output === 'json') stream.write(`${toJson({ settings: shown })}\n`);
  else {
    const columns = [{ title: 'setting' }, { title: 'value' }, { title: 'from' }];
    const rows = shown.map(({ setting, value, source }) => [setting, value, source]);
    stream.write(layTable(columns, rows, { style, width: undefined }));
    if (resolved.profile === undefined) {
      messages.note('no profile file was found', 'Copy .amocallsrc.example to .amocallsrc and fill it in.');
    }
  }
  return exitCodes.ok;
};
