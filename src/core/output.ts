/** The values of `--output`; what prints each is an entry in src/output/formats.ts. */
export const outputFormats = ['table', 'json', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** Whether a word names an output format. */
export function isOutputFormat(word: string): word is OutputFormat {
  return outputFormats.some((format) => format === word);
}
