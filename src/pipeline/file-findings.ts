// What runs found out about a file, kept for the next one; a refusal told once.

import path from 'node:path';
import { hashTexts } from '../core/hash.js';
import { isObject, type JsonObject, parseJson } from '../core/json.js';
import type { Checkpoints } from '../core/ledger-store.js';
import { isTabular, type Table } from '../core/row.js';
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
  const [own, alike] = [nameOf(place), headerName(table)];
  const known = findingsOf(await saved(place, own), timezone);
  const ofHeader = findingsOf(await saved(place, alike), undefined);
  const keep = async (found: FileFindings): Promise<void> => {
    await save(place, own, { before: known, found });
    await save(place, alike, { before: ofHeader, found: { uuid: found.uuid } });
  };
  const uuidColumns = known.uuid ?? ofHeader.uuid;
  try {
    const records = await readRecords(table, { ...options, finding: known.zone, uuidColumns }, note);
    const { finding, uuidColumns: uuid = uuidColumns } = records;
    return { ...records, saveFindings: () => keep({ zone: finding(), uuid }) };
  } catch (error) {
    if (!(error instanceof ContradictedFile)) throw error;
    const refused = hashTexts([error.message, error.hint ?? '']);
    await save(place, own, { before: known, found: { zone: error.finding, uuid: known.uuid, refused } });
    if (!place.isUnattended || refused !== known.refused) throw error;
    throw new ContradictedFile(error.file, error.contradiction, { finding: error.finding, isReported: true });
  }
}

/** What is kept under a name. */
async function saved({ checkpoints }: FindingsPlace, name: string | undefined): Promise<JsonObject> {
  const all = name === undefined ? [] : ((await checkpoints?.list(name)) ?? []);
  const found = all.find(({ file, reading }) => file === name && reading === findingsKey);
  const value = found === undefined ? undefined : parseJson(found.checkpoint);
  return isObject(value) ? value : {};
}

function findingsOf(value: JsonObject, timezone: string | undefined): FileFindings {
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
  { checkpoints }: FindingsPlace,
  file: string | undefined,
  { before, found }: { readonly before: FileFindings; readonly found: FileFindings },
): Promise<void> {
  const { refused, uuid, zone } = found;
  const isNothing = refused === undefined && uuid === undefined && (zone?.recent.length ?? 0) === 0;
  const checkpoint = JSON.stringify(found);
  if (file === undefined || isNothing || checkpoint === JSON.stringify(before)) return;
  await checkpoints?.save([{ file, reading: findingsKey, checkpoint }]);
}

/** One export after the other has another name and the same header. */
function headerName({ columns, format }: Table): string | undefined {
  return isTabular(format) && columns.length > 0 ? `header ${hashTexts(columns)}` : undefined;
}

function nameOf({ file, cwd }: Pick<FindingsPlace, 'file' | 'cwd'>): string | undefined {
  return file === '-' ? undefined : path.resolve(cwd, file);
}
