import { daySeconds, timeSeconds, type Written } from './calendar.js';
import { widestOffset } from './offsets.js';

/**
 * Reads the most common form, `YYYY-MM-DD[T ]HH:MM:SS` with nothing, `Z`, `.mmmZ` or `±hh:mm` behind, as fast as it goes.
 * Gives undefined for everything else, valid or not: written.ts has the last word.
 */
export function readIso(text: string): Written | undefined {
  const length = text.length;
  if (length < 19 || length > 25 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  const gap = text.charCodeAt(10);
  if ((gap !== 84 && gap !== 32) || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return undefined;
  const day = daySeconds(pair(text, 0) * 100 + pair(text, 2), pair(text, 5), pair(text, 8));
  const local = day + timeSeconds(pair(text, 11), pair(text, 14), pair(text, 17));
  if (Number.isNaN(local)) return undefined;
  if (length === 19) return { local, offset: undefined, kind: 'wall' };
  const offset = readOffset(text);
  return Math.abs(offset) <= widestOffset ? { local, offset, kind: 'wall' } : undefined;
}

/** The offset behind the seconds; NaN where there is something else. */
function readOffset(text: string): number {
  const mark = text.charCodeAt(19);
  if (text.length === 20) return mark === 90 ? 0 : Number.NaN;
  if (text.length === 24) {
    const fraction = pair(text, 20) + pair(text, 21);
    return mark === 46 && text.charCodeAt(23) === 90 && fraction >= 0 ? 0 : Number.NaN;
  }
  const minutes = pair(text, 23);
  if (text.length !== 25 || text.charCodeAt(22) !== 58 || minutes > 59) return Number.NaN;
  const offset = pair(text, 20) * 3600 + minutes * 60;
  return mark === 43 ? offset : mark === 45 ? -offset : Number.NaN;
}

/** The number that two digits make; NaN where they are not digits. */
function pair(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
