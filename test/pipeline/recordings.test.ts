import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { CallEntry } from '../../src/core/outcome.js';
import { withRecordings } from '../../src/pipeline/recordings.js';
import { NewEntries } from '../../src/records/entry-batches.js';
import { entryOf } from '../delivery/world.js';
import { workdir } from '../program/harness.js';

test('a call that is given again when its recording is there claims no row of the batch that it comes with', async () => {
  const root = path.join(workdir(), 'monitor');
  mkdirSync(root);
  let now = 1_000_000_000_000;
  const waiting: CallEntry = {
    ...entryOf('a'),
    call: { ...entryOf('a').call, date: now / 1000, billsec: 5, link: 'https://r/a.mp3' },
  };
  const first = new NewEntries({ bytesRead: 10 });
  first.addRow(waiting);
  async function* batches() {
    yield first;
    writeFileSync(path.join(root, 'a.mp3'), 'ID3 and more than nothing');
    utimesSync(path.join(root, 'a.mp3'), 1000, 1000);
    now += 120_000;
    // A row of a call that is still open: no entry of it yet.
    yield new NewEntries({ bytesRead: 20 });
  }
  const link = { kind: 'template', name: 'link', what: '', columns: [], read: () => '' } as const;
  const given = withRecordings(
    { context: { now: () => now }, messages: { warn: () => undefined } },
    { plan: { fields: [{ field: 'link', source: link }] }, batches: batches() },
    {
      file: 'x.csv',
      rules: { wait: 600, expires: 'never', place: { url: 'https://r/', root }, correctsLater: false },
      isEndless: true,
    },
  );
  const seen = [];
  for await (const { entries, places } of given) {
    seen.push(entries.map((entry) => ['status' in entry ? entry.status : 'call', places.get(entry.origin)]));
  }
  expect(seen).toEqual([[['waiting', undefined]], [['call', []]]]);
});
