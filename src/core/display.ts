// Times, durations and words of a shell, as people read them.

/** A time as people read it: `2024-11-03 10:15:00 UTC`; from milliseconds since 1970. */
export function utcTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A time of a clock as people read it, `2024-11-03 10:15:00`; from seconds since 1970 on that clock. */
export function localTime(seconds: number): string {
  return utcTime(seconds * 1000).slice(0, 19);
}

/** How far a clock is ahead of UTC, as --timezone takes it: `+03:00`, or `UTC`; from seconds. */
export function offsetText(seconds: number): string {
  if (seconds === 0) return 'UTC';
  const minutes = Math.round(Math.abs(seconds) / 60);
  return `${seconds < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
}

/** The same as people say it: `UTC`, `UTC+03:00`. */
export function utcOffset(seconds: number): string {
  return seconds === 0 ? 'UTC' : `UTC${offsetText(seconds)}`;
}

/** Seconds as a clock of a recorder: `0:05`, `12:30`, `1:02:05`. */
export function clockText(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const rest = twoDigits(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${twoDigits(minutes)}:${rest}`;
}

/** A pause in force: where, until when (milliseconds since 1970), and what the service said. */
export function pauseText(pause: {
  readonly address: string;
  readonly until: number;
  readonly reason?: string | undefined;
}): string {
  const { address, until, reason = 'the service asked for fewer requests' } = pause;
  return `nothing is sent to ${address} until ${utcTime(until)}: ${reason}`;
}

/** Seconds as people read them: `8 s`, `3 min 05 s`, `2 h 05 min`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}

/** A number of a clock: `05`. */
export function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** What a terminal or an eye does not show as it is: control and invisible characters, halves of pairs. */
const unseen = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const everyUnseen = new RegExp(unseen, 'gu');

/**
 * A word of a command as a shell takes it, whatever is in it: as it is where it is harmless, else in quotes; with characters
 * that cannot be seen, as `$'…'` of bash, ksh and zsh, which names them.
 */
export function shellQuoted(word: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) return word;
  if (!unseen.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const escaped = word.replace(/['\\]/g, '\\$&').replace(everyUnseen, nameOfUnseen);
  return `$'${escaped}'`;
}

/** The bytes of a character in octal: `\u` would mean what the locale of the shell makes of it. */
function nameOfUnseen(character: string): string {
  const octal = (hex: string) => `\\${Number.parseInt(hex, 16).toString(8).padStart(3, '0')}`;
  return encodeURIComponent(character.toWellFormed()).replace(/%(..)/g, (_, hex: string) => octal(hex));
}

/** The name of a file as a word of a command: one that begins like an option is not taken for one. */
export function fileQuoted(name: string): string {
  return shellQuoted(name.startsWith('-') && name !== '-' ? `./${name}` : name);
}

/** A number with its noun: `1 request`, `2 requests`. */
export function plural(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}
