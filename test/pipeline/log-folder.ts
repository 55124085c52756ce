import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  type ExpectedCall,
  type History,
  type HistoryCall,
  isLate,
  type LogKind,
  linesOf,
  type Step,
  tableHeader,
} from './log-history.js';

/** What a file holds, whatever its name is by now. */
interface Content {
  /** When its first and its last row were written, in milliseconds since 1970. */
  firstAt?: number;
  lastAt?: number;
  /** A reader has read rows of it: what is written behind them is new. */
  isMet: boolean;
  isCompressed: boolean;
  /** It began when the one before was cut, without a header. */
  readonly isCut?: boolean;
}

/** What is to become of a call. */
export interface CallFate extends ExpectedCall {
  /** A part of it may have been sent before the rest could be seen: then this is told. */
  readonly mayDiffer: boolean;
  /** A file that holds a row of it was removed before it was surely sent: it may be lost, or wrong. */
  readonly mayMiss: boolean;
}

/** A log on the disk, as a PBX and logrotate write it, with what is to become of its calls. */
export class LogFolder {
  readonly #folder: string;
  readonly #kind: LogKind;
  readonly #now: () => number;
  readonly #lines = new Map<HistoryCall, ReturnType<typeof linesOf>>();
  readonly #wroteTo = new Map<HistoryCall, { content: Content; wasMet: boolean }[]>();
  /** Those that are gone, or were never of the log. */
  readonly #removed = new Set<Content>();
  /** Somebody has read it. */
  #isKnown = false;
  /** By name: `Master.csv`, `Master.csv.1`, `Master.csv.2.gz`. */
  #contents = new Map<string, Content>();
  /** The end of a line that was begun. */
  #rest = '';
  /** Since when somebody follows it, in milliseconds since 1970. */
  #followedSince: number | undefined;

