/** Tells the user something that is no error, with what to do about it. */
export type Note = (text: string, hint?: string) => void;

/** What is told once for a file, with a count, however often it happens. */
const kinds = {
  totals: {
    one: 'row holds',
    many: 'rows hold',
    what: 'neither date nor number (totals, blank lines): no records',
  },
  cut: {
    ...{
      one: 'call has',
      many: 'calls have',
      what: 'rows too far apart (5,000 rows or more) or too many: the later ones are a record of their own, with the same uuid',
    },
    hint: 'Sort the export by time, or export it in shorter periods.',
  },
  twice: {
    ...{
      one: 'date stands',
      many: 'dates stand',
      what: 'in an hour that the clocks showed twice: read as the first',
    },
    hint: 'Where it matters, export the times in UTC and give --timezone UTC.',
  },
  never: {
    one: 'date stands',
    many: 'dates stand',
    what: 'in an hour that the clocks skipped: moved on by the gap',
  },
  midnight: {
    ...{ one: 'date has', many: 'dates have', what: 'no time of day: read as midnight' },
    hint: "A time in a column of its own is joined with --map date='{date} {time}'.",
  },
  noUrl: {
    ...{
      one: 'recording is',
      many: 'recordings are',
      what: 'no URL (a file name or a local path): sent without link',
    },
    hint: "Where the recordings are served over https, build the link: --map link='https://pbx.example/{recordingfile}'.",
  },
  plainHttp: { one: 'link is', many: 'links are', what: 'not https: the player of amoCRM may not open it' },
  private: {
    ...{
      one: 'link leads',
      many: 'links lead',
      what: 'to a private address, which browsers elsewhere do not reach',
    },
  },
  secret: {
    ...{
      one: 'link has',
      many: 'links have',
      what: 'a token in the query: whoever sees the note in amoCRM can use it',
    },
  },
} as const satisfies Record<string, { one: string; many: string; what: string; hint?: string }>;
export type Kind = keyof typeof kinds;

/** What happened once, in words that go on after "the": `link is not https: …`. */
export function wordsOf(kind: Kind): string {
  return `${kinds[kind].one} ${kinds[kind].what}`;
}

/** Counts what happens, and tells it at the end of the file. */
export interface Tally {
  add(kind: Kind, line: number): void;
  /** Tells what was counted, once. */
  tell(): void;
}

/** Starts counting for one file. */
export function createTally(file: string, note: Note): Tally {
  const seen = new Map<Kind, { count: number; readonly line: number }>();
  return {
    add(kind, line) {
      const before = seen.get(kind);
      if (before === undefined) seen.set(kind, { count: 1, line });
      else before.count++;
    },
    tell() {
      for (const [kind, { count, line }] of seen) {
        const entry = kinds[kind];
        const first = count === 1 ? `line ${line}` : `the first in line ${line}`;
        const text = `${file}: ${count} ${count === 1 ? entry.one : entry.many} ${entry.what} (${first})`;
        if ('hint' in entry) note(text, entry.hint);
        else note(text);
      }
      seen.clear();
    },
  };
}
