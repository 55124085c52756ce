// What runs found out about a file, kept for the next one; a refusal told once.

import path from 'node:path';
import { hashTexts } from '../core/hash.js';
import { isObject, parseJson } from '../core/json.js';
import type { Checkpoints } from '../core/ledger-store.js';
import type { Table } from '../core/row.js';
import { ContradictedFile } from '../records/contradictions.js';
import { type Records, readRecords } from '../records/read-records.js';
import type { Note, RecordOptions, UuidColumns } from '../records/record-options.js';
import { parseFinding, type ZoneFinding } from '../records/zone-evidence.js';

/** Under this name, in place of a reading, the ledger keeps for the path of a file what was found out about it. */
const findingsKey = 'findings';

/** What runs found out about a file, or about the files that follow each other under its name. */
interface FileFindings {
  /** What its ids say of its clock. */
  readonly zone?: ZoneFinding | undefined;
  /** What its uuids are taken from. */
  readonly uuid?: UuidColumns | undefined;
  /** A hash of the contradiction for which it was refused last. */
  readonly refused?: number | undefined;
}

/** Where findings are kept. */
export interface FindingsPlace {
  readonly file: string;
  readonly cwd: string;
  /** Absent where nothing is remembered. */
  readonly checkpoints: Checkpoints | undefined;
  /** Nobody looks at the run: why a file is refused is told once. */
  readonly isUnattended: boolean;
}

/** Records with what keeps what was found out about their file. */
export interface RememberedRecords extends Records {
  readonly saveFindings: () => Promise<void>;
}

/**
 * Reads records with what earlier runs found out about their file: one new row is enough for it to be refused where these
 * know that its zone is wrong, and its uuids are taken from where they took them.
 *
 * @throws ContradictedFile, marked as reported where an earlier unattended run told the same
 */
export async function readRemembering(
  table: Table,
  { options, note }: { readonly options: RecordOptions; readonly note: Note },
  place: FindingsPlace,
): Promise<RememberedRecords> {
  const { timezone } = options;
  const known = await load(place, timezone);
  try {
    const records = await readRecords(
      table,
      { ...options, finding: known.zone, uuidColumns: known.uuid },
      note,
    );
    const { finding, uuidColumns: uuid = known.uuid } = records;
    return { ...records, saveFindings: () => save(place, known, { zone: finding(), uuid }) };
  } catch (error) {
    if (!(error instanceof ContradictedFile)) throw error;
    const refused = hashTexts([error.message, error.hint ?? '']);
    await save(place, known, { zone: error.finding, uuid: known.uuid, refused });
    if (!place.isUnattended || refused !== known.refused) throw error;
    throw new ContradictedFile(error.file, error.contradiction, { finding: error.finding, isReported: true });
  }
}

async function load(
  { checkpoints, ...place }: FindingsPlace,
  timezone: string | undefined,
): Promise<FileFindings> {
  const name = nameOf(place);
  const saved = name === undefined ? [] : ((await checkpoints?.list(name)) ?? []);
  const found = saved.find(({ file, reading }) => file === name && reading === findingsKey);
  const value = found === undefined ? undefined : parseJson(found.checkpoint);
  if (!isObject(value)) return {};
  const { refused } = value;
  return {
    zone: timezone === undefined ? undefined : parseFinding(value['zone'], timezone),
    uuid: parseUuidColumns(value['uuid']),
    refused: typeof refused === 'number' ? refused : undefined,
  };
}

function parseUuidColumns(value: unknown): UuidColumns | undefined {
  if (!isObject(value)) return undefined;
  const { from, columns } = value;
  if (!isTexts(from) || !Array.isArray(columns) || !columns.every(isTexts)) return undefined;
  return { from, columns };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

async function save(
  { checkpoints, ...place }: FindingsPlace,
  before: FileFindings,
  found: FileFindings,
): Promise<void> {
  const file = nameOf(place);
  const { refused, uuid, zone } = found;
  const isNothing = refused === undefined && uuid === undefined && (zone?.recent.length ?? 0) === 0;
  const checkpoint = JSON.stringify(found);
  if (file === undefined || isNothing || checkpoint === JSON.stringify(before)) return;
  await checkpoints?.save([{ file, reading: findingsKey, checkpoint }]);
}

function nameOf({ file, cwd }: Pick<FindingsPlace, 'file' | 'cwd'>): string | undefined {
  return file === '-' ? undefined : path.resolve(cwd, file);
}
