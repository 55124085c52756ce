// Looks through files for uuids that stand on several rows, before the first of them is sent.

import { createHashSet } from '../core/hash.js';
import { detached } from '../core/text.js';
import { lastIndex } from './field-sources.js';
import type { CallContent, ContestedUuids } from './record-options.js';
import { contentOf } from './repeated-uuids.js';
import type { Validator } from './validate.js';

/**
 * Looks through all files for uuids that stand on several rows with different calls. The first look keeps a hash of each uuid; only
 * where some are repeated, a second one compares what these rows say.
 *
 * @param files of which every row is a call with a uuid of its own, to be read once more
 * @param contested is filled
 * @returns the uuids that stand more than once, perhaps with some that do not; undefined where some are made of what stands there
 */
export async function findContested(
  files: readonly Validator[],
  contested: ContestedUuids,
): Promise<ReadonlySet<string> | undefined> {
  const repeated = await repeatedUuids(files);
  if (repeated.size > 0) await compareRows(files, repeated, contested);
  const areExact = files.every(
    ({ rules: { mapping, rowUuid } }) => mapping.sources.uuid.column !== undefined && rowUuid === undefined,
  );
  return areExact ? repeated : undefined;
}

async function repeatedUuids(files: readonly Validator[]): Promise<ReadonlySet<string>> {
  const seen = createHashSet(files.reduce((sum, { rules }) => sum + (rules.table.rows ?? 0), 0));
  const repeated = new Set<string>();
  for (const { rules } of files) {
    const { read, columns } = rules.mapping.sources.uuid;
    for await (const { rows } of rules.table.rescan?.(lastIndex(columns) + 1) ?? []) {
      for (const { cells, problem } of rows) {
        const uuid = problem === undefined ? read(cells) : '';
        // V8 keeps a whole block of a file alive for a slice of it: what stays is copied.
        if (uuid !== '' && !seen.add(uuid)) repeated.add(detached(uuid));
      }
    }
  }
  return repeated;
}

async function compareRows(
  files: readonly Validator[],
  repeated: ReadonlySet<string>,
  contested: ContestedUuids,
): Promise<void> {
  const first = new Map<string, CallContent>();
  for (const validator of files) {
    const { table, options, mapping } = validator.rules;
    for await (const { rows, file = table.file } of table.rescan?.() ?? []) {
      const own = rows.filter(({ cells }) => repeated.has(mapping.sources.uuid.read(cells)));
      for (const record of validator.read({ rows: own, file })) {
        const content = contentOf(record, options);
        if (content === undefined) continue;
        const { key, said } = content;
        const before = first.get(key);
        if (before === undefined) first.set(key, content);
        else if (before.said !== said && !contested.has(key)) contested.set(key, [before, content]);
      }
    }
  }
}
