/** The formats that files are read in: the values of `--format`. */
export const formats = ['csv', 'json', 'ndjson', 'xlsx'] as const;
export type Format = (typeof formats)[number];

/** Whether the records of a format are rows of a table, whose columns are known before them. */
export function isTabular(format: Format): boolean {
  return format === 'csv' || format === 'xlsx';
}

/** The values of `--output`; what prints each is an entry of the table in src/output/. */
export const outputFormats = ['table', 'json', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Whether a word names an output format. */
export function isOutputFormat(word: string): word is OutputFormat {
  return outputFormats.some((format) => format === word);
}
