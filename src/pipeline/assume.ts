// Opens files for check: the preset that they look like, the zone of their ids.

import { addAbortSignal, Readable } from 'node:stream';
import { readTable } from '../input/open.js';
import type { InputIo } from '../input/source.js';
import { candidatesOf, type Recognition } from '../records/preset-recognition.js';
import type { Preset } from '../records/presets/preset.js';
import { type Records, readRecords } from '../records/read-records.js';
import type { ContestedUuids, RecordOptions } from '../records/record-options.js';
import type { Environment } from './environment.js';
import { findRepeated, type Opened, type OpenedFiles, refuseNames } from './input-job.js';
import { inputOptions, recordOptions } from './read-options.js';

/** A file that was opened for `check`, with what was assumed of it. */
export interface OpenedByGuess extends Opened {
  /** What the file looks like, the surest first; none where a preset was given, or columns were named. */
  readonly candidates: readonly Recognition[];
  /** The candidate that is used, unasked. */
  readonly preset?: Recognition | undefined;
}

/** The files of a check. */
interface GuessedFiles extends OpenedFiles<OpenedByGuess> {
  /** Calls of all files that share their uuid and differ. */
  readonly contested: ContestedUuids;
}

/**
 * Opens files for `check`: where no preset is given, the surest one that can read a file is used, the zone is what the
 * unique ids say, and what nothing tells is guessed. The plan of each file says what was guessed.
 *
 * @throws UserError for a file of which nothing can be shown
 */
export async function openByGuess(environment: Environment, names: readonly string[]): Promise<GuessedFiles> {
  refuseNames(names);
  const contested: ContestedUuids = new Map();
  const options: RecordOptions = {
    ...(await recordOptions(environment)),
    assume: { machineZone: () => new Intl.DateTimeFormat().resolvedOptions().timeZone },
    contested,
  };
  const files = [];
  for (const name of names) files.push(await openOne(environment, name, options));
  const readers = files.flatMap(({ uuids }) => uuids ?? []);
  return { files, contested, repeated: await findRepeated(readers, { contested, files }) };
}

async function openOne(
  environment: Environment,
  file: string,
  options: RecordOptions,
): Promise<OpenedByGuess & Records> {
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
    return { ...(await readRecords(table, options, note)), table, candidates: [] };
  }
  const replay = file === '-' ? new StdinReplay(io) : undefined;
  const seen = await readTable(file, inputOptions(environment, undefined), replay?.again() ?? io);
  const candidates = candidatesOf(seen, file);
  const canReopen = file === '-' || seen.rescan !== undefined;
  // The surest is meant, even where the file lacks a column of it: read as another one, it would give other calls.
  const preset = candidates.find((one) => canReopen || !opensItsOwnWay(one.preset));
  const opensAnew = preset !== undefined && opensItsOwnWay(preset.preset);
  const table = opensAnew
    ? await readTable(file, inputOptions(environment, preset.preset), replay?.again() ?? io)
    : seen;
  const records = await readRecords(table, { ...options, preset: preset?.preset }, note);
  replay?.goOn();
  return { ...records, table, candidates, preset };
}

function opensItsOwnWay({ delimiter, nameColumns, unfold, unquoted }: Preset): boolean {
  return [delimiter, nameColumns, unfold, unquoted].some((own) => own !== undefined);
}

/** Standard input can be read once: what was read of it is kept until it is known how to read it. */
class StdinReplay {
  readonly #io: InputIo;
  readonly #rest: AsyncIterator<unknown>;
  readonly #kept: unknown[] = [];
  #pulling: Promise<boolean> | undefined;
  #readers = 0;
  /** Only the last reader goes on, and nothing more is kept. */
  #isOver = false;

  constructor(io: InputIo) {
    const { stdin, signal } = io;
    if (signal !== undefined) addAbortSignal(signal, stdin);
    this.#io = io;
    this.#rest = stdin[Symbol.asyncIterator]();
  }

  /** The input from its beginning. */
  again(): InputIo {
    this.#readers++;
    return { ...this.#io, stdin: Readable.from(this.#read(this.#readers), { objectMode: false }) };
  }

  /** The reader that was opened last goes on: the one before ends, and nothing more is kept. */
  goOn(): void {
    this.#isOver = true;
  }

  async *#read(reader: number): AsyncGenerator<unknown> {
    for (let at = 0; at < this.#kept.length || (await this.#pull()); at++) {
      if (this.#isOver && reader !== this.#readers) return;
      const chunk = this.#kept[at];
      if (this.#isOver) this.#kept[at] = undefined;
      yield chunk;
    }
  }

  /** Reads one chunk more; false where there is none. */
  async #pull(): Promise<boolean> {
    this.#pulling ??= this.#rest.next().then(({ done, value }) => {
      this.#pulling = undefined;
      if (done !== true) this.#kept.push(value);
      return done !== true;
    });
    return this.#pulling;
  }
}
