import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'vitest';
import { check, folder } from './preset-files.js';
it('shows', async () => {
  const list: Record<string, string[]> = JSON.parse(readFileSync('/tmp/gen/args.json', 'utf8'));
  let text = '';
  for (const [file, args] of Object.entries(list)) {
    const { code, stderr, ...r } = await check(file, args);
    text += `\n=== ${file} ${args.join(' ')} -> ${code} rows ${r.rows}\n`;
    for (const c of r.calls) text += `  ${JSON.stringify(c)}\n`;
    for (const c of r.invalid) text += `  INVALID ${JSON.stringify(c)}\n`;
    for (const c of r.filtered) text += `  FILTERED ${JSON.stringify(c)}\n`;
    if (stderr) text += stderr.replace(/^/gm, '    ! ') + '\n';
    if (process.env['SAVE']) {
      const stem = file.replace(/\.(?:csv|json|ndjson)$/, '');
      const j = (a: readonly unknown[]) => a.length === 0 ? '[]' : '[\n' + a.map((x) => '    ' + JSON.stringify(x)).join(',\n') + '\n  ]';
      if (r.rows > 0) writeFileSync(`${folder}${stem}.expected.json`, `{\n  "args": ${JSON.stringify(args)},\n  "calls": ${j(r.calls)},\n  "invalid": ${j(r.invalid)},\n  "filtered": ${j(r.filtered)},\n  "rows": ${r.rows}\n}\n`);
    }
  }
  writeFileSync('/tmp/gen/out.txt', text);
});
