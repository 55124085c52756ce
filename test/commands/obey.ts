import { amocalls } from '../records/preset-fixtures.js';

/** What somebody knows who asks for a file to be read: what the file cannot tell. */
export interface Knowledge {
  readonly zone?: string;
  readonly order?: 'dmy' | 'mdy';
  /** Flags that the user fills in where a hint leaves a gap, by the beginning of the hint's flag: `--set to=`. */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
}

/** Where obeying ended. */
export interface Obeyed {
  /** Type, caller, to, talk time, date and uuid of each call that would be sent. */
  readonly calls: readonly string[];
  /** The reasons of what would not. */
  readonly reasons: readonly string[];
  /** The error of a file that is refused; '' where it is not. */
  readonly error: string;
  /** The words of the commands that `check` proposes. */
  readonly commands: readonly (readonly string[])[];
  /** Flags that were added, one hint after the other. */
  readonly flags: readonly string[];
  readonly runs: number;
}

/** Flags by which the user takes the responsibility: no hint says that they are right. */
const overruling = new Set(['--allow', '--keep-rows', '--preset', '--rejects']);
const mostRuns = 8;

/** The flags of a text, with their values as they stand; those with a gap in them are filled in by who knows it. */
function flagsIn(text: string, answers: Knowledge['answers'] = {}): readonly string[] {
  const filled = Object.entries(answers).flatMap(([flag, words]) => (text.includes(flag) ? words : []));
  const found = [...text.matchAll(/(?<![\w-])(--[a-z-]+) ('[^']*'|[^\s'"]+)/g)].flatMap(
    ([, flag = '', word = '']) => {
      const value = word.replaceAll("'", '').replace(/[.,:;)]+$/, '');
      const isGap = /[<>…]/.test(value) || value.startsWith('-');
      return isGap || overruling.has(flag) ? [] : [[flag, value] as const];
    },
  );
  // Of alternatives the first is taken: --durations m:ss or --durations h:mm.
  const first = found.filter(([flag, value], at) =>
    flag === '--map' || flag === '--type-map'
      ? !found.slice(0, at).some(([, before]) => before.split('=')[0] === value.split('=')[0])
      : found.findIndex(([other]) => other === flag) === at,
  );
  return [...filled, ...first.flat()];
}

/** What one `check` says. */
interface Seen extends Omit<Obeyed, 'flags' | 'runs'> {
  readonly hint: string;
  /** What it asks for. */
  readonly unknown: string;
}

async function look(file: string, cwd: string, flags: readonly string[]): Promise<Seen> {
  const { stdout, stderr } = await amocalls(['check', file, ...flags, '-q', '--output', 'json'], { cwd });
  if (stdout === '') {
    const { error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '{}');
    const { message, hint = '' } = error;
    return { calls: [], reasons: [], commands: [], error: message, hint, unknown: '' };
  }
  const { calls: results, summary } = JSON.parse(stdout);
  const calls: string[] = [];
  const reasons: string[] = [];
  for (const { call, status, reasons: why = [] } of results) {
    if (call === undefined && status === 'invalid') reasons.push(...why);
    if (call === undefined) continue;
    calls.push([call.type, call.caller, call.to, call.billsec, call.date, call.uuid].join(' '));
  }
  const commands = (summary.import ?? []).map((command: string) =>
    (command.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", '')).slice(1),
  );
  const unknown = JSON.stringify(
    (summary.assumed ?? []).map((one: { unknown?: unknown }) => one.unknown ?? []),
  );
  return { calls, reasons, commands, error: '', hint: '', unknown };
}

/** Checks a file without flags, then does what errors, reasons and `check` itself say, word for word, until nothing new is said. */
export async function obey(file: string, cwd: string, knowledge: Knowledge = {}): Promise<Obeyed> {
  const { zone = 'Europe/Moscow', order = 'dmy', answers } = knowledge;
  let flags: readonly string[] = [];
  for (let runs = 1; ; runs++) {
    const { hint, unknown, ...seen } = await look(file, cwd, flags);
    const said = [
      ...flagsIn(hint, answers),
      ...(unknown.includes('timezone') ? ['--timezone', zone] : []),
      ...(unknown.includes('date_order') ? ['--date-order', order] : []),
      ...(unknown === '' || unknown === '[]' || unknown === '[[]]'
        ? seen.reasons.flatMap((reason) => flagsIn(reason, answers))
        : []),
    ];
    const more = newFlags(said, flags);
    if (more.length === 0) return { ...seen, flags, runs };
    if (runs === mostRuns)
      return { ...seen, calls: [], error: `no end of hints: ${more.join(' ')}`, flags, runs };
    flags = [...flags, ...more];
  }
}

/** Pairs of flag and value that were not said before. */
function newFlags(said: readonly string[], before: readonly string[]): readonly string[] {
  const known = new Set(pairsOf(before));
  const more = [...new Set(pairsOf(said))].filter((pair) => !known.has(pair));
  return more.flatMap((pair) => pair.split('\n'));
}

function pairsOf(flags: readonly string[]): readonly string[] {
  return flags.flatMap((flag, at) => (at % 2 === 0 ? `${flag}\n${flags[at + 1] ?? ''}` : []));
}
