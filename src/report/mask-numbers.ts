/** Dates and times, which hold as many digits as a number: `2026-11-03 10:15:00`, `03.11.2026`, `11/3/2026`. */
const date = String.raw`\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d)?)?|\d\d?[./]\d\d?[./]\d{4}(?: \d\d?:\d\d(?::\d\d)?)?`;
const onlyDate = new RegExp(`^"?(?:${date})"?$`);
/** A value in quotes; or seven digits or more, as people part them: `+7 (495) 000-00-01`. */
const valueOrNumber = new RegExp(
  String.raw`"(?:[^"\\]|\\.)*"|(?<!\d)(?:${date})(?!\d)|\+?\d(?:[ ().-]{0,2}\d){6,}`,
  'g',
);
/** No extension is as long. */
const shortest = 7;

/**
 * A text in which every digit of a phone number but the last two is a dot: `"+• (•••) •••-••-01"`. A value in quotes
 * with seven digits or more is taken for a number, whatever stands between them. Dates stay as they are, and so does
 * all that is said of a `date` or a `billsec` (a unix time looks like a number).
 */
export function maskNumbers(text: string): string {
  return text
    .split('; ')
    .map((part) => (/^(?:date|billsec):/.test(part) ? part : part.replace(valueOrNumber, mask)))
    .join('; ');
}

function mask(found: string): string {
  if (onlyDate.test(found)) return found;
  let left = found.replace(/\D/g, '').length;
  if (left < shortest) return found;
  return found.replace(/\d/g, (digit) => {
    left -= 1;
    return left < 2 ? digit : '•';
  });
}
