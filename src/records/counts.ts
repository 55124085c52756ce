import type { Written } from './calendar.js';
import { isDigits } from './text.js';

/** Seconds between the year 0, from which Erlang counts (Kazoo's `timestamp`), and 1970. */
const gregorian = 62_167_219_200;

/**
 * Reads a date that is written as one number: unix seconds, milliseconds or microseconds, Gregorian seconds,
 * days of Excel, told apart by the number of digits. Gives undefined for everything else.
 */
export function readCount(text: string): Written | undefined {
  if (!isDigits(text)) {
    if (/^\d{9,10}[.,]\d+$/.test(text)) return instant(Number.parseInt(text, 10));
    return /^\d{5}[.,]\d+$/.test(text) ? excelDay(Number(text.replace(',', '.'))) : undefined;
  }
  const count = Number(text);
  switch (text.length) {
    case 5:
      return excelDay(count);
    case 9:
    case 10:
      return instant(count);
    case 11:
      return text.startsWith('6') ? instant(count - gregorian) : undefined;
    case 12:
    case 13:
      return instant(Math.floor(count / 1e3));
    case 15:
    case 16:
      return instant(Math.floor(count / 1e6));
    default:
      return undefined;
  }
}

function instant(local: number): Written {
  return { local, offset: 0, kind: 'instant' };
}

/** Excel counts days from 1899-12-30 on a wall clock; 36526 is the first day of 2000. */
function excelDay(serial: number): Written | undefined {
  if (serial < 36_526) return undefined;
  const local = Math.round((serial - 25_569) * 86_400);
  return { local, offset: undefined, kind: Number.isInteger(serial) ? 'day' : 'wall' };
}