  /** @param unit milliseconds that a second of the history takes */
  constructor(
    folder: string,
    {
      kind,
      isLinked,
      now,
      unit,
    }: Pick<History, 'kind' | 'isLinked'> & Pick<LogFolder, 'unit'> & { readonly now: () => number },
  ) {
    this.#folder = isLinked ? path.join(folder, 'logs') : folder;
    if (isLinked) {
      mkdirSync(this.#folder);
      symlinkSync('logs/Master.csv', path.join(folder, 'Master.csv'));
    }
    this.#kind = kind;
    this.#now = now;
    this.unit = unit;
  }

  readonly unit: number;

  /** A reader has begun, or ended. */
  set isFollowed(isFollowed: boolean) {
    this.#markMet();
    this.#followedSince = isFollowed ? this.#now() : undefined;
  }

  /** A reader begins: files that were rotated before anybody ever read the log are none of it. */
  begin(): void {
    this.#markMet();
    this.#isKnown ||= [...this.#contents.values()].some(({ isMet }) => isMet);
    if (this.#isKnown) return;
    for (const [name, content] of this.#contents) if (name !== 'Master.csv') this.#removed.add(content);
  }

  /** Whether a reader can tell what the log is. */
  get isReadable(): boolean {
    return this.isThere && this.#isKnown;
  }

  get isThere(): boolean {
    return existsSync(this.#path('Master.csv'));
  }

  /** The writer ends its line, in the log that is there from now on. */
  end(): void {
    this.#create();
    this.endLine();
  }

  /** What was there at a time was read. */
  wasRead(startedAt: number): void {
    for (const content of this.#contents.values())
      if (content.firstAt !== undefined && content.firstAt <= startedAt && !this.#removed.has(content))
        content.isMet = true;
  }

  play(step: Step): void {
    const { does } = step;
    if (does === 'write' || does === 'begin') this.#write(step.call, step.row, does === 'begin');
    else if (does === 'end') this.endLine();
    else if (does === 'rename') this.#rename();
    else if (does === 'create') this.#renameAndCreate();
    else if (does === 'copytruncate') this.#copyTruncate();
    else if (does === 'compress') this.#compress();
    else if (does === 'remove') this.#remove();
  }

  /** Ends a line that was begun. */
  endLine(name = 'Master.csv'): void {
    if (this.#rest === '') return;
    this.#append(name, this.#rest);
    this.#rest = '';
  }

  fates(): readonly CallFate[] {
    return [...this.#lines].map(([call, { lines: _, ...expected }]) => {
      const wrote = this.#wroteTo.get(call) ?? [];
      const isStrict = wrote.every(({ content, wasMet }) => wasMet && !content.isCompressed);
      const mayMiss = wrote.some(({ content }) => this.#removed.has(content));
      return { ...expected, mayMiss, mayDiffer: mayMiss || isLate(call) || (wrote.length > 1 && !isStrict) };
    });
  }

  /** What stands in all files, the oldest first, for messages. */
  show(): string {
    return readdirSync(this.#folder)
      .filter((name) => name.startsWith('Master'))
      .map((name) => `${name}: ${statSync(path.join(this.#folder, name)).size} bytes`)
      .join(', ');
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }

  #append(name: string, text: string): void {
    appendFileSync(this.#path(name), text);
    this.#stamp(name);
  }

  /** The clock of the history is that of the files, in steps that a copy keeps to the nanosecond. */
  #stamp(name: string): void {
    const time = Math.round(this.#now() / 250) / 4;
    utimesSync(this.#path(name), time, time);
  }

  #write(call: HistoryCall, row: number, isBegun: boolean): void {
    this.endLine();
    this.#markMet();
    const known = this.#lines.get(call) ?? linesOf(call, Math.floor(this.#now() / 1000));
    this.#lines.set(call, known);
    this.#create();
    const name = 'Master.csv';
    const content: Content = this.#contents.get(name) ?? { isMet: false, isCompressed: false };
    this.#contents.set(name, content);
    if (this.#kind === 'table' && !content.isCut && statSync(this.#path(name)).size === 0)
      this.#append(name, tableHeader);
    const line = known.lines[row] ?? '';
    const cut = isBegun ? 1 + ((call.number * 7 + row * 13) % (line.length - 1)) : line.length;
    this.#append(name, line.slice(0, cut));
    this.#rest = line.slice(cut);
    // Cut before anybody read the header: what its columns are nobody can know.
    if (content.isCut && !this.#isKnown && this.#kind === 'table') this.#removed.add(content);
    const wrote = this.#wroteTo.get(call) ?? [];
    this.#wroteTo.set(call, [...wrote, { content, wasMet: content.isMet }]);
    content.firstAt ??= this.#now();
    content.lastAt = this.#now();
  }

  #create(): void {
    if (this.isThere) return;
    writeFileSync(this.#path('Master.csv'), this.#kind === 'table' ? tableHeader : '');
    this.#stamp('Master.csv');
    this.#contents.set('Master.csv', { isMet: false, isCompressed: false });
  }

  /** What somebody follows for a minute, and was written a minute ago, was read. */
  #markMet(): void {
    const before = this.#now() - 60 * this.unit;
    if (this.#followedSince === undefined || this.#followedSince > before) return;
    this.wasRead(before);
  }

  /** `Master.csv.1` becomes `Master.csv.2`, and so on. What is rotated before anybody read the log may never be read. */
  #shift(): void {
    this.#markMet();
    this.#isKnown ||= [...this.#contents.values()].some(({ isMet }) => isMet);
    const current = this.#contents.get('Master.csv');
    if (!this.#isKnown && current !== undefined) this.#removed.add(current);
    const shifted = new Map<string, Content>();
    const names = [...this.#contents.keys()].sort((one, other) => rank(other) - rank(one));
    for (const name of names) {
      const content = this.#contents.get(name);
      if (content === undefined) continue;
      const next = name === 'Master.csv' ? name : name.replace(/\d+/, (digits) => String(Number(digits) + 1));
      if (next !== name) renameSync(this.#path(name), this.#path(next));
      shifted.set(next, content);
    }
    this.#contents = shifted;
  }

  #rename(): void {
    const content = this.#contents.get('Master.csv');
    if (content === undefined) return;
    this.#shift();
    renameSync(this.#path('Master.csv'), this.#path('Master.csv.1'));
    this.#contents.delete('Master.csv');
    this.#contents.set('Master.csv.1', content);
    // The writer has the file open, and ends its line there.
    this.endLine('Master.csv.1');
  }

  /** As logrotate does it with `create`: the header comes with the first row. */
  #renameAndCreate(): void {
    if (!this.isThere) return;
    this.#rename();
    writeFileSync(this.#path('Master.csv'), '');
    this.#stamp('Master.csv');
    this.#contents.set('Master.csv', { isMet: false, isCompressed: false });
  }

  #copyTruncate(): void {
    const content = this.#contents.get('Master.csv');
    if (content === undefined) return;
    this.endLine();
    this.#shift();
    copyFileSync(this.#path('Master.csv'), this.#path('Master.csv.1'));
    truncateSync(this.#path('Master.csv'));
    this.#stamp('Master.csv.1');
    this.#stamp('Master.csv');
    this.#contents.set('Master.csv.1', content);
    this.#contents.set('Master.csv', { isMet: false, isCompressed: false, isCut: true });
  }

  /** The newest rotated file that is not compressed. */
  #compress(): void {
    const [name] = [...this.#contents.keys()]
      .filter((one) => /\d$/.test(one))
      .sort((one, other) => rank(one) - rank(other));
    const content = name === undefined ? undefined : this.#contents.get(name);
    if (name === undefined || content === undefined) return;
    const { mtimeMs, atimeMs } = statSync(this.#path(name));
    const compressed = `${name}.gz`;
    writeFileSync(this.#path(compressed), gzipSync(readFileSync(this.#path(name))));
    utimesSync(this.#path(compressed), atimeMs / 1000, mtimeMs / 1000);
    rmSync(this.#path(name));
    content.isCompressed = true;
    this.#contents.delete(name);
    this.#contents.set(compressed, content);
  }

  #remove(): void {
    const [name] = [...this.#contents.keys()]
      .filter((one) => one !== 'Master.csv')
      .sort((one, other) => rank(other) - rank(one));
    const content = name === undefined ? undefined : this.#contents.get(name);
    if (name === undefined || content === undefined) return;
    rmSync(this.#path(name));
    this.#contents.delete(name);
    this.#removed.add(content);
  }
}

function rank(name: string): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}
