import { appendFileSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { breaksOf, callsUnasked, callsWithPreset, otherZones, presetFiles } from './broken-presets.js';

it('harvest', async () => {
  const out = '/tmp/presets-tmp/harvest.txt';
  writeFileSync(out, '');
  for (const file of await presetFiles()) {
    if (process.env['ONLY'] && !file.file.includes(process.env['ONLY'])) continue;
    const original = await callsWithPreset(file);
    let n = 0;
    let bad = 0;
    const unasked = await callsUnasked(file);
    if (unasked.some((c) => !original.includes(c))) appendFileSync(out, `${file.file} UNASKED differs ${unasked.length}\n`);
    for (const broken of breaksOf(file)) {
      n++;
      for (const [mode, f] of [['preset', callsWithPreset], ['unasked', callsUnasked]] as const) {
        const calls = await f(broken);
        const wrong = calls.filter((call) => !original.includes(call));
        if (wrong.length > 0) { bad++; appendFileSync(out, `${file.file} | ${mode} | ${broken.what} | ${wrong.join(' ; ')} | WAS ${original.filter((c)=>!calls.includes(c)).join(' ; ')}\n`); }
      }
    }
    for (const timezone of otherZones) {
      const calls = await callsWithPreset({ ...file, timezone });
      const wrong = calls.filter((call) => !original.includes(call));
      if (wrong.length > 0) { bad++; appendFileSync(out, `${file.file} | zone | ${timezone} | ${wrong.join(' ; ')}\n`); }
    }
    appendFileSync(out, `## ${file.file} ${original.length} calls ${n} breaks ${bad} bad\n`);
  }
}, 3_000_000);
