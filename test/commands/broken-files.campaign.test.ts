import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'csv-parse/sync';
import { expect, it } from 'vitest';
import { seeds, size } from '../setup/campaign.js';
import { type Knowledge, obey } from './obey.js';

/*
 * Any file of the fixtures, in which one thing is broken, read by somebody who does what is said, word for word: never a call that the
 * file as it was does not give. What no program can see is left out: two columns of the same kind under each other's name.
 */
const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
const folder = mkdtempSync(path.join(os.tmpdir(), 'amocalls-broken-'));

/** A table as it stands in a file. */
interface Sheet {
  readonly name: string;
  readonly delimiter: string;
  /** undefined: the file has none. */
  readonly header: readonly string[] | undefined;
  readonly rows: readonly (readonly string[])[];
  readonly knowledge: Knowledge;
}

/** Numbers from a seed, each below `most`. */
type Dice = (most: number) => number;

/** mulberry32. */
function diceOf(seed: number): Dice {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

/** Small files of one question each: where the column or row that answers it is broken away, nothing is left against the others. */
const ofOneQuestion =
  /(?:client-tr|client-uk|clock-change-\w+|day-clock-us|employee-mobile|mid-\w+|own-line|result-unknown|serial-\w+|short-numbers|title-\w+|wait-in-duration|zone-\w+)\.csv$/;

const names = ['cases', 'presets'].flatMap((part) =>
  readdirSync(path.join(fixtures, part), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(part, name))
    .filter((name) => statSync(path.join(fixtures, name)).isFile() && /\.(?:csv|tsv|txt|log)$/.test(name))
    .filter((name) => !ofOneQuestion.test(name)),
);

/** Reads a plain table; undefined for files that are drawn, escaped, titled, or no table at all. */
function sheetOf(name: string): Sheet | undefined {
  const text = readFileSync(path.join(fixtures, name), 'utf8').replace(/^\uFEFF/, '');
  if (/[\uFFFD\0\\]|^[+|]|^sep=/m.test(text)) return undefined;
  const [first = ''] = text.split(/\r?\n/);
  const delimiter = [';', '\t', ','].find((one) => first.split(one).length > 3);
  if (delimiter === undefined) return undefined;
  try {
    const [top, ...rest]: string[][] = parse(text, { delimiter, relax_column_count: false });
    if (top === undefined || rest.length === 0) return undefined;
    const hasHeader =
      top.every((cell) => cell === '' || /^[\p{L}#№]/u.test(cell)) && top.some((cell) => cell !== '');
    const isMdy =
      /\b\d{1,2}\/(?:1[3-9]|2\d|3[01])\/\d{4}/.test(text) ||
      (/\d [ap]\.?m\.?\b/i.test(text) && !name.includes('ddmm'));
    return {
      name: path.basename(name),
      delimiter,
      header: hasHeader ? top : undefined,
      rows: hasHeader ? rest : [top, ...rest],
      knowledge: { order: isMdy ? 'mdy' : 'dmy' },
    };
  } catch {
    return undefined;
  }
}

const sheets = names.flatMap((name) => sheetOf(name) ?? []);

/** What is broken, with flags that somebody types who is wrong. */
interface Broken extends Pick<Sheet, 'header' | 'rows'> {
  readonly text?: (text: string) => string | Buffer;
}

/** Without such a column nothing tells that a duration is ringing, that rows are legs, or when on its day a call began. */
const irreplaceable =
  /result|status|answered|missed|estado|статус|leg|linked|disposition|talk|in call|clock|hora|zeit|время|start time/i;
const talk = /^(?:billsec|talk|talk time|длительность разговора|.*in call.*|duration)$/i;

/** undefined where a file has nothing that can be broken so. */
type Break = (sheet: Sheet, dice: Dice) => Broken | undefined;

const breaks: Readonly<Record<string, Break>> = {
  'cells padded': ({ header, rows }) => ({
    header,
    rows: rows.map((cells) => cells.map((cell) => (cell === '' ? '' : ` ${cell}\u00a0`))),
  }),
  'a cell too many in a row': ({ header, rows }, dice) => {
    const [row, at] = [dice(rows.length), dice(rows[0]?.length ?? 1)];
    return {
      header,
      rows: rows.map((cells, index) => (index === row ? cells.toSpliced(at, 0, 'x') : cells)),
    };
  },
  'a cell too few in a row': ({ header, rows }, dice) => {
    const [row, at] = [dice(rows.length), dice(rows[0]?.length ?? 1)];
    return { header, rows: rows.map((cells, index) => (index === row ? cells.toSpliced(at, 1) : cells)) };
  },
  'two names exchanged': ({ header, rows }, dice) => {
    if (header === undefined) return undefined;
    const [one, other] = [dice(header.length), dice(header.length)];
    const kindOf = (at: number) => new Set(rows.flatMap((cells) => kindOfCell(cells[at] ?? '')));
    const [own, its] = [kindOf(one), kindOf(other)];
    if (one === other || [...own].some((kind) => its.has(kind)) || own.size === 0 || its.size === 0)
      return undefined;
    return { header: header.with(one, header[other] ?? '').with(other, header[one] ?? ''), rows };
  },
  'a row twice with another talk time': ({ header, rows }, dice) => {
    const at = header?.findIndex((name) => talk.test(name)) ?? -1;
    const row = rows[dice(rows.length)] ?? [];
    if (!/^\d{1,3}$/.test(row[at] ?? '')) return undefined;
    const other = row.with(at, String(Number(row[at]) + 7));
    return { header, rows: rows.toSpliced(dice(rows.length + 1), 0, other) };
  },
  'rows turned round': ({ header, rows }) => ({ header, rows: rows.toReversed() }),
  'columns turned round': ({ header, rows }) =>
    header && { header: header.toReversed(), rows: rows.map((cells) => cells.toReversed()) },
  'a column dropped': ({ header, rows }, dice) => {
    const at = dice(rows[0]?.length ?? 1);
    if (header === undefined || irreplaceable.test(header[at] ?? '')) return undefined;
    return { header: header.toSpliced(at, 1), rows: rows.map((cells) => cells.toSpliced(at, 1)) };
  },
  'the header in the middle': ({ header, rows }, dice) =>
    header && { header, rows: rows.toSpliced(dice(rows.length), 0, header) },
  'the header gone': ({ rows }) => ({ header: undefined, rows }),
  'a column of notes': ({ header, rows }, dice) => {
    const at = dice((header?.length ?? 0) + 1);
    return (
      header && {
        header: header.toSpliced(at, 0, 'Note'),
        rows: rows.map((cells) => cells.toSpliced(at, 0, 'call back')),
      }
    );
  },
  'UTF-16': ({ header, rows }) => ({ header, rows, text: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le') }),
  'CRLF and a mark': ({ header, rows }) => ({
    header,
    rows,
    text: (text) => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
  }),
};

/** What a cell is, as far as somebody sees who knows no names; none for an empty one. */
function kindOfCell(cell: string): readonly string[] {
  if (cell === '') return [];
  if (/^[-+]?\d+[.,]\d+$/.test(cell)) return ['decimal'];
  if (/^\+?\d+$/.test(cell)) return ['number'];
  return [/\d[-./:]\d/.test(cell) ? 'time' : 'word'];
}

function textOf({ header, rows }: Broken, delimiter: string): string {
  const quoted = (cell: string) =>
    /["\r\n]/.test(cell) || cell.includes(delimiter) ? `"${cell.replaceAll('"', '""')}"` : cell;
  const lines = header === undefined ? rows : [header, ...rows];
  return lines.map((cells) => `${cells.map(quoted).join(delimiter)}\n`).join('');
}

/** The calls without their uuids: one that is built may be another for another file. */
const contents = (calls: readonly string[]) => calls.map((call) => call.split(' ').slice(0, 5).join(' '));

/** A second row of a call is what a preset merges; where uuids are built, it is another call. */
const otherwise = new Set(['--preset', '--uuid-from']);
const ofRows = new Set(['a row twice with another talk time']);

it.each(seeds)(
  'a file in which one thing is broken gives no call that it did not hold: seed %i',
  async (seed) => {
    const dice = diceOf(seed);
    const kinds = Object.keys(breaks);
    const wrong: string[] = [];
    for (let done = 0; done < size(30, 1000) && wrong.length < 5; ) {
      const sheet = sheets[dice(sheets.length)];
      const kind = kinds[dice(kinds.length)] ?? '';
      const broken = sheet && breaks[kind]?.(sheet, dice);
      if (sheet === undefined || broken === undefined) continue;
      const { name, delimiter, knowledge } = sheet;
      writeFileSync(path.join(folder, name), textOf(sheet, delimiter));
      const original = await obey(name, folder, knowledge);
      if (original.calls.length === 0) continue;
      if (ofRows.has(kind) && original.commands.flat().some((word) => otherwise.has(word))) continue;
      done++;
      const text = textOf(broken, delimiter);
      writeFileSync(path.join(folder, name), broken.text?.(text) ?? text);
      const { calls, flags } = await obey(name, folder, knowledge);
      const right = new Set(contents(original.calls));
      const others = contents(calls).filter((call) => !right.has(call));
      if (others.length === 0) continue;
      const found = [...right].join('\n');
      wrong.push(
        `${name} with ${kind}, obeyed: ${flags.join(' ')}\n${text}gave ${others.join('\n')}\nnot ${found}`,
      );
    }
    expect(wrong).toEqual([]);
  },
  1_200_000,
);
