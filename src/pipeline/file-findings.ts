// What runs found out about a file, kept for the next one; a refusal told once.

import path from 'node:path';
import { hashTexts } from '../core/hash.js';
import { isObject, type JsonObject } from '../core/json.js';
import { isTabular, type Table } from '../core/row.js';
import { ContradictedFile } from '../records/contradictions.js';
import { type Records, readRecords } from '../records/read-records.js';
import type { RecordOptions, UuidColumns } from '../records/record-options.js';
import { parseFinding, type ZoneFinding } from '../records/zone-evidence.js';
import type { Environment, ReadTarget } from './environment.js';
import { recall, remember } from './file-memory.js';

/** What runs found out about a file, or about the files that follow each other under its name. */
interface FileFindings {
  /** What its ids say of its clock. */
  readonly zone?: ZoneFinding | undefined;
  /** What its uuids are taken from. */
  readonly uuid?: UuidColumns | undefined;
  /** A hash of the contradiction for which it was refused last. */
  readonly refused?: number | undefined;
}

/** A file whose records are read, and for whom. */
interface RememberedFile {
  readonly options: RecordOptions;
  /** As the user gave it; '-' for what has no name. */
  readonly name: string;
  readonly target: ReadTarget | undefined;
}

/** Records with what keeps what was found out about their file. */
interface RememberedRecords extends Records {
  readonly saveFindings: () => Promise<void>;
}

/**
 * Reads records with what earlier runs found out about their file: one new row is enough for it to be refused where these
 * know that its zone is wrong, and its uuids are taken from where they took them.
 *
 * @throws ContradictedFile, marked as reported where an earlier unattended run told the same
 */
export async function readRemembering(
  { context, messages }: Environment,
  table: Table,
  { options, name, target }: RememberedFile,
): Promise<RememberedRecords> {
  const checkpoints = target?.memory?.checkpoints;
  const own = name === '-' ? undefined : path.resolve(context.cwd, name);
  const alike = headerName(table);
  const recalled = async (file: string | undefined) =>
    checkpoints === undefined || file === undefined ? {} : recall(checkpoints, file, 'findings');
  const known = findingsOf(await recalled(own));
  const ofHeader = findingsOf(await recalled(alike));
  const save = async (file: string | undefined, before: FileFindings, found: FileFindings) => {
    if (checkpoints === undefined || file === undefined || isNothing(found)) return;
    if (JSON.stringify(found) === JSON.stringify(before)) return;
    await remember(checkpoints, file, { kept: 'findings', value: found });
  };
  const uuidColumns = known.uuid ?? ofHeader.uuid;
  try {
    const asked = { ...options, finding: known.zone, uuidColumns };
    const records = await readRecords(table, asked, messages.note);
    const { finding, uuidColumns: uuid = uuidColumns } = records;
    return {
      ...records,
      async saveFindings() {
        await save(own, known, { zone: finding(), uuid });
        await save(alike, ofHeader, { uuid });
      },
    };
  } catch (error) {
    if (!(error instanceof ContradictedFile)) throw error;
    const refused = hashTexts([error.message, error.hint ?? '']);
    await save(own, known, { zone: error.finding, uuid: known.uuid, refused });
    if (target?.isUnattended !== true || refused !== known.refused) throw error;
    throw new ContradictedFile(error.file, error.contradiction, { finding: error.finding, isReported: true });
  }
}

function findingsOf({ zone, uuid, refused }: JsonObject): FileFindings {
  return {
    zone: parseFinding(zone),
    uuid: parseUuidColumns(uuid),
    refused: typeof refused === 'number' ? refused : undefined,
  };
}

function isNothing({ refused, uuid, zone }: FileFindings): boolean {
  return refused === undefined && uuid === undefined && (zone?.recent.length ?? 0) === 0;
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

/** One export after the other has another name and the same header. */
function headerName({ columns, format }: Table): string | undefined {
  return isTabular(format) && columns.length > 0 ? `header ${hashTexts(columns)}` : undefined;
}
