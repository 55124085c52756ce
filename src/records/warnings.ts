// Oddities that are reported once a file.

import type { Parsed } from '../core/errors.js';
import { type CallDate, FutureDate, formatLocal } from './dates.js';
import type { Note } from './record-options.js';

/** What is reported once for a file, with a count, however often it happens. */
const kinds = {
  totals: {
    one: 'row holds',
    many: 'rows hold',
    what: 'neither date nor number (totals, blank lines): skipped',
  },
  cut: {
    one: 'call has',
    many: 'calls have',
    what: 'rows that are too many or too far apart (5,000 rows or more): the later ones become a separate record with the same uuid',
    hint: 'Sort the export by time, or export it in shorter periods.',
  },
  twice: {
    one: 'date falls',
    many: 'dates fall',
    what: 'into an hour that the clocks showed twice: read as the first one',
    hint: 'If it matters, export the times in UTC and give --timezone UTC.',
  },
  never: {
    one: 'date falls',
    many: 'dates fall',
    what: 'into an hour that the clocks skipped: moved forward',
  },
  midnight: {
    one: 'date has',
    many: 'dates have',
    what: 'no time of day: read as midnight',
    hint: "To join a column with the time: --map date='{date} {time}'",
  },
  noUrl: {
    one: 'recording is',
    many: 'recordings are',
    what: 'not a URL but a file name or path: sent without a link',
    hint: "If a web server serves the recordings, build the link: --map link='https://pbx.example/{recordingfile}'",
  },
  plainHttp: {
    one: 'link is',
    many: 'links are',
    what: 'not https, so the player of amoCRM may not play it',
  },
  private: {
    one: 'link leads',
    many: 'links lead',
    what: 'to a private address that browsers elsewhere cannot reach',
  },
  secret: {
    one: 'link has',
    many: 'links have',
    what: 'a token in the query, which everybody who sees the note in amoCRM can use',
  },
} as const satisfies Record<string, { one: string; many: string; what: string; hint?: string }>;
export type WarningKind = keyof typeof kinds;

/** What happened once, in words that go on after "the": `link is not https: …`. */
export function describeWarning(kind: WarningKind): string {
  return `${kinds[kind].one} ${kinds[kind].what}`;
}

/** Where a record stands: its file, for messages, and its line there. */
export interface RecordPlace {
  readonly file: string;
  readonly line: number;
}

/** Counts the warnings of one file, to report each kind once. */
export interface Warnings {
  count(kind: WarningKind, place: RecordPlace): void;
  /** Takes the date of every record, to tell a wrong clock from a wrong date. */
  see(date: Parsed<CallDate>): void;
  /** Reports what was counted so far: each kind once, however often this is called. */
  report(): void;
}

/**
 * Starts counting for one file.
 *
 * @param link the flag that links the recordings of the file, where it is known
 * @param now the clock of this machine, in unix seconds
 */
export function createWarnings(
  { file, link }: { readonly file: string; readonly link: string | undefined },
  note: Note,
  now: () => number,
): Warnings {
  const seen = new Map<WarningKind, { count: number; readonly place: RecordPlace }>();
  const reported = new Set<WarningKind>();
  let dates = 0;
  let future = 0;
  let latest = 0;
  let isClockReported = false;
  return {
    see(date) {
      dates++;
      if (!(date instanceof FutureDate)) return;
      future++;
      latest = Math.max(latest, date.unix);
    },
    count(kind, place) {
      const before = seen.get(kind);
      if (before === undefined) seen.set(kind, { count: 1, place: { file: place.file, line: place.line } });
      else before.count++;
    },
    report() {
      for (const [kind, { count, place }] of seen) {
        if (reported.has(kind)) continue;
        reported.add(kind);
        const entry = kinds[kind];
        const where = `${place.file === file ? '' : `${place.file}, `}line ${place.line}`;
        const first = count === 1 ? where : `the first in ${where}`;
        const text = `${file}: ${count} ${count === 1 ? entry.one : entry.many} ${entry.what} (${first})`;
        if (kind === 'noUrl' && link !== undefined) note(text, `${linkHint} ${link}`);
        else if ('hint' in entry) note(text, entry.hint);
        else note(text);
      }
      seen.clear();
      if (future * 2 > dates && !isClockReported) {
        isClockReported = true;
        note(
          `${file}: ${future} of ${dates} dates are in the future, up to ${clock(latest)}; the clock of this machine says ${clock(now())}`,
          'One of the two clocks is wrong: set the clock of this machine, or check the clock of the phone system.',
        );
      }
      dates = future = 0;
    },
  };
}

const linkHint = 'Serve them by signed links (docs/recordings.md), and link them:';

/** A moment as people read it, with its zone. */
function clock(unix: number): string {
  return `${formatLocal('YYYY-MM-DD HH:mm', unix)} UTC`;
}
