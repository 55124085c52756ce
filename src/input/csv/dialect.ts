import { UserError } from '../../core/errors.js';
import { csvReader } from './reader.js';

const candidates = [',', ';', '\t', '|'] as const;
/** Rows that show how steady the number of columns is. */
const sniffedRows = 50;
/** Share of the sample's rows that a number of columns must have to be more than an exception. */
const usualShare = 0.1;

/** Reads what was given as `--delimiter`. Throws UserError for what cannot be one. */
export function parseDelimiter(given: string): string {
  const delimiter = given === '\\t' || given === 'tab' ? '\t' : given;
  if (delimiter !== '' && !/["\r\n]/.test(delimiter)) return delimiter;
  throw new UserError(`--delimiter ${JSON.stringify(given)}: this cannot separate columns`, {
    hint: 'Use a character such as , or ; or | or the word tab.',
  });
}

/** Excel's own first line `sep=;`: the delimiter it names. */
export function separatorLine(text: string): string | undefined {
  return /^"?sep=([^"\r\n])"?(?:[\r\n]|$)/i.exec(text)?.[1];
}

/**
 * The delimiter under which the records of a text have the steadiest number of columns; ',' if none divides them.
 * Many columns that are nearly steady beat two columns that are; quotes that are not well-formed speak against a delimiter.
 */
export async function sniffDelimiter(text: string, line: number): Promise<string> {
  // Quotes that are wrong under one delimiter are mostly right under another, and csv-parse need not be loaded.
  const strict = await bestDelimiter(text, line, true);
  return strict.isPerfect ? strict.delimiter : (await bestDelimiter(text, line, false)).delimiter;
}

async function bestDelimiter(text: string, line: number, strict: boolean) {
  let best = { delimiter: ',', score: 0, isPerfect: false };
  for (const delimiter of candidates) {
    const { usual, steady, regular } = await sniffWidths(text, line, { delimiter, strict });
    const score = steady * Math.log2(Math.max(1, usual)) * (1 + regular);
    const isPerfect = steady === 1 && regular === 1 && usual >= 3;
    if (score > best.score) best = { delimiter, score, isPerfect };
  }
  return best;
}

/** How the rows of a file are made, as far as the start of it tells. */
export interface Widths {
  /** Every number of columns that is no exception; none under three, which would prove nothing. */
  readonly all: ReadonlySet<number>;
  /** The most frequent one, the larger of two; 0 where there are no rows. */
  readonly usual: number;
  /** Share of the rows that have it. */
  readonly steady: number;
  /** Share of the rows whose quotes are well-formed. */
  readonly regular: number;
}

/** The numbers of columns that the first records of a text have under a delimiter; none where `strict` and a quote is wrong. */
export async function sniffWidths(
  text: string,
  line: number,
  { delimiter, strict = false }: { readonly delimiter: string; readonly strict?: boolean },
): Promise<Widths> {
  const read = csvReader({ delimiter, widths: new Set() });
  const parsed = await read(text, { line, final: true, limit: sniffedRows, strict });
  const rows = strict && parsed.irregular > 0 ? [] : parsed.rows;
  const counts = new Map<number, number>();
  // Rows over several lines may be several rows: they prove nothing.
  const plain = rows.filter(
    (row) => row.problem === undefined && !row.cells.some((cell) => /[\r\n]/.test(cell)),
  );
  for (const { cells } of plain) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  let usual = 0;
  let most = 0;
  for (const [width, count] of counts) {
    if (count < most || (count === most && width < usual)) continue;
    most = count;
    usual = width;
  }
  const usuals = [...counts].filter(([width, count]) => width >= 3 && count >= plain.length * usualShare);
  const share = (part: number) => (rows.length === 0 ? 0 : part / rows.length);
  return {
    all: new Set(usuals.map(([width]) => width)),
    usual,
    steady: share(most),
    regular: share(Math.max(0, rows.length - parsed.irregular)),
  };
}
