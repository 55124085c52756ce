// Opens files for check: the preset that they look like, the zone of their ids.

import { addAbortSignal, Readable } from 'node:stream';
import { readTable } from '../input/open.js';
import type { InputIo } from '../input/source.js';
import { candidatesOf, type Recognition } from '../records/preset-recognition.js';
import type { Preset } from '../records/presets/preset.js';
import { readRecords } from '../records/read-records.js';
import type { ContestedUuids, RecordOptions } from '../records/record-options.js';
import type { UuidReader } from '../records/repeated-uuids.js';
import type { Environment } from './environment.js';
import { findRepeated, type Opened, refuseNames } from './input-job.js';
import { inputOptions, presetOf, recordOptions } from './read-options.js';

/** A file that was opened for `check`, with what was assumed of it. */
export interface OpenedByGuess extends Opened {
  readonly uuids?: UuidReader | undefined;
  /** Calls of all files that share their uuid and differ. */
  readonly contested: ContestedUuids;

  /** What the file looks like, the surest first; none where a preset was given, or columns were named. */
  readonly candidates: readonly Recognition[];
  /** The candidate that is used, unasked. */
  readonly preset?: Recognition;
}

/**
 * Opens files for `check`: where no preset is given, the surest one that can read a file is used, the zone is what the
 * unique ids say, and what nothing tells is guessed. The plan of each file says what was guessed.
 *
 * @throws UserError for a file of which nothing can be shown
 */
export async function openByGuess(
  environment: Environment,
  files: readonly string[],
): Promise<readonly OpenedByGuess[]> {
  refuseNames(files);
  const preset = await presetOf(environment);
  const contested: ContestedUuids = new Map();
  const options: RecordOptions = {
    ...(await recordOptions(environment, undefined)),
    preset,
    assume: { machineZone: () => new Intl.DateTimeFormat().resolvedOptions().timeZone },
    contested,
  };
  const opened: OpenedByGuess[] = [];
  for (const file of files) opened.push({ ...(await openOne(environment, file, options)), contested });
  const readers = opened.flatMap(({ uuids }) => uuids ?? []);
  const repeated = await findRepeated(environment, readers, { contested, files: files.length });
  return opened.map((one) => ({ ...one, repeated }));
}

async function openOne(
  environment: Environment,
  file: string,
  options: RecordOptions,
): Promise<Omit<OpenedByGuess, 'contested'>> {
  const { context, settings, messages } = environment;
  const noted = new Set<string>();
  // A file may be opened more than once until it is known how to read it.
  const note: InputIo['note'] = (text, hint) => {
    if (!noted.has(text)) messages.note(text, hint);
    noted.add(text);
  };
  const io: InputIo = { stdin: context.stdin, cwd: context.cwd, note, signal: context.interrupt };
  if (settings.preset !== undefined || settings.columns !== undefined || settings.uuidFrom !== undefined) {
    const table = await readTable(file, inputOptions(environment, options.preset), io);
    return { table, ...(await readRecords(table, options, note)), candidates: [] };
  }
  const replay: Replay = file === '-' ? replayStdin(io) : { again: () => io, settle: () => undefined };
  const plain = inputOptions(environment, undefined);
  const seen = await readTable(file, plain, replay.again());
  const candidates = candidatesOf(seen, file);
  const canReopen = file === '-' || seen.rescan !== undefined;
  // The surest is meant, even where the file lacks a column of it: read as another one, it would give other calls.
  const surest = candidates.find(({ preset }) => canReopen || !opensItsOwnWay(preset));
  if (surest === undefined) {
    const read = { table: seen, ...(await readRecords(seen, options, note)) };
    replay.settle('first');
    return { ...read, candidates };
  }
  const { preset } = surest;
  const table = opensItsOwnWay(preset)
    ? await readTable(file, inputOptions(environment, preset), replay.again())
    : seen;
  const read = { table, ...(await readRecords(table, { ...options, preset }, note)) };
  replay.settle(table === seen ? 'first' : 'last');
  return { ...read, candidates, preset: surest };
}

function opensItsOwnWay({ delimiter, nameColumns, unfold, unquoted }: Preset): boolean {
  return [delimiter, nameColumns, unfold, unquoted].some((own) => own !== undefined);
}

/** Standard input can be read once: what was read of it is kept until it is known how to read it. */
interface Replay {
  /** The input from its beginning. */
  readonly again: () => InputIo;
  /** Says which of the readers goes on: the others end, and nothing more is kept. */
  readonly settle: (reader: 'first' | 'last') => void;
}

function replayStdin(io: InputIo): Replay {
  const { stdin, signal } = io;
  if (signal !== undefined) addAbortSignal(signal, stdin);
  const rest: AsyncIterator<unknown> = stdin[Symbol.asyncIterator]();
  const kept: unknown[] = [];
  let chosen: number | undefined;
  let pulling: Promise<boolean> | undefined;
  /** One chunk more; false where there is none. */
  async function pull(): Promise<boolean> {
    pulling ??= rest.next().then(({ done, value }) => {
      pulling = undefined;
      if (done !== true) kept.push(value);
      return done !== true;
    });
    return pulling;
  }
  let readers = 0;
  async function* read(reader: number): AsyncGenerator<unknown> {
    for (let at = 0; at < kept.length || (await pull()); at++) {
      if (chosen !== undefined && reader !== chosen) return;
      const chunk = kept[at];
      if (chosen !== undefined) kept[at] = undefined;
      yield chunk;
    }
  }
  return {
    again() {
      readers++;
      return { ...io, stdin: Readable.from(read(readers), { objectMode: false }) };
    },
    settle: (reader) => {
      chosen = reader === 'first' ? 1 : readers;
    },
  };
}
