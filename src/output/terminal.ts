// Colours, width of text, removal of control characters.

/**
 * Sequences that move the cursor, colour or rename the terminal: CSI, then OSC and the other strings, then two-byte escapes.
 * A string holds no beginning of another one, so that a text with a thousand beginnings and no end is looked through once.
 */
const escapes =
  /(?:\u001B\[|\u009B)[0-?]*[ -/]*[@-~]|(?:\u001B[\]PX^_]|[\u0090\u0098\u009D-\u009F])[^\u0007\u001B\u0090\u0098\u009C-\u009F]*(?:\u0007|\u001B\\|\u009C)|\u001B[ -/]*[0-Z\\^-~]/gu;

const blanks = /[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu;

/**
 * What must not reach a terminal: C0, DEL, C1, line separators, and whatever is invisible by Unicode's own list
 * (bidi overrides and isolates, zero-width characters, soft hyphens, fillers, tags), which can make a text look like another.
 */
const unsafe = /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/u;
const everyUnsafe = new RegExp(unsafe, 'gu');

/** More of one message than this serves nobody; in UTF-16 units. */
const longestMessage = 10_000;

/**
 * Text of a file or of the service, fit for one line of a terminal: escape sequences and invisible characters go, line ends
 * and tabs become a space; what is absurdly long is cut.
 *
 * @param longest in UTF-16 units
 */
export function sanitise(text: string, longest = longestMessage): string {
  const clean = unsafe.test(text)
    ? text.replace(escapes, '').replace(blanks, ' ').replace(everyUnsafe, '')
    : text;
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).toWellFormed()}…`;
}

const runsOfUnsafe = new RegExp(`(?:${unsafe.source})+`, 'gu');

/** Replaces what `sanitise` would drop by its escapes of JSON, `\u001b`. */
export function escapeInvisible(json: string): string {
  if (!unsafe.test(json)) return json;
  return json.replace(runsOfUnsafe, (run) => {
    let escaped = '';
    for (let at = 0; at < run.length; at++)
      escaped += `\\u${run.charCodeAt(at).toString(16).padStart(4, '0')}`;
    return escaped;
  });
}

type Paint = (text: string) => string;

/** The few ways in which amocalls marks a text. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
}

const same: Paint = (text) => text;

/** Marks nothing: for files, pipes and plain terminals. */
export const plain: Style = { bold: same, dim: same, red: same, green: same, yellow: same };

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Whether a stream gets colours: `--color`/`--no-color`, else NO_COLOR (no-color.org), else FORCE_COLOR (nodejs.org/api/tty.html),
 * else a terminal that is not a dumb one. `flag` is undefined where neither flag was given.
 */
export function showsColour(flag: boolean | undefined, env: Env, isTTY: boolean): boolean {
  if (flag !== undefined) return flag;
  if (env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced) return forced !== '0' && forced !== 'false';
  return isTTY && env['TERM'] !== 'dumb';
}

/** The marks of a stream. chalk's own detection knows no NO_COLOR, so it is told; it is loaded only where it is needed. */
export async function openStyle(isColoured: boolean): Promise<Style> {
  if (!isColoured) return plain;
  const { Chalk } = await import('chalk');
  // The same codes for all that show 16 colours or more.
  const { bold, dim, red, green, yellow } = new Chalk({ level: 1 });
  return { bold, dim, red, green, yellow };
}
